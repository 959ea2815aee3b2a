package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"

	"github.com/skaiscraper/skai/internal/app"
	"github.com/skaiscraper/skai/internal/cli/desk"
	"github.com/skaiscraper/skai/internal/proof"
	"github.com/skaiscraper/skai/internal/proof/report"
)

type proveCommand struct {
	URL  string `help:"The installation that answers, on this database: http://127.0.0.1:8080; its rate limits hold for the proof as well, so allow an hour. Without it one is started for the proof." env:"SKAI_PROVE_URL" placeholder:"URL"`
	JSON string `help:"Write what was tried and found here, for a program." env:"SKAI_PROVE_JSON" placeholder:"FILE"`
	HTML string `help:"The same for a person." env:"SKAI_PROVE_HTML" placeholder:"FILE"`
}

// Run makes the proof; it ends with 1 where anything was a surprise.
func (c *proveCommand) Run(ctx context.Context, g *desk.Globals, t *desk.Terminal) error {
	return g.With(ctx, t, func(s *desk.Stores) error {
		sealed, err := s.Vault(ctx)
		if err != nil {
			return err
		}
		a, err := app.New(s.DB, app.Config{Log: slog.New(slog.DiscardHandler), Version: desk.Version(), Hurried: true, Vault: sealed, Files: s.Blobs})
		if err != nil {
			return err
		}
		url, stop := c.URL, func() error { return nil }
		if url == "" {
			if url, stop, err = serveFor(ctx, a); err != nil {
				return err
			}
		}
		report, err := proof.Run(ctx, proof.Target{
			URL: url, Version: desk.Version(), Routes: a.Routes(), DB: s.DB, Orgs: a.Orgs, People: a.People, Files: s.Blobs,
			Say: func(format string, args ...any) { _, _ = fmt.Fprintf(t.Err, format+"\n", args...) },
		})
		if err := errors.Join(err, stop()); err != nil {
			return err
		}
		return c.tell(t, report)
	})
}

// serveFor serves the program on a free port until stop is called.
func serveFor(ctx context.Context, a *app.App) (url string, stop func() error, err error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- a.Serve(ctx, l) }()
	return "http://" + l.Addr().String(), func() error { cancel(); return <-ended }, nil
}

func (c *proveCommand) tell(t *desk.Terminal, r *report.Report) error {
	if err := errors.Join(writeTo(c.JSON, r.WriteJSON), writeTo(c.HTML, r.WriteHTML)); err != nil {
		return err
	}
	for _, s := range r.Surprises {
		t.Printf("SURPRISE %s, %s, %s: %s\n", s.What, s.Actor, s.Place, s.Words)
	}
	t.Printf("%d of %d addresses tried (%d serve the same file to everybody), %d tables: %d attempts, %d surprises, in %.0f s.\n",
		r.Tried, r.Routes, r.Static, len(r.ByTable), r.Attempts, len(r.Surprises), r.Seconds)
	if len(r.Surprises) > 0 {
		t.Code = exitFailed
	}
	return nil
}

// writeTo writes a file, unless no name is given.
func writeTo(path string, write func(io.Writer) error) error {
	if path == "" {
		return nil
	}
	f, err := os.Create(path) //nolint:gosec // named by whoever runs the command
	if err != nil {
		return err
	}
	return errors.Join(write(f), f.Close())
}
