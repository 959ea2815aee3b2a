// Command loadtest measures the program under people: it fills an installation of its
// own with two organisations, has k6 be their people (the scripts beside this file),
// looks meanwhile at what processors, memory and connections that takes, and keeps
// the account in docs/load, as JSON and as a page with charts. `make load-smoke`,
// load-soak, load-spike and load-stress run it; docs/performance.md says what each is
// and how to read it. It ends by itself, and ends what it started.
package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/skaiscraper/skai/internal/platform/capacity"
)

// plan is what a test needs to be known of.
type plan struct {
	most    time.Duration // after which it is stopped, whatever it is at
	rows    int           // of the migration that runs meanwhile; 0 is none
	startAt time.Duration // when that begins, after the first people came
}

var plans = map[string]plan{
	"smoke":  {most: 15 * time.Minute},
	"soak":   {most: 60 * time.Minute, rows: 60_000, startAt: 2 * time.Minute},
	"spike":  {most: 15 * time.Minute},
	"stress": {most: 30 * time.Minute, rows: 30_000, startAt: 130 * time.Second},
}

func main() {
	held, err := run()
	switch {
	case err != nil:
		_, _ = fmt.Fprintln(os.Stderr, "loadtest:", err)
		os.Exit(1)
	case !held:
		os.Exit(2)
	}
}

// run gives whether all limits held. "page FILE.json" writes a kept account's page
// anew, after a change of how it looks.
func run() (held bool, err error) {
	if len(os.Args) == 3 && os.Args[1] == "page" {
		r, err := capacity.ReadRun(os.Args[2])
		if err != nil {
			return false, err
		}
		return true, write(strings.TrimSuffix(os.Args[2], ".json")+".html", func(f *os.File) error { return writeHTML(f, &r) })
	}
	if len(os.Args) != 2 || plans[os.Args[1]].most == 0 {
		return false, fmt.Errorf("say which: smoke, soak, spike or stress; for example scripts/loadtest smoke")
	}
	name := os.Args[1]
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, plans[name].most)
	defer cancel()
	folder, err := os.MkdirTemp("", "skai-load-")
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	r, err := about(ctx, name)
	if err != nil {
		return false, err
	}
	if err := measure(ctx, folder, plans[name], &r); err != nil {
		return false, err
	}
	return r.Held(), keep(&r)
}

// measure makes the installation, loads it and fills the account.
func measure(ctx context.Context, folder string, p plan, r *capacity.Run) (err error) {
	i, err := newInstance(ctx, folder)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, i.close()) }()
	r.PostgreSQL, r.Pool = i.server.Version, i.pool
	if err := i.serve(ctx); err != nil {
		return err
	}
	say("%s at %s", r.Name, i.url)
	k, err := startK6(ctx, i, r)
	if err != nil {
		return err
	}
	imported := make(chan error, 1)
	go func() { imported <- i.importMeanwhile(ctx, p, k.done, r) }()
	samples, looked := i.watch(ctx, k)
	if err := errors.Join(looked, <-imported, k.err); err != nil {
		return err
	}
	r.ServerErrors, err = i.serverErrors()
	return errors.Join(err, k.account(r, samples))
}

// keep writes both reports and says what they say.
func keep(r *capacity.Run) error {
	base := filepath.Join("docs", "load", r.When.Format(time.DateOnly)+"-"+r.Name)
	if err := os.MkdirAll(filepath.Dir(base), 0o755); err != nil { //nolint:gosec // part of the documentation
		return err
	}
	if err := errors.Join(
		write(base+".json", func(f *os.File) error { return r.WriteJSON(f) }),
		write(base+".html", func(f *os.File) error { return writeHTML(f, r) }),
	); err != nil {
		return err
	}
	say("%d requests, %d failed; p50 %.0f, p95 %.0f, p99 %.0f ms; signing in p95 %.0f ms; %d of %d checks failed, %d answers with somebody else's data",
		r.All.Requests, r.All.Failed, r.All.P50, r.All.P95, r.All.P99, r.SignIn.P95, r.ChecksFailed, r.Checks, r.WrongTenant)
	if w, broke := r.Broke(); broke {
		say("beyond a limit for the first time in second %d, with %.0f people and %.0f requests a second: p95 %.0f, p99 %.0f ms, %d failed",
			w.Second, w.People, float64(w.Requests)/capacity.WindowSeconds, w.P95, w.P99, w.Failed)
	}
	for _, name := range slices.Sorted(maps.Keys(r.Failing)) {
		say("%d times not so: %s", r.Failing[name], name)
	}
	for _, t := range r.Thresholds {
		if !t.Held {
			say("NOT HELD: %s %s", t.Metric, t.Limit)
		}
	}
	say("%s.json and .html", base)
	return nil
}

func write(path string, what func(*os.File) error) error {
	f, err := os.Create(path) //nolint:gosec // named after the test and the day, or by whoever runs this
	if err != nil {
		return err
	}
	return errors.Join(what(f), f.Close())
}

func say(format string, args ...any) { fmt.Printf("loadtest: "+format+"\n", args...) }
