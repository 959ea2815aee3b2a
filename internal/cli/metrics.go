package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/skaiscraper/skai/internal/cli/desk"
	"github.com/skaiscraper/skai/internal/platform/metrics"
	"github.com/skaiscraper/skai/internal/platform/trace"
	"github.com/skaiscraper/skai/internal/platform/trouble"
	"github.com/skaiscraper/skai/internal/platform/vitals"
)

// metricsFlags say where a process tells its operator's programs how it is doing.
type metricsFlags struct {
	MetricsListen string `help:"Where to serve metrics for Prometheus (/metrics) and profiles (/debug/pprof/), an address of this machine or of a private network, since nobody is asked there who they are; left out, nowhere. An example: 127.0.0.1:9090." env:"SKAI_METRICS_LISTEN" placeholder:"HOST:PORT"`
}

// Validate refuses an address that others could reach.
func (f *metricsFlags) Validate() error {
	if f.MetricsListen == "" {
		return nil
	}
	if err := metrics.CheckAddress(f.MetricsListen); err != nil {
		return fmt.Errorf("SKAI_METRICS_LISTEN (--metrics-listen): %w", err)
	}
	return nil
}

// listen takes the address; nil where there is none.
func (f *metricsFlags) listen(ctx context.Context) (net.Listener, error) {
	if f.MetricsListen == "" {
		return nil, nil
	}
	return listen(ctx, "SKAI_METRICS_LISTEN (--metrics-listen)", f.MetricsListen, "127.0.0.1:9091")
}

// bouncerFlags name the PgBouncer in front of the database.
type bouncerFlags struct {
	BouncerURL string `name:"pgbouncer-url" help:"The console of the PgBouncer in front of the database, whose pools are looked at then: postgres://stats:secret@127.0.0.1:6432/pgbouncer, with a user of its stats_users." env:"SKAI_PGBOUNCER_URL" placeholder:"URL"`
}

// Validate refuses what is no address of a console, without repeating it.
func (f *bouncerFlags) Validate() error {
	_, err := f.bouncer()
	return err
}

// bouncer gives it; nil where none is named.
func (f *bouncerFlags) bouncer() (*vitals.Bouncer, error) {
	if f.BouncerURL == "" {
		return nil, nil //nolint:nilnil // none is asked for
	}
	b, err := vitals.ParseBouncer(f.BouncerURL)
	if err != nil {
		return nil, fmt.Errorf("SKAI_PGBOUNCER_URL (--pgbouncer-url): %w", err)
	}
	return b, nil
}

// sentryFlags say where errors go besides.
type sentryFlags struct {
	SentryDSN string `name:"sentry-dsn" help:"The DSN of a Sentry project: what goes wrong is sent there as well, naming nobody." env:"SKAI_SENTRY_DSN" placeholder:"DSN"`
}

// Validate refuses what is no DSN.
func (f *sentryFlags) Validate() error {
	s, err := f.sentry()
	if s != nil {
		err = errors.Join(err, s.Close())
	}
	return err
}

func (f *sentryFlags) sentry() (*trouble.Sentry, error) {
	if f.SentryDSN == "" {
		return nil, nil //nolint:nilnil // none is asked for
	}
	s, err := trouble.NewSentry(f.SentryDSN, desk.Version())
	if err != nil {
		return nil, fmt.Errorf("SKAI_SENTRY_DSN (--sentry-dsn): %w", err)
	}
	return s, nil
}

// closeSentry sends what waits.
func closeSentry(s *trouble.Sentry) error {
	if s == nil {
		return nil
	}
	return s.Close()
}

// traceFlags say which traces are kept.
type traceFlags struct {
	TraceRate float64       `help:"The part of all requests and jobs whose trace is kept whatever they were like, 0 to 1; those that were slow or failed are kept in any case." default:"0.01" env:"SKAI_TRACE_RATE" placeholder:"PART"`
	TraceSlow time.Duration `help:"What took so long is slow, and its trace is kept." default:"500ms" env:"SKAI_TRACE_SLOW" placeholder:"TIME"`
}

// Validate refuses what can't be.
func (f *traceFlags) Validate() error { return f.config().Check() }

func (f *traceFlags) config() trace.Config { return trace.Config{Rate: f.TraceRate, Slow: f.TraceSlow} }
