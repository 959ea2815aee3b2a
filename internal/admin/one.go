package admin

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/identity/operators"
	"github.com/skaiscraper/skai/internal/identity/support"
	"github.com/skaiscraper/skai/internal/orgs"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/limit"
	"github.com/skaiscraper/skai/internal/platform/measure"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/queue"
	"github.com/skaiscraper/skai/internal/platform/ui"
	"github.com/skaiscraper/skai/internal/platform/web"
)

// Trouble is a kind of error that an organisation's people met, in words of the
// program's own.
type Trouble struct {
	Place    string
	Words    string
	Count    int64
	People   int64
	LastSeen time.Time
}

// most bounds each of an organisation's lists.
const most = 20

// detail is what the page of an organisation shows.
type detail struct {
	Org

	limited  []limited        // of seven days, the most often first
	runs     []Run            // the latest
	troubles []Trouble        // not resolved
	jobs     []queue.Job      // of the newest 1,000 in each state that waits or was given up
	asked    []support.Access // what the operator asked it for
}

func (s *Service) detail(ctx context.Context, id uuid.UUID) (d detail, err error) {
	if d.Org, err = s.One(ctx, id); err != nil {
		return d, err
	}
	if d.asked, err = s.support.Mine(ctx, id); err != nil {
		return d, err
	}
	next := time.Now().UTC().Truncate(time.Minute).Add(time.Minute)
	if d.limited, err = s.limited(ctx, id, next.Add(-week), next); err != nil {
		return d, err
	}
	if err := s.histories(ctx, id, &d); err != nil {
		return d, err
	}
	for _, state := range []string{"discarded", "retryable", "running", "available"} {
		list, err := queue.List(ctx, s.db, state, mostJobs)
		if err != nil {
			return d, err
		}
		for _, j := range list {
			if j.Org.Valid && j.Org.UUID == id && len(d.jobs) < most {
				d.jobs = append(d.jobs, j)
			}
		}
	}
	return d, nil
}

// limited is how often an address was answered 429, and by which limit.
type limited struct {
	preset limit.Preset // "" where this version has no such address any more
	route  string
	count  int64
}

// limited gives an organisation's, the limit that was hit most often first.
func (s *Service) limited(ctx context.Context, id uuid.UUID, from, to time.Time) (list []limited, err error) {
	counts, err := measure.LimitedBy(ctx, s.db, id, from, to)
	if err != nil || len(counts) == 0 {
		return nil, err
	}
	presets, sums := map[string]limit.Preset{}, map[limit.Preset]int64{}
	for _, r := range s.routes() {
		presets[r.Method+" "+r.Pattern] = r.Preset
	}
	for route, n := range counts {
		list = append(list, limited{presets[route], route, n})
		sums[presets[route]] += n
	}
	slices.SortFunc(list, func(a, b limited) int {
		return cmp.Or(cmp.Compare(sums[b.preset], sums[a.preset]), cmp.Compare(a.preset, b.preset), cmp.Compare(b.count, a.count), cmp.Compare(a.route, b.route))
	})
	return list, nil
}

func (s *Service) histories(ctx context.Context, id uuid.UUID, d *detail) error {
	_, err := postgres.System(ctx, s.db, postgres.Operator, func(ctx context.Context, tx pgx.Tx) (_ struct{}, err error) {
		if d.runs, err = postgres.Many[Run](ctx, tx, `
			SELECT id, org_id, state, dry_run, started_at, finished_at, seconds, rows_read FROM import_runs WHERE org_id = $1 ORDER BY started_at DESC, id DESC LIMIT $2`, id, most); err != nil {
			return struct{}{}, err
		}
		d.troubles, err = postgres.Many[Trouble](ctx, tx, `
			SELECT place, words, count, (SELECT count(*) FROM error_people p WHERE p.org_id = g.org_id AND p.error_id = g.id) AS people, last_seen
			FROM error_groups g WHERE org_id = $1 AND resolved_at IS NULL ORDER BY last_seen DESC, id DESC LIMIT $2`, id, most)
		return struct{}{}, err
	})
	return err
}

func (s *Service) orgPage(w http.ResponseWriter, r *http.Request) error {
	id, err := web.PathID(r, "id")
	if err != nil {
		return err
	}
	return s.orgForm(w, r, http.StatusOK, id, nil)
}

func (s *Service) orgForm(w http.ResponseWriter, r *http.Request, status int, id uuid.UUID, f *web.Form) error {
	d, err := s.detail(r.Context(), id)
	if err != nil {
		return err
	}
	return ui.PageStatus(w, r, status, ui.Head{
		Title: d.Name, Section: operators.Organisations, Crumbs: []ui.Link{{Text: orgsTitle, URL: path}}, Wide: true, Lead: d.Slug,
	}, orgView(d, f))
}

// suspend closes an organisation, or opens it again; the form says why.
func (s *Service) suspend(closed bool) web.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		return s.change(w, r, func(ctx context.Context, o Org, f *web.Form) (string, error) {
			reason := f.Need("reason", "the reason; it stands in the organisation's audit trail")
			if err := f.Err(); err != nil {
				return "", err
			}
			_, err := s.orgs.Suspend(ctx, o.Slug, closed, reason)
			if closed {
				return o.Name + " is suspended: nobody of it gets in from now on.", err
			}
			return o.Name + " is open again.", err
		})
	}
}

