package ops

import (
	"context"
	"math"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/skaiscraper/skai/internal/backup"
	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/ops/incidents"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/measure"
	"github.com/skaiscraper/skai/internal/platform/uptime"
	"github.com/skaiscraper/skai/internal/platform/vitals"
	"github.com/skaiscraper/skai/internal/platform/web"
)

// The objectives that the service is held to.
const (
	objectiveP95       = float64(incidents.SlowAfter / time.Millisecond) // ms
	objectiveErrorRate = incidents.ErrorRate
	objectiveUptime    = incidents.Availability
)

// longestWindow is the longest stretch of time that can be asked about: what is kept.
const longestWindow = 400 * 24 * time.Hour

// mostRoutes is how many routes are told of.
const mostRoutes = 50

type metricsIn struct {
	From time.Time `query:"from" doc:"Since when; 30 days ago where it is left out"`
	To   time.Time `query:"to" doc:"Until when; now where it is left out"`
}

type figures struct {
	Requests  int64   `json:"requests"`
	Failures  int64   `json:"failures" doc:"Answered with 5xx"`
	Refusals  int64   `json:"refusals" doc:"Answered with 4xx: something was asked that is not there or not allowed"`
	ErrorRate float64 `json:"error_rate" doc:"failures / requests, 0 to 1"`
	P50       float64 `json:"p50_ms" doc:"Half of the requests took no longer; 0 where there was none"`
	P95       float64 `json:"p95_ms"`
	P99       float64 `json:"p99_ms"`
	Queries   float64 `json:"queries_per_request"`
}

func figuresOf(s measure.Stats) figures {
	f := figures{Requests: s.Requests, Failures: s.Failures, Refusals: s.Refusals, ErrorRate: math.Round(s.ErrorRate()*1e6) / 1e6, P50: s.P50, P95: s.P95, P99: s.P99}
	if s.Requests > 0 {
		f.Queries = math.Round(float64(s.Queries)/float64(s.Requests)*100) / 100
	}
	return f
}

type routeFigures struct {
	Route string `json:"route" example:"GET /claims/{id}"`
	figures
}

type metricsOut struct {
	Body struct {
		From         time.Time         `json:"from"`
		To           time.Time         `json:"to"`
		Completeness float64           `json:"completeness" doc:"The part of the minutes from from to to in which the program measured, 0 to 1: in the rest nothing is known"`
		Uptime       *float64          `json:"uptime" doc:"The part of the looks from another machine that found the program ready, 0 to 1, those in maintenance announced 48 hours before left out; null where nobody looked"`
		UptimeOfAll  *float64          `json:"uptime_with_maintenance" doc:"The same of all looks, whatever was announced"`
		UptimeKnown  float64           `json:"uptime_known" doc:"The part of the minutes in which somebody looked, 0 to 1: in the rest it is unknown whether it was up"`
		Backup       *backupFigures    `json:"backup" doc:"The installation's last backup; null where none is known"`
		Drill        *drillFigures     `json:"restore_drill" doc:"The last time that restoring a backup was tried; null where nobody did"`
		TurnedAway   *int64            `json:"turned_away" doc:"Requests of all organisations that were answered 503 at the gate because there was too much to do; null where no process measured. Kept for 40 days"`
		All          figures           `json:"all" doc:"The organisation's own requests, all together"`
		Routes       []routeFigures    `json:"routes" nullable:"false" doc:"By address, the one first whose requests took the longest together"`
		Objectives   []objective       `json:"objectives" nullable:"false"`
		Incidents    []incident        `json:"incidents" nullable:"false" doc:"That went on at some time from from to to, the newest first"`
		Maintenance  []maintenance     `json:"maintenance" nullable:"false" doc:"That was announced for the time from from to to, the latest first"`
		Unknown      []string          `json:"unknown" nullable:"false" doc:"What nobody measures yet, and so is not told"`
		Definitions  map[string]string `json:"definitions"`
	}
}

// incident is one of the whole service, with what everybody may know of it.
type incident struct {
	ID        int64              `json:"id"`
	Rule      string             `json:"rule" example:"reach" doc:"What opened it: reach (a probe), burn.… (an error budget), part.… (a part of the program), operator"`
	Severity  incidents.Severity `json:"severity" enum:"page,ticket" doc:"page: somebody acts at once; ticket: within days"`
	Title     string             `json:"title"`
	Seen      string             `json:"seen" doc:"What was seen, in words"`
	OpenedAt  time.Time          `json:"opened_at" doc:"When it began"`
	NoticedAt time.Time          `json:"noticed_at" doc:"When its rule saw it"`
	ClosedAt  *time.Time         `json:"closed_at" doc:"null while it goes on"`
	Notes     []note             `json:"notes" nullable:"false"`
}

type note struct {
	At    time.Time `json:"at"`
	Words string    `json:"words"`
}

type maintenance struct {
	ID          int64      `json:"id"`
	AnnouncedAt time.Time  `json:"announced_at"`
	StartsAt    time.Time  `json:"starts_at"`
	EndsAt      time.Time  `json:"ends_at"`
	What        string     `json:"what"`
	CancelledAt *time.Time `json:"cancelled_at"`
	Excused     bool       `json:"excused" doc:"It was announced 48 hours before, so that what was down in it does not count as down"`
}

// told gives the incidents and the maintenance between two times.
func (s *Service) told(ctx context.Context, from, to time.Time) ([]incident, []maintenance, error) {
	list, err := s.incidents.List(ctx, from, to, true)
	if err != nil {
		return nil, nil, err
	}
	work, err := s.incidents.Windows(ctx, from, to)
	what, windows := make([]incident, len(list)), make([]maintenance, len(work))
	for i, one := range list {
		what[i] = incident{one.ID, one.Rule, one.Severity, one.Title, one.Seen, one.OpenedAt, one.NoticedAt, one.ClosedAt, make([]note, len(one.Notes))}
		for n, words := range one.Notes {
			what[i].Notes[n] = note{words.At, words.Words}
		}
	}
	for i, w := range work {
		windows[i] = maintenance{w.ID, w.AnnouncedAt, w.StartsAt, w.EndsAt, w.What, w.CancelledAt, w.Excused}
	}
	return what, windows, err
}

type backupFigures struct {
	FinishedAt time.Time `json:"finished_at"`
	SnapshotAt time.Time `json:"snapshot_at" doc:"What was committed before is in it"`
	AgeSeconds float64   `json:"age_seconds" doc:"Since the snapshot: what would be lost now"`
	Result     string    `json:"result" enum:"whole,incomplete" doc:"incomplete: files that rows name were not in the storage"`
	LastFailed bool      `json:"last_failed" doc:"A later one was tried, and failed"`
}

type drillFigures struct {
	FinishedAt time.Time `json:"finished_at"`
	RPO        float64   `json:"rpo_seconds" doc:"How old the backup's snapshot was when the drill began"`
	RTO        float64   `json:"rto_seconds" doc:"From its start until everything was restored and checked"`
	Checks     int       `json:"checks"`
	Failed     int       `json:"failed" doc:"How many differences were found"`
}

// addBackups tells of the installation's backups, as far as an organisation may know.
func (o *metricsOut) addBackups(k backup.Known) {
	if b := k.Backup; b != nil {
		o.Body.Backup = &backupFigures{b.FinishedAt, *b.SnapshotAt, math.Round(time.Since(*b.SnapshotAt).Seconds()), b.Result, k.Tried != nil}
	} else {
		o.Body.Unknown = append(o.Body.Unknown, "backup: none was made by skai backup")
	}
	if d := k.Drill; d != nil {
		o.Body.Drill = &drillFigures{d.FinishedAt, d.RPO, d.RTO, d.Checks, d.Failed}
	} else {
		o.Body.Unknown = append(o.Body.Unknown, "restore_drill: nobody tried to restore one (skai restore-drill)")
	}
}

type objective struct {
	Name  string   `json:"name"`
	Limit float64  `json:"limit"`
	Value float64  `json:"value"`
	Met   *bool    `json:"met" doc:"null where there was no request to tell by"`
	Left  *float64 `json:"budget_left" doc:"The part of the error budget that is left in this time, 1 is all of it, below 0 is overdrawn; null where there was nothing to tell by, and of p95_ms, which has none"`
}

