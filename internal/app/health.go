package app

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"math"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/gate"
	"github.com/skaiscraper/skai/internal/platform/health"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/queue"
	"github.com/skaiscraper/skai/internal/platform/web"
)

// audience lets in the operator's people where they work, and the operator's programs
// everywhere else that is the operator's.
func audience(people, programs func(*http.Request) (context.Context, error)) func(*http.Request) (context.Context, error) {
	return func(r *http.Request) (context.Context, error) {
		switch {
		case r.URL.Path == identity.AdminPath || strings.HasPrefix(r.URL.Path, identity.AdminPath+"/"):
			return people(r)
		case programs == nil:
			return nil, fault.NotFound("not_found", "there is nothing here")
		}
		return programs(r)
	}
}

// operator lets in whoever shows the operator's token.
func operator(token string) func(*http.Request) (context.Context, error) {
	if token == "" {
		return nil
	}
	want := sha256.Sum256([]byte(token))
	return func(r *http.Request) (context.Context, error) {
		scheme, shown, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		got := sha256.Sum256([]byte(strings.TrimSpace(shown)))
		if !strings.EqualFold(scheme, "bearer") || subtle.ConstantTimeCompare(got[:], want[:]) != 1 {
			return nil, fault.NotFound("not_found", "there is nothing here")
		}
		return r.Context(), nil
	}
}

func (a *App) healthRoutes(rt *web.Router) {
	public, ops := web.Access{Audience: web.Public, Light: true}, web.Access{Audience: web.Operator}
	op := func(path, summary string) huma.Operation {
		return huma.Operation{Method: http.MethodGet, Path: "/api/health" + path, Tags: []string{"Health"}, Summary: summary}
	}
	web.Op(rt, public, op("", "In a word: is it well?"), a.summary)
	web.Op(rt, public, op("/live", "The program runs; whoever gets no answer should start it again"), a.live)
	web.Op(rt, public, op("/ready", "It may take requests: its database answers, has the schema it needs, and it is not about to stop; 503 otherwise"), a.ready)
	web.Op(rt, public, op("/deep", "Each part by itself; 503 where a part without which nothing works is away"), a.deep)
	web.Op(rt, ops, op("/drift", "This process against the others and against the schema"), a.drift)
	web.Op(rt, ops, op("/truth", "All that the program says of itself, each with when and how it was measured"), a.truth)
}

type summaryOut struct {
	Body struct {
		Status    health.State `json:"status" enum:"ok,degraded,down"`
		Version   string       `json:"version"`
		CheckedAt time.Time    `json:"checkedAt" doc:"When it was looked at; the same look serves everybody"`
	}
}

func (a *App) summary(ctx context.Context, _ *struct{}) (*summaryOut, error) {
	s := a.probe.Last(ctx)
	out := &summaryOut{}
	out.Body.Status, out.Body.Version, out.Body.CheckedAt = s.State, a.self.Version, s.At
	return out, nil
}

type databaseCheck struct {
	OK        bool    `json:"ok"`
	LatencyMS float64 `json:"latencyMs" doc:"Of the last look"`
}

type memoryCheck struct {
	HeapUsedMB float64 `json:"heapUsedMB" doc:"MiB of Go's heap"`
	RSSMB      float64 `json:"rssMB" doc:"MiB of the machine's memory; 0 where the system does not tell"`
}

func memory() memoryCheck {
	heap, resident := health.Memory()
	return memoryCheck{round(heap), round(resident)}
}

func round(f float64) float64 { return math.Round(f*10) / 10 }

func ms(d time.Duration) float64 { return math.Round(float64(d)/float64(time.Microsecond)) / 1000 }

type liveOut struct {
	Body struct {
		Status  health.State `json:"status" enum:"ok"`
		Version string       `json:"version"`
		Commit  string       `json:"commit"`
		Uptime  float64      `json:"uptime" doc:"Seconds since it started"`
		Checks  struct {
			Database databaseCheck `json:"database"`
			Memory   memoryCheck   `json:"memory"`
		} `json:"checks"`
	}
}