func (s *Service) setPlan(w http.ResponseWriter, r *http.Request) error {
	return s.change(w, r, func(ctx context.Context, o Org, f *web.Form) (string, error) {
		plan := f.Choice("plan", orgs.Plans()...)
		if err := f.Err(); err != nil {
			return "", err
		}
		_, err := s.orgs.SetPlan(ctx, o.Slug, plan)
		return o.Name + " has the plan " + planWord(cmp.Or(plan, o.Plan)) + ".", err
	})
}

// change does something with the organisation of the address and says so there; what
// was refused is said in the form.
func (s *Service) change(w http.ResponseWriter, r *http.Request, do func(context.Context, Org, *web.Form) (string, error)) error {
	id, err := web.PathID(r, "id")
	if err != nil {
		return err
	}
	f, err := web.ParseForm(r)
	if err != nil {
		return err
	}
	o, err := s.One(r.Context(), id)
	if err != nil {
		return err
	}
	done, err := do(r.Context(), o, f)
	if refused := fault.As(err); refused != nil && refused.Kind == fault.KindInvalid {
		for field, words := range refused.Fields {
			if f.Fields[field] == "" {
				f.Fields.Add(field, "%s", web.Sentence(words))
			}
		}
		if len(refused.Fields) == 0 {
			f.Fields.Add(refused.Code, "%s", web.Sentence(refused.Message))
		}
		return s.orgForm(w, r, http.StatusUnprocessableEntity, id, f)
	}
	if err != nil {
		return err
	}
	web.SetFlash(w, r, web.Done, "%s", done)
	return web.Redirect(w, r, o.url())
}

// stats are the figures at the top of the page.
func (d detail) stats() []ui.Stat {
	return []ui.Stat{
		{Label: "Seats", Value: ui.Count(int64(d.Seats())), Note: d.roles()},
		{Label: "Requests", Value: ui.Count(d.Figures.Week.Requests), Note: "of seven days; " + ui.Count(d.Figures.Week.Failures) + " failed, " + ui.Count(d.Figures.Week.Refusals) + " refused"},
		{Label: "95 of 100 within", Value: millis(d.Figures.Week.P95), Note: "of seven days"},
		{Label: "Limit hit", Value: ui.Count(d.Figures.Week.Limited), Note: "requests answered 429 in seven days"},
		{Label: "Errors now", Value: d.errorsNow(), Note: ui.Count(d.Figures.Now.Failures) + " of " + ui.Count(d.Figures.Now.Requests) + " requests failed in fifteen minutes"},
		{Label: "Files", Value: ui.Count(d.Figures.Files), Note: size(d.Figures.Bytes) + " in the " + ui.Count(d.Figures.Sized) + " whose size is known"},
	}
}

// roles says how many there are of each: "1 owner, 4 members".
func (o Org) roles() string {
	var list []string
	for _, r := range []struct {
		n    int
		word string
	}{{o.Owners, "owner"}, {o.Admins, "admin"}, {o.Managers, "manager"}, {o.Members, "member"}, {o.Viewers, "viewer"}} {
		if r.n == 1 {
			list = append(list, "1 "+r.word)
		} else if r.n > 1 {
			list = append(list, fmt.Sprintf("%d %ss", r.n, r.word))
		}
	}
	return cmp.Or(strings.Join(list, ", "), "nobody yet")
}

func (d detail) runTable() ui.Table {
	t := ui.Table{Caption: "Imports", Columns: []ui.Column{{Title: "Begun"}, {Title: "State"}, {Title: "Rows read", Right: true}, {Title: "Took", Right: true}}, Empty: ui.Text("There was no import yet.")}
	for _, r := range d.runs {
		took := "–"
		if r.Seconds != nil {
			took = time.Duration(*r.Seconds * float64(time.Second)).Round(time.Second / 10).String()
		}
		state := r.State
		if r.DryRun {
			state += ", a dry run"
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Dated(r.StartedAt), ui.Text(state), ui.Text(ui.Count(r.RowsRead)), ui.Text(took)}})
	}
	return t
}

func (d detail) troubleTable() ui.Table {
	t := ui.Table{Caption: "Errors", Columns: []ui.Column{{Title: "Where"}, {Title: "What"}, {Title: "Times", Right: true}, {Title: "People", Right: true, Width: ui.Roomy}, {Title: "Last"}}, Empty: ui.Text("No error is open.")}
	for _, e := range d.troubles {
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Strong(e.Place, ""), ui.Text(e.Words), ui.Text(ui.Count(e.Count)), ui.Text(ui.Count(e.People)), ui.Since(e.LastSeen)}})
	}
	return t
}

func (d detail) limitTable() ui.Table {
	t := ui.Table{Caption: "Limits hit", Columns: []ui.Column{{Title: "Limit of"}, {Title: "Address"}, {Title: "Answered 429", Right: true}}, Empty: ui.Text("Nobody was told to slow down in seven days.")}
	for _, l := range d.limited {
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Text(cmp.Or(l.preset.What(), "not in this version")), ui.Strong(l.route, ""), ui.Text(ui.Count(l.count))}})
	}
	return t
}
