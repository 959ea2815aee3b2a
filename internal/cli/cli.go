// Package cli is the command line: it reads flags and their environment
// variables, opens the database, calls the rooms and prints. One file a command.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/skaiscraper/skai/internal/platform/fault"
)

// Exit codes of every command. Import has a meaning of its own for 2.
const (
	exitDone     = 0
	exitFailed   = 1
	exitWithRows = 2  // import: finished, rows were set aside
	exitUsage    = 64 // the command line or the configuration is wrong (EX_USAGE of sysexits.h)
)

type commands struct {
	Globals

	Migrate migrateCommand `cmd:"" help:"Bring the database's schema up to date."`
	Demo    demoCommand    `cmd:"" help:"Set up two contractors with books from four systems, and print their sign-ins."`
	Org     orgCommands    `cmd:"" help:"Organisations: the contractors."`
	User    userCommands   `cmd:"" help:"People who can sign in."`
	Import  importCommands `cmd:"" help:"Take files of another system in."`
	Export  exportCommand  `cmd:"" help:"Write everything an organisation has into a zip file."`
}

// Globals are the flags every command has.
type Globals struct {
	Data        string `help:"Folder for the private PostgreSQL and for files." default:"data" env:"SKAI_DATA" type:"path"`
	DatabaseURL string `help:"A PostgreSQL to use instead of a private one, as the role skai_app." env:"DATABASE_URL" placeholder:"URL"`
	OwnerURL    string `help:"The same database as the role skai_owner, for migrations." env:"DATABASE_OWNER_URL" placeholder:"URL"`
	Log         string `help:"Log as text or json." default:"text" enum:"text,json" env:"SKAI_LOG"`
	LogLevel    string `help:"The least important messages to log." default:"info" enum:"debug,info,warn,error" env:"SKAI_LOG_LEVEL"`
}

// terminal is what a command talks to.
type terminal struct {
	in       io.Reader
	out, err io.Writer
	code     int // what the program ends with
}

func (t *terminal) printf(format string, args ...any) {
	_, _ = fmt.Fprintf(t.out, format, args...) // nobody is left to tell
}

// Main runs a command line and gives the program's exit code.
func Main(args []string, in io.Reader, out, errOut io.Writer) int {
	t := &terminal{in: in, out: out, err: errOut}
	var c commands
	done := -1
	parser, err := kong.New(&c, kong.Name("skai"), kong.UsageOnError(), kong.Writers(out, errOut),
		kong.Description("SkaiScraper runs a storm-restoration roofing contractor: leads, claims, contacts and properties."),
		kong.Exit(func(code int) { done = code }), kong.ConfigureHelp(kong.HelpOptions{Compact: true}))
	if err != nil {
		return t.fail(err)
	}
	line, err := parser.Parse(args)
	if done >= 0 { // --help
		return done
	}
	if err != nil {
		_, _ = fmt.Fprintf(errOut, "skai: %s\n", explain(err))
		return exitUsage
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	line.BindTo(ctx, (*context.Context)(nil))
	line.Bind(&c.Globals, t)
	if err := line.Run(); err != nil {
		return t.fail(err)
	}
	return t.code
}

// explain says which variable a wrong value came from: kong names the flag alone.
func explain(err error) string {
	words := err.Error()
	for flag, hint := range map[string]string{
		"--log ":       "SKAI_LOG or --log; an example: SKAI_LOG=json",
		"--log-level ": "SKAI_LOG_LEVEL or --log-level; an example: SKAI_LOG_LEVEL=warn",
	} {
		if len(words) >= len(flag) && words[:len(flag)] == flag {
			return words + " (" + hint + ")"
		}
	}
	return words
}

func (t *terminal) fail(err error) int {
	if errors.Is(err, context.Canceled) {
		_, _ = fmt.Fprintln(t.err, "skai: stopped")
		return exitFailed
	}
	_, _ = fmt.Fprintf(t.err, "skai: %v\n", err)
	if fault.Is(err, fault.KindInvalid) && t.code == exitUsage {
		return exitUsage
	}
	return exitFailed
}

func (g *Globals) logger(w io.Writer) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(g.LogLevel)) // the parser allows only levels
	options := &slog.HandlerOptions{Level: level}
	if g.Log == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

func (g *Globals) folder(name string) string { return filepath.Join(g.Data, name) }
