package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/skaiscraper/skai/internal/app"
	"github.com/skaiscraper/skai/internal/backup"
	"github.com/skaiscraper/skai/internal/backup/wal"
	"github.com/skaiscraper/skai/internal/cli/backups"
	"github.com/skaiscraper/skai/internal/cli/desk"
	"github.com/skaiscraper/skai/internal/cli/oncall"
	"github.com/skaiscraper/skai/internal/platform/localpg"
	"github.com/skaiscraper/skai/internal/platform/web/sender"
)

type serveCommand struct {
	mailFlags
	outboundFlags
	smsFlags
	metricsFlags
	traceFlags
	sentryFlags
	bouncerFlags
	oncall.AlertFlags
	redisFlags
	backups.LogFlags

	Token string        `name:"ops-token" help:"24 characters or more that the operator's programs show as a bearer token, to see /api/health/drift and /api/health/truth; without it nobody sees them." env:"SKAI_OPS_TOKEN" placeholder:"TEXT"`
	Drain time.Duration `help:"How long it says that it is not ready, and goes on, before it stops: so long as what sends requests here takes to notice." default:"0s" env:"SKAI_DRAIN" placeholder:"TIME"`

	ProbeKeys []string `help:"Public keys of the probes that look from other machines, as skai probe prints them: what they bring tells the uptime." env:"SKAI_PROBE_KEYS" placeholder:"KEY"`

	NoWork bool   `help:"Leave background jobs to machines that run skai work." env:"SKAI_NO_WORK"`
	HTTPS  bool   `help:"The public address is https: also where the proxy in front does not say so by X-Forwarded-Proto; where it says http, the browser is sent on to https." env:"SKAI_HTTPS"`
	Secret string `help:"Where several machines serve: 16 characters or more, the same on all of them, to sign what one page leaves for the next." env:"SKAI_SECRET" placeholder:"TEXT"`

	Proxies         []string `help:"Addresses or networks of proxies on other machines: the address they give for a sender is believed. One on this machine always is." env:"SKAI_PROXIES" placeholder:"ADDRESS"`
	SecurityContact string   `help:"Who gets reports of weaknesses, an e-mail address or an https: address; without it there is no /.well-known/security.txt." env:"SKAI_SECURITY_CONTACT" placeholder:"ADDRESS"`
}

// Validate refuses a secret that could be guessed, and mails that could not go out.
func (c *serveCommand) Validate() error {
	if n := len(c.Secret); n > 0 && n < 16 {
		return fmt.Errorf("SKAI_SECRET (--secret) has %d characters and needs 16 or more; an example: the output of openssl rand -hex 16", n)
	}
	if n := len(c.Token); n > 0 && n < 24 {
		return fmt.Errorf("SKAI_OPS_TOKEN (--ops-token) has %d characters and needs 24 or more; an example: the output of openssl rand -hex 16", n)
	}
	if c.Drain < 0 || c.Drain > time.Minute {
		return fmt.Errorf("SKAI_DRAIN (--drain) is %s; it is between 0s and 1m, for example 5s", c.Drain)
	}
	if _, err := c.probes(); err != nil {
		return fmt.Errorf("SKAI_PROBE_KEYS (--probe-keys): %w", err)
	}
	if _, err := sender.ParseProxies(c.Proxies); err != nil {
		return fmt.Errorf("SKAI_PROXIES (--proxies): %w", err)
	}
	if _, err := app.SecurityContact(c.SecurityContact); err != nil {
		return fmt.Errorf("SKAI_SECURITY_CONTACT (--security-contact): %w", err)
	}
	_, err := c.Alerts(c.guard())
	return errors.Join(c.mailFlags.Validate(), c.outboundFlags.Validate(), c.smsFlags.Validate(), c.metricsFlags.Validate(), c.traceFlags.Validate(), c.sentryFlags.Validate(), c.bouncerFlags.Validate(), c.redisFlags.Validate(), err)
}

// Run serves until it is told to stop.
func (c *serveCommand) Run(ctx context.Context, g *desk.Globals, t *desk.Terminal) (err error) {
	log := g.Logger(t.Err)
	listener, err := listen(ctx, "SKAI_LISTEN (--listen)", g.Listen, "127.0.0.1:8081")
	if err != nil {
		return err
	}
	defer func() { _ = listener.Close() }() // Serve has closed it, if it came to that
	told, err := c.metricsFlags.listen(ctx)
	if err != nil {
		return err
	}
	s, err := g.Open(ctx, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	defer keepLog(ctx, c.Folder, g, s, log)()
	limits, err := c.limits(secret(c.Secret), log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, limits.Close()) }()
	cfg, err := c.config(ctx, g, s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeSentry(cfg.Sentry)) }()
	cfg.Log, cfg.Limits = log, limits
	a, err := app.New(s.DB, cfg)
	if err != nil {
		return err
	}
	if err := welcome(ctx, t, a, listener); err != nil {
		return err
	}
	both, ctx := errgroup.WithContext(ctx)
	both.Go(func() error { return a.Serve(ctx, listener) })
	if told != nil {
		both.Go(func() error { return a.Metrics.Serve(ctx, told) })
	}
	if !c.NoWork {
		both.Go(func() error { return a.Work(ctx) })
	}
	return both.Wait()
}

