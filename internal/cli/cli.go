// Package cli is the command line: it reads flags and their environment
// variables, opens the desk.Database, calls the rooms and prints. One file a command.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/skaiscraper/skai/internal/cli/backups"
	"github.com/skaiscraper/skai/internal/cli/desk"
	"github.com/skaiscraper/skai/internal/cli/oncall"
	"github.com/skaiscraper/skai/internal/cli/tenants"
	"github.com/skaiscraper/skai/internal/ops/incidents"
	"github.com/skaiscraper/skai/internal/platform/fault"
)

// Exit codes of every command. Import has a meaning of its own for 2.
const (
	exitDone     = 0
	exitFailed   = 1  // not done; the command line and the configuration count too
	exitWithRows = 2  // import: finished, rows were set aside
	exitLater    = 75 // mail bounce: sysexits' EX_TEMPFAIL, with which a mail server tries again
)

type commands struct {
	desk.Globals

	Serve       serveCommand               `cmd:"" help:"Serve pages and API, and do background jobs."`
	Work        workCommand                `cmd:"" help:"Do background jobs alone, beside machines that serve."`
	Migrate     migrateCommand             `cmd:"" help:"Bring the database's schema up to date."`
	Demo        demoCommand                `cmd:"" help:"Set up two contractors with books from four systems, and print their sign-ins."`
	Org         tenants.OrgCommands        `cmd:"" help:"Organisations: the contractors."`
	User        tenants.UserCommands       `cmd:"" help:"People who can sign in."`
	Operator    tenants.OperatorCommands   `cmd:"" help:"People of whoever runs the platform."`
	Key         tenants.KeyCommands        `cmd:"" help:"API keys: with which other programs read and write."`
	Import      importCommands             `cmd:"" help:"Take files of another system in."`
	Export      exportCommand              `cmd:"" help:"Write everything an organisation has into a zip file."`
	Prove       proveCommand               `cmd:"" name:"prove-isolation" help:"Prove that nobody gets in where they don't belong, by trying every address as everybody."`
	Probe       probeCommand               `cmd:"" help:"Look at an installation from another machine, and bring it what was seen: the only way its uptime is told."`
	SMS         smsCommands                `cmd:"" name:"sms" help:"Text messages that were written into the data folder, for want of a provider."`
	Mail        mailCommands               `cmd:"" help:"Mails: what became of them, what came back, and who gets none."`
	Jobs        jobsCommands               `cmd:"" help:"Background jobs: what waits, and what was given up."`
	Audit       auditCommands              `cmd:"" help:"The audit trail."`
	Errors      errorsCommands             `cmd:"" help:"What went wrong, each kind once."`
	Traces      tracesCommands             `cmd:"" help:"What slow and failed requests did, of those that belong to no organisation."`
	Vault       vaultCommands              `cmd:"" help:"The key that seals secrets."`
	Routes      routesCommand              `cmd:"" help:"List the addresses the program answers, and who may use them."`
	Incident    oncall.IncidentCommands    `cmd:"" help:"Incidents of the service: what rules saw, what they don't see, and notes."`
	Maintenance oncall.MaintenanceCommands `cmd:"" help:"Work that is announced before it begins."`
	Plan        tenants.PlanCommands       `cmd:"" help:"Plans: how often members of an organisation may do something."`
	Capacity    capacityCommand            `cmd:"" help:"Tell from measured costs how many people a machine holds, what is reached first, and how sure that is."`
	Backup      backups.BackupCommand      `cmd:"" help:"Back the installation up: its database and its files, not the key that opens them."`
	WAL         backups.LogCommand         `cmd:"" name:"wal" help:"Archive the database's log as it is written, beside machines that serve: for DATABASE_URL. With a private PostgreSQL skai serve does it."`
	Drill       backups.DrillCommand       `cmd:"" name:"restore-drill" help:"Restore a backup, or the archived log, into a scratch desk.Database, compare, try it, and say how long that took."`
	Restore     backups.RestoreCommand     `cmd:"" help:"Restore a backup, or any moment that the archived log reaches to, into an empty installation."`
}

// Main runs a command line and gives the program's exit code.
func Main(args []string, in io.Reader, out, errOut io.Writer) int {
	if len(args) == 0 {
		args = []string{"--help"}
	}
	t := &desk.Terminal{In: in, Out: out, Err: errOut}
	var c commands
	done := -1
	parser, err := newParser(&c, out, errOut, func(code int) { done = max(done, code) })
	if err != nil {
		return fail(t, err)
	}
	line, err := parser.Parse(args)
	if done >= 0 { // --help, --version
		return done
	}
	if err == nil {
		err = c.Check()
	}
	if err != nil {
		_, _ = fmt.Fprintf(errOut, "skai: %s\nskai --help says what there is.\n", err)
		return exitFailed
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	line.BindTo(ctx, (*context.Context)(nil))
	line.Bind(&c.Globals, t, onCall(&c.Globals, t), installation(&c.Globals, t))
	if err := line.Run(); err != nil {
		return fail(t, err)
	}
	return t.Code
}

// onCall is what the commands of whoever is on call work at.
func onCall(g *desk.Globals, t *desk.Terminal) *oncall.Desk {
	return &oncall.Desk{Say: t.Printf, Open: func(ctx context.Context, work func(*incidents.Service) error) error {
		return g.With(ctx, t, func(s *desk.Stores) error { return work(incidents.New(s.DB, nil, incidents.Alerts{})) })
	}}
}

func newParser(c *commands, out, errOut io.Writer, exit func(int)) (*kong.Kong, error) {
	return kong.New(c, kong.Name("skai"), kong.Writers(out, errOut), kong.Exit(exit), kong.Vars{"version": desk.Version()},
		kong.Description("SkaiScraper runs a storm-restoration roofing contractor: leads, claims, contacts and properties."),
		kong.DefaultEnvars("SKAI"), kong.ConfigureHelp(kong.HelpOptions{Compact: true}))
}

func fail(t *desk.Terminal, err error) int {
	if errors.Is(err, context.Canceled) {
		_, _ = fmt.Fprintln(t.Err, "skai: stopped")
		return exitFailed
	}
	words := err.Error()
	if f := fault.As(err); f != nil && len(f.Fields) > 1 {
		words = strings.ReplaceAll(words, "; ", "\n      ") // one line for each field
	}
	_, _ = fmt.Fprintf(t.Err, "skai: %s\n", words)
	return exitFailed
}