// live never touches the database: it says what was found last.
func (a *App) live(ctx context.Context, _ *struct{}) (*liveOut, error) {
	db := a.probe.Last(ctx).Findings[checkDatabase]
	out := &liveOut{}
	b := &out.Body
	b.Status, b.Version, b.Commit, b.Uptime = health.OK, a.self.Version, a.self.Commit, round(a.probe.Uptime().Seconds())
	b.Checks.Database, b.Checks.Memory = databaseCheck{db.State != health.Down, ms(db.Latency)}, memory()
	return out, nil
}

type readyOut struct {
	Body struct {
		Status health.State `json:"status" enum:"ok"`
	}
}

// ready tells whether requests should be sent here.
func (a *App) ready(ctx context.Context, _ *struct{}) (*readyOut, error) {
	if a.draining.Load() {
		return nil, fault.Unavailable("draining", "this process is about to stop; send requests to another one")
	}
	found := a.probe.Last(ctx).Findings
	if f := found[checkDatabase]; f.State == health.Down {
		return nil, fault.Unavailable("database.away", "%s", f.Words)
	}
	if f := found[checkSchema]; f.State == health.Down {
		return nil, fault.Unavailable("database.schema", "%s", f.Words)
	}
	out := &readyOut{}
	out.Body.Status = health.OK
	return out, nil
}

type part struct {
	Status    health.State `json:"status" enum:"ok,degraded,down"`
	LatencyMS float64      `json:"latencyMs"`
	Words     string       `json:"words,omitempty" doc:"What is wrong"`
}

type queuePart struct {
	Name          string  `json:"name"`
	Depth         float64 `json:"depth"`
	OldestSeconds float64 `json:"oldestSeconds"`
	LateAfter     float64 `json:"lateAfterSeconds" doc:"An older one degrades the queue"`
	Dead          float64 `json:"deadLetters" doc:"Given up after the last try, kept for seven days"`
}

type backupCheck struct {
	part

	AgeSeconds *float64 `json:"ageSeconds" doc:"How old the last backup's snapshot is; null where none is known"`
}

type logCheck struct {
	part

	HeldBytes float64 `json:"heldBytes" doc:"What the database holds back of its log until that is archived"`
}

type deepOut struct {
	Status int
	Body   struct {
		Status    health.State `json:"status" enum:"ok,degraded,down"`
		CheckedAt time.Time    `json:"checkedAt"`
		Database  struct {
			Connected bool    `json:"connected"`
			LatencyMS float64 `json:"latencyMs"`
		} `json:"database"`
		Cache   *part `json:"cache" doc:"Redis, in which all processes count how often somebody does something; null where there is none"`
		Storage part  `json:"storage"`
		Queue   struct {
			part

			Depth         float64     `json:"depth" doc:"Jobs that could be done now"`
			OldestSeconds float64     `json:"oldestSeconds"`
			Queues        []queuePart `json:"queues" nullable:"false" doc:"Each by itself, the most important first"`
		} `json:"queue"`
		Mail         part        `json:"mail"`
		Backup       backupCheck `json:"backup"`
		Log          logCheck    `json:"log" doc:"The archive of the database's log, from which any moment can be restored"`
		Integrations []string    `json:"integrations" nullable:"false" doc:"Programs of others that this one can't do without: none"`
		Memory       memoryCheck `json:"memory"`
	}
}

func (a *App) deep(ctx context.Context, _ *struct{}) (*deepOut, error) {
	s := a.probe.Last(ctx)
	of := func(name string) part {
		f := s.Findings[name]
		return part{f.State, ms(f.Latency), f.Words}
	}
	out := &deepOut{Status: http.StatusOK}
	b := &out.Body
	b.Status, b.CheckedAt, b.Memory, b.Integrations = s.State, s.At, memory(), []string{}
	b.Database.Connected, b.Database.LatencyMS = s.Findings[checkDatabase].State != health.Down, ms(s.Findings[checkDatabase].Latency)
	b.Storage, b.Mail = of(checkStorage), of(checkMail)
	b.Queue.part, b.Queue.Depth, b.Queue.OldestSeconds = of(checkQueue), s.Findings[checkQueue].Facts["depth"], s.Findings[checkQueue].Facts["oldestSeconds"]
	b.Queue.Queues = queueParts(s.Findings[checkQueue].Facts)
	if a.limits.Shared() {
		cache := of(checkCache)
		b.Cache = &cache
	}
	b.Log = logCheck{of(checkLog), s.Findings[checkLog].Facts["heldBytes"]}
	b.Backup.part = of(checkBackup)
	if age, known := s.Findings[checkBackup].Facts["ageSeconds"]; known {
		b.Backup.AgeSeconds = &age
	}
	if s.State == health.Down {
		out.Status = http.StatusServiceUnavailable
	}
	return out, nil
}

func queueParts(facts map[string]float64) []queuePart {
	list := make([]queuePart, len(queue.Lines))
	for i, l := range queue.Lines {
		list[i] = queuePart{l.Name, facts[l.Name+".depth"], facts[l.Name+".oldestSeconds"], l.Late.Seconds(), facts[l.Name+".dead"]}
	}
	return list
}

type driftOut struct {
	Body struct {
		Status health.State     `json:"status" enum:"ok,degraded"`
		Self   health.Process   `json:"self"`
		Others []health.Process `json:"others" nullable:"false" doc:"Seen within the last 15 seconds"`
		Differ []string         `json:"differ" nullable:"false" doc:"In what this process differs from another one, in words"`
		Rules  []health.Rule    `json:"rules" doc:"What isolation stands on, asked of the database now"`
	}
}

// mostClock is how far a clock may be from the database's, in milliseconds.
const mostClock = 2000

func (a *App) drift(ctx context.Context, _ *struct{}) (*driftOut, error) {
	if err := health.Beat(ctx, a.db, a.asSeen()); err != nil {
		return nil, err
	}
	all, err := health.Processes(ctx, a.db)
	if err != nil {
		return nil, err
	}
	out := &driftOut{}
	b := &out.Body
	if b.Rules, err = health.Rules(ctx, a.db); err != nil {
		return nil, err
	}
	b.Status, b.Others, b.Differ = health.OK, []health.Process{}, []string{}
	for _, p := range all {
		if math.Abs(p.ClockMS) > mostClock {
			b.Differ = append(b.Differ, fmt.Sprintf("the clock of %s is %.0f ms from the database's", p.ID, p.ClockMS))
		}
		if p.ID == a.self.ID {
			b.Self = p
			continue
		}
		b.Others = append(b.Others, p)
		for _, d := range []struct{ what, mine, theirs string }{
			{"version", a.self.Version, p.Version}, {"commit", a.self.Commit, p.Commit}, {"schema", a.self.Schema, p.Schema}, {"configuration", a.self.Fingerprint, p.Fingerprint},
		} {
			if d.mine != d.theirs {
				b.Differ = append(b.Differ, fmt.Sprintf("the %s of %s is %s, and %s here", d.what, p.ID, d.theirs, d.mine))
			}
		}
	}
	for _, r := range b.Rules {
		if !r.OK {
			b.Status = health.Degraded
		}
	}
	if len(b.Differ) > 0 {
		b.Status = health.Degraded
	}
	return out, nil
}

// claim is a figure that the program says of itself.
type claim struct {
	Name       string    `json:"name"`
	Value      any       `json:"value"`
	Unit       string    `json:"unit,omitempty"`
	MeasuredAt time.Time `json:"measuredAt"`
	How        string    `json:"how"`
}

type truthOut struct {
	Body struct {
		Claims []claim `json:"claims" nullable:"false"`
	}
}