// config is what the program is told by the flags and what was opened with them.
func (c *serveCommand) config(ctx context.Context, g *desk.Globals, s *desk.Stores) (app.Config, error) {
	cfg := app.Config{
		Version: desk.Version(), Commit: desk.Commit(), Traces: c.traceFlags.config(), Token: c.Token, Drain: c.Drain, HTTPS: c.HTTPS,
		Files: s.Blobs, Secret: secret(c.Secret), SecurityContact: c.SecurityContact, Outbound: c.guard(), DNS: c.DNS,
		Archives: c.Folder != "" && s.Server != nil,
	}
	var problems [8]error
	cfg.Mail, problems[0] = c.post(g)
	cfg.SMS, problems[1] = c.sender(g)
	cfg.Proxies, problems[2] = sender.ParseProxies(c.Proxies)
	cfg.Probes, problems[3] = c.probes()
	cfg.Alerts, problems[4] = c.Alerts(c.guard())
	cfg.Vault, problems[5] = s.Vault(ctx)
	cfg.Sentry, problems[6] = c.sentry()
	cfg.Bouncer, problems[7] = c.bouncer()
	return cfg, errors.Join(problems[:]...)
}

func secret(s string) []byte {
	if s == "" {
		return nil
	}
	return []byte(s)
}

// keepLog archives the log of a private database until it is told to stop. That of
// DATABASE_URL takes an address that sees past row security, which has no business in a
// process that serves: skai wal does that.
func keepLog(ctx context.Context, folder string, g *desk.Globals, s *desk.Stores, log *slog.Logger) (stop func()) {
	if folder == "" {
		return func() {}
	}
	if s.Server == nil {
		log.InfoContext(ctx, "SKAI_WAL_FOLDER: the log of DATABASE_URL is archived by skai wal, not here")
		return func() {}
	}
	from := backup.Source{URL: s.Server.URL(localpg.Superuser, desk.Database), Files: g.Folder("files"), Program: desk.Version(), Commit: desk.Commit()}
	ctx, end := context.WithCancel(context.WithoutCancel(ctx)) // until all that serves has ended
	done := make(chan struct{})
	go func() {
		defer close(done)
		wal.Keep(ctx, from, folder, log)
	}()
	return func() {
		end()
		<-done
	}
}

// listen takes the address of a variable before anything is started; other is one
// that may be free.
func listen(ctx context.Context, variable, address, other string) (net.Listener, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("%s is %s, where another program listens already; stop it, or choose another port, for example %s", variable, address, other)
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("%s is %s, a port that only root may use; choose one from 1024 on, for example %s", variable, address, other)
	case err != nil:
		return nil, fmt.Errorf("%s is %s, which can't be listened at: %w; an example: %s", variable, address, err, other)
	}
	return l, nil
}

// welcome says where the program is and, where nobody could sign in, what to do.
func welcome(ctx context.Context, t *desk.Terminal, a *app.App, l net.Listener) error {
	list, err := a.Orgs.List(ctx)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		t.Printf("There is no organisation yet. In another terminal:\n" +
			"  skai org create titan --name 'Titan Roofing'\n  skai user create you@example.com --org titan --role owner\n")
	}
	t.Printf("SkaiScraper is at http://%s\n", l.Addr())
	return nil
}

type workCommand struct {
	mailFlags
	outboundFlags
	metricsFlags
	traceFlags
	sentryFlags
	bouncerFlags
	oncall.AlertFlags
}

// Validate refuses what can't be before anything is started.
func (c *workCommand) Validate() error {
	_, err := c.Alerts(c.guard())
	return errors.Join(c.mailFlags.Validate(), c.outboundFlags.Validate(), c.metricsFlags.Validate(), c.traceFlags.Validate(), c.sentryFlags.Validate(), c.bouncerFlags.Validate(), err)
}

// Run does background jobs until it is told to stop.
func (c *workCommand) Run(ctx context.Context, g *desk.Globals, t *desk.Terminal) (err error) {
	log := g.Logger(t.Err)
	post, err := c.post(g)
	if err != nil {
		return err
	}
	alerts, err := c.Alerts(c.guard())
	if err != nil {
		return err
	}
	s, err := g.Open(ctx, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	sealed, err := s.Vault(ctx)
	if err != nil {
		return err
	}
	told, err := c.metricsFlags.listen(ctx)
	if err != nil {
		return err
	}
	errorsTo, err := c.sentry()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeSentry(errorsTo)) }()
	pooler, err := c.bouncer()
	if err != nil {
		return err
	}
	a, err := app.New(s.DB, app.Config{Bouncer: pooler, Log: log, Version: desk.Version(), Commit: desk.Commit(), Traces: c.traceFlags.config(), Sentry: errorsTo, Mail: post, Alerts: alerts, Vault: sealed, Outbound: c.guard(), DNS: c.DNS})
	if err != nil {
		return err
	}
	t.Printf("SkaiScraper does background jobs; stop it with Ctrl-C.\n")
	both, ctx := errgroup.WithContext(ctx)
	both.Go(func() error { return a.Work(ctx) })
	if told != nil {
		both.Go(func() error { return a.Metrics.Serve(ctx, told) })
	}
	return both.Wait()
}
