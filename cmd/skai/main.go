// Command skai is SkaiScraper: the server, its jobs, and the commands an operator uses.
package main

import (
	"os"

	"github.com/skaiscraper/skai/internal/cli"
)

func main() { os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }
