// Command skai is SkaiScraper: the server, its jobs, and the commands an operator uses.
package main

import (
	"os"
	_ "time/tzdata" // for machines without the time zones' files

	"github.com/skaiscraper/skai/internal/cli"
)

func main() { os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }
