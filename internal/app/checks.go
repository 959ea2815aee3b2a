package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"time"

	"github.com/google/uuid"

	"github.com/skaiscraper/skai/internal/platform/health"
	"github.com/skaiscraper/skai/internal/platform/mail"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/queue"
)

// What is looked at, by the names under which the answers have it.
const (
	checkDatabase = "database"
	checkSchema   = "schema"
	checkStorage  = "storage"
	checkQueue    = "queue"
	checkMail     = "mail"
	checkCache    = "cache" // Redis, where there is one
	checkBeat     = "processes"
	checkLog      = "log" // the database's, and its archive
)

// slowDatabase is how long a database may take to answer before it counts as degraded.
const slowDatabase = 250 * time.Millisecond

// newProbe looks at what this program needs. The two without which it is not ready have
// a connection each that nobody else uses: a database that is slow, or busy, is not away.
func (a *App) newProbe() *health.Probe {
	checks := []health.Check{
		{Name: checkDatabase, Vital: true, Look: a.lookDatabase},
		{Name: checkSchema, Vital: true, Look: a.lookSchema},
		{Name: checkStorage, Look: a.lookStorage},
		{Name: checkQueue, Look: a.lookQueue},
		{Name: checkMail, Look: a.lookMail},
		{Name: checkBeat, Look: a.beat},
		{Name: checkBackup, Look: a.lookBackup},
		{Name: checkLog, Look: a.lookLog},
	}
	if a.limits.Shared() {
		checks = append(checks, health.Check{Name: checkCache, Look: a.lookCache})
	}
	return health.New(checks...)
}

// failed is the finding of what could not be looked at; why stands in the log.
func (a *App) failed(ctx context.Context, what string, err error) health.Finding {
	a.log.ErrorContext(ctx, "not well", "what", what, "error", err)
	return health.Finding{State: health.Down, Words: what + " does not answer"}
}

func (a *App) lookDatabase(ctx context.Context) health.Finding {
	start := time.Now()
	err := a.db.Watch().Ping(ctx)
	a.vitals.Database(time.Since(start), err == nil)
	if err != nil {
		return a.failed(ctx, "the database", err)
	}
	f := health.Finding{State: health.OK, Latency: time.Since(start)}
	pool := a.db.Stat()
	f.Facts = map[string]float64{"connections": float64(pool.AcquiredConns()), "most": float64(pool.MaxConns())}
	if f.Latency > slowDatabase {
		f.State, f.Words = health.Degraded, "the database is slow"
	}
	return f
}

func (a *App) lookSchema(ctx context.Context) health.Finding {
	pending, err := postgres.Pending(ctx, a.db.Watch())
	if err != nil {
		return health.Finding{State: health.Down, Words: "the database does not answer"} // which is in the log once
	}
	f := health.Finding{State: health.OK, Facts: map[string]float64{"pending": float64(pending)}}
	if pending > 0 {
		f.State, f.Words = health.Down, fmt.Sprintf("the database lacks %d migrations of this version; run skai migrate", pending)
	}
	return f
}

func (a *App) lookStorage(ctx context.Context) health.Finding {
	if a.files == nil {
		return health.Finding{State: health.Degraded, Words: "this process keeps no files"}
	}
	if err := a.files.Reachable(); err != nil {
		return a.failed(ctx, "the storage of files", err)
	}
	return health.Finding{State: health.OK}
}

// lookQueue looks at the jobs that could be done now, in each queue.
func (a *App) lookQueue(ctx context.Context) health.Finding {
	list, err := queue.Look(ctx, a.db)
	if err != nil {
		return health.Finding{State: health.Down, Words: "the queue of jobs can't be read"}
	}
	f := health.Finding{State: health.OK, Facts: map[string]float64{}}
	for _, w := range list {
		oldest := math.Round(w.Oldest.Seconds())
		f.Facts[w.Name+".depth"], f.Facts[w.Name+".oldestSeconds"], f.Facts[w.Name+".dead"] = float64(w.Depth), oldest, float64(w.Dead)
		f.Facts["depth"] += float64(w.Depth)
		f.Facts["oldestSeconds"] = max(f.Facts["oldestSeconds"], oldest)
		if w.IsLate() && f.State == health.OK {
			f.State, f.Words = health.Degraded, fmt.Sprintf("jobs of the queue %s wait too long: does a program do them?", w.Name)
		}
	}
	a.vitals.Queue(int(f.Facts["depth"]), time.Duration(f.Facts["oldestSeconds"]*float64(time.Second)))
	return f
}

// lookMail tells by the mails that could not be sent yet.
func (a *App) lookMail(ctx context.Context) health.Finding {
	m, err := mail.Survey(ctx, a.db)
	if err != nil {
		return health.Finding{State: health.Down, Words: "the list of mails can't be read"}
	}
	f := health.Finding{State: health.OK, Facts: map[string]float64{"failing": float64(m.Failing), "waiting": float64(m.Waiting), "today": float64(m.Today), "suppressed": float64(m.Suppressed)}}
	switch {
	case m.Failing > 0:
		f.State, f.Words = health.Degraded, fmt.Sprintf("%d mails could not be sent within the last hour", m.Failing)
	case m.Waiting > 0:
		f.State, f.Words = health.Degraded, fmt.Sprintf("%d mails wait for tomorrow: the budget of today is used up", m.Waiting)
	}
	return f
}

// lookCache looks at Redis. Without it the program works on, but for signing in and
// public forms; the limiter has told the log.
func (a *App) lookCache(ctx context.Context) health.Finding {
	start := time.Now()
	if a.limits.Look(ctx) != nil {
		return health.Finding{State: health.Degraded, Words: "Redis does not answer: signing in and public forms are closed"}
	}
	return health.Finding{State: health.OK, Latency: time.Since(start)}
}

func (a *App) beat(ctx context.Context) health.Finding {
	if err := health.Beat(ctx, a.db, a.asSeen()); err != nil {
		return health.Finding{State: health.Down, Words: "the list of processes can't be written"}
	}
	return health.Finding{State: health.OK}
}

// asSeen is this process with what it found not to be well.
func (a *App) asSeen() health.Process {
	p := a.self
	p.Unwell = a.probe.Unwell()
	if a.files == nil {
		delete(p.Unwell, checkStorage) // one that does background jobs alone keeps none
	}
	return p
}

// newSelf is this process as the others see it.
func newSelf(cfg Config, started time.Time) (health.Process, error) {
	schema, err := postgres.SchemaHash()
	if err != nil {
		return health.Process{}, err
	}
	return health.Process{ID: uuid.New(), StartedAt: started, Version: cfg.Version, Commit: cfg.Commit, Schema: schema, Fingerprint: cfg.fingerprint()}, nil
}

// fingerprint is a hash of what has to be the same on all machines: never of a secret
// itself, but of a hash of it.
func (cfg Config) fingerprint() string {
	h := sha256.New()
	secret := sha256.Sum256(append([]byte("fingerprint "), cfg.Secret...))
	_, _ = fmt.Fprintln(h, cfg.Version, cfg.HTTPS, cfg.Proxies, cfg.SecurityContact, cfg.DNS, cfg.SMS.Real(), cfg.Limits.Place(), hex.EncodeToString(secret[:])) // a hash takes everything
	return hex.EncodeToString(h.Sum(nil)[:8])
}