var definitions = map[string]string{
	"requests":     "requests of people and API keys of the organisation, to every address; those before signing in are nobody's",
	"time":         "from the first byte of a request that the program reads to the last of its answer that it writes, in milliseconds; of a stream, until it ends",
	"percentiles":  "of every request, none sampled, from mergeable sketches (DDSketch) that are right to 1 % of the value",
	"failures":     "answers with a status from 500 on",
	"uptime":       "looks at /api/health/ready from another machine that were answered with 200 within 5 seconds, of all looks; signed by the probe that looked. Looks in maintenance that was announced 48 hours before it began count neither as up nor as down; uptime_with_maintenance counts them all",
	"turned_away":  "requests answered with 503 before anybody knew whose they were, since more came than gets done: of all organisations together, and in no other figure here. From the counts of each process, by the minute, which are kept for 40 days; a process that is killed takes the last ten seconds of them with it",
	"incidents":    "of the whole service: opened and closed by rules over what was measured, or by the operator by hand",
	"budget":       "1 - (the part that failed / the part that the objective allows to fail), over the time asked about: of requests for error_rate, of a probe's looks for uptime",
	"completeness": "minutes in which at least one process measured, of all minutes asked about; a minute in which none ran is a gap, and no figure is made up for it",
}

func (s *Service) apiRoutes(rt *web.Router) {
	web.Op(rt, web.Access{Permission: string(identity.ViewAudit)}, huma.Operation{
		Method: http.MethodGet, Path: "/api/enterprise/metrics", Tags: []string{"Service level"},
		Summary: "How the organisation's requests were answered, over the last 30 days or any time up to 400 days",
	}, s.metrics)
}

func (s *Service) metrics(ctx context.Context, in *metricsIn) (*metricsOut, error) {
	if err := identity.Require(ctx, identity.ViewAudit); err != nil {
		return nil, err
	}
	to := in.To
	if to.IsZero() {
		to = time.Now()
	}
	from := in.From
	if from.IsZero() {
		from = to.Add(-30 * 24 * time.Hour)
	}
	from, to = from.UTC().Truncate(time.Minute), to.UTC().Truncate(time.Minute).Add(time.Minute)
	if !from.Before(to) || to.Sub(from) > longestWindow+time.Minute {
		return nil, fault.Invalid("from", "from has to be before to, and 400 days before it at most")
	}
	all, err := measure.Window(ctx, s.db, from, to)
	if err != nil {
		return nil, err
	}
	routes, err := measure.Routes(ctx, s.db, from, to)
	if err != nil {
		return nil, err
	}
	out := &metricsOut{}
	b := &out.Body
	b.Unknown, b.Routes = []string{}, []routeFigures{}
	seen, err := uptime.Window(ctx, s.db, from, to)
	if err != nil {
		return nil, err
	}
	if part, known := seen.Uptime(); known {
		b.Uptime = &part
	} else {
		b.Unknown = append(b.Unknown, "uptime: no probe looked from outside in this time (skai probe)")
	}
	if part, known := seen.UptimeOfAll(); known {
		b.UptimeOfAll = &part
	}
	if b.Incidents, b.Maintenance, err = s.told(ctx, from, to); err != nil {
		return nil, err
	}
	if b.TurnedAway, err = vitals.Refused(ctx, s.db, from, to); err != nil {
		return nil, err
	}
	saved, err := backup.Last(ctx, s.db)
	if err != nil {
		return nil, err
	}
	out.addBackups(saved)
	b.UptimeKnown, b.Completeness = math.Round(float64(seen.Known)/float64(seen.Minutes)*1e4)/1e4, math.Round(all.Completeness()*1e4)/1e4
	b.From, b.To, b.All, b.Definitions = from, to, figuresOf(all), definitions
	for _, r := range routes[:min(len(routes), mostRoutes)] {
		b.Routes = append(b.Routes, routeFigures{r.Name, figuresOf(r.Stats)})
	}
	b.Objectives = objectives(all, b.Uptime)
	return out, nil
}

// objectives tells which are held, as far as there is something to tell by.
func objectives(all measure.Stats, up *float64) []objective {
	times, failures := objective{Name: "p95_ms", Limit: objectiveP95, Value: all.P95}, objective{Name: "error_rate", Limit: objectiveErrorRate, Value: figuresOf(all).ErrorRate}
	if all.Requests > 0 {
		quick, well, left := all.P95 < objectiveP95, all.ErrorRate() < objectiveErrorRate, incidents.BudgetLeft(all.ErrorRate(), objectiveErrorRate)
		times.Met, failures.Met, failures.Left = &quick, &well, &left
	}
	list := []objective{times, failures}
	if up != nil {
		met, left := *up >= objectiveUptime, incidents.BudgetLeft(1-*up, 1-objectiveUptime)
		list = append(list, objective{"uptime", objectiveUptime, *up, &met, &left})
	}
	return list
}