func (a *App) truth(ctx context.Context, _ *struct{}) (*truthOut, error) {
	s, now := a.probe.Last(ctx), time.Now().UTC()
	out := &truthOut{}
	add := func(name string, value any, unit string, at time.Time, how string) {
		out.Body.Claims = append(out.Body.Claims, claim{name, value, unit, at, how})
	}
	host, _ := os.Hostname() // "" where the system does not tell
	add("host", host, "", now, "asked of the system")
	add("version", a.self.Version, "", a.self.StartedAt, "built in")
	add("commit", a.self.Commit, "", a.self.StartedAt, "built in")
	add("schema", a.self.Schema, "", a.self.StartedAt, "a hash of the migrations that are built in")
	add("started", a.self.StartedAt, "", now, "this process's own clock")
	add("uptime", round(a.probe.Uptime().Seconds()), "s", now, "this process's own clock, since it started")
	m := memory()
	add("memory.heap", m.HeapUsedMB, "MiB", now, "Go's /memory/classes/heap/objects:bytes")
	add("memory.resident", m.RSSMB, "MiB", now, "/proc/self/statm; 0 where there is none")
	add("routes", len(a.Routes()), "", now, "counted in the router")
	add("routes.through_one_door", a.ThroughOneDoor(), "", now, "each address was asked of the server's own table")
	add("limits.shared", a.limits.Shared(), "", a.self.StartedAt, "whether SKAI_REDIS_URL names a Redis")
	for name, f := range s.Findings {
		add(name+".state", f.State, "", s.At, "the background look, every "+health.Every.String())
		add(name+".latency", ms(f.Latency), "ms", s.At, "how long that look took")
		for fact, value := range f.Facts {
			add(name+"."+fact, value, "", s.At, "the background look, every "+health.Every.String())
		}
	}
	g := a.gate.Stats()
	const atGate = "counted at this process's gate, since it started"
	add("gate.limit", g.Limit, "requests", now, "set every "+gate.Every.String()+" by how long work waits for a connection or a processor")
	add("gate.busy", g.Busy, "requests", now, "counted now")
	add("gate.waiting", g.Waiting, "requests", now, "counted now")
	add("gate.entered", g.Entered, "requests", now, atGate)
	add("gate.waited", g.Waited, "requests", now, atGate)
	add("gate.refused", g.Refused, "requests", now, atGate)
	add("pool.most", a.db.Config().MaxConns, "connections", a.self.StartedAt, "this process's part of what the database takes")
	a.truthOfBouncer(add)
	if err := a.addRates(ctx, now, add); err != nil {
		return nil, err
	}
	if err := a.truthOfBackups(ctx, add); err != nil {
		return nil, err
	}
	type counted struct{ Orgs, People, Sessions int }
	c, err := postgres.System(ctx, a.db, postgres.SignIn, func(ctx context.Context, tx pgx.Tx) (counted, error) {
		return postgres.One[counted](ctx, tx, `
			SELECT (SELECT count(*) FROM orgs WHERE suspended_at IS NULL)::int AS orgs, (SELECT count(*) FROM people WHERE kind = 'member' AND active)::int AS people,
				(SELECT count(*) FROM sessions WHERE revoked_at IS NULL AND expires_at > now())::int AS sessions`)
	})
	if err != nil {
		return nil, err
	}
	const how = "counted in the database now"
	add("organisations", c.Orgs, "", now, how+": those that are not suspended")
	add("people", c.People, "", now, how+": active members, of all organisations")
	add("sessions", c.Sessions, "", now, how+": neither revoked nor expired")
	return out, nil
}

// addRates says how fast each error budget is used up.
func (a *App) addRates(ctx context.Context, now time.Time, add func(name string, value any, unit string, at time.Time, how string)) error {
	rates, err := a.incidents.Rates(ctx, now)
	for _, r := range rates {
		add(r.Name, r.LongRate, "budgets of 30 days in 30 days", now, r.How())
	}
	return err
}
