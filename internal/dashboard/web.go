package dashboard

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/skaiscraper/skai/internal/claims"
	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/leads"
	"github.com/skaiscraper/skai/internal/platform/date"
	"github.com/skaiscraper/skai/internal/platform/money"
	"github.com/skaiscraper/skai/internal/platform/ui"
	"github.com/skaiscraper/skai/internal/platform/web"
)

// Routes registers the page and the API of the dashboard.
func (s *Service) Routes(rt *web.Router) {
	see := web.Access{Permission: string(identity.ViewRecords)}
	rt.Page("GET /dashboard", see, s.page)
	web.Op(rt, see, huma.Operation{Method: http.MethodGet, Path: "/api/dashboard", Summary: "Get what to do next and the figures of the dashboard", Tags: []string{"Dashboard"}}, s.api)
}

type answer struct{ Body Overview }

func (s *Service) api(ctx context.Context, _ *struct{}) (*answer, error) {
	o, err := s.Get(ctx, time.Now())
	return &answer{o}, err
}

func (s *Service) page(w http.ResponseWriter, r *http.Request) error {
	o, err := s.Get(r.Context(), time.Now())
	if err != nil {
		return err
	}
	head := ui.Head{Title: "Dashboard", Section: ui.Dashboard}
	if identity.Can(r.Context(), identity.EditRecords) {
		head.Action = &ui.Action{Text: "New lead", URL: "/leads/new", Icon: "plus"}
	}
	return ui.Page(w, r, head, view(o))
}

// tone is the colour of a stage in the lists of claims and leads.
func (w *Waiting) tone() ui.Tone {
	if w.Kind == "claim" {
		return claims.Stage(w.Stage).Tone()
	}
	return leads.Stage(w.Stage).Tone()
}

// stats are the figures at the top of the page.
func (o *Overview) stats() []ui.Stat {
	list := []ui.Stat{{Label: "Due now", Value: strconv.Itoa(len(o.Due)), Note: "follow-ups, next actions, tasks"}}
	if len(o.Due) == dueMost {
		list[0].Value += "+"
	}
	open := func(stages []Stage, is func(string) bool) (n int64, sum money.Cents) {
		for _, st := range stages {
			if is(st.Stage) {
				n, sum = n+st.Count, sum+st.Amount
			}
		}
		return n, sum
	}
	n, sum := open(o.Leads, func(st string) bool { return leads.Stage(st).Open() })
	list = append(list, ui.Stat{Label: "Open leads", Value: ui.Count(n), Note: sum.Dollars() + " estimated", URL: "/leads"})
	n, sum = open(o.Claims, func(st string) bool { return claims.Stage(st).Open() })
	list = append(list, ui.Stat{Label: "Open claims", Value: ui.Count(n), Note: sum.Dollars() + " RCV", URL: "/claims"})
	var week int64
	for _, h := range o.Week {
		week += h.Count
	}
	return append(list, ui.Stat{Label: "This week", Value: ui.Count(week), Note: "entries in the history"})
}

// dueMost is how much of what is due is read.
const dueMost = 30

// bars are the stages in their order, those without records too.
func bars[S interface {
	~string
	Tone() ui.Tone
}](stages []S, counted []Stage, path string) []ui.Bar {
	list := make([]ui.Bar, 0, len(stages))
	for _, stage := range stages {
		bar := ui.Bar{Label: ui.Words(stage), Tone: stage.Tone(), URL: path + "?stage=" + string(stage)}
		for _, c := range counted {
			if c.Stage == string(stage) {
				bar.Value = int(c.Count)
				if c.Amount != 0 {
					bar.Amount = c.Amount.Dollars()
				}
			}
		}
		list = append(list, bar)
	}
	return list
}

var dueWords = map[string]string{"follow_up": "Follow up", "next_action": "Next action", "task": "Task"}

// when says how urgent a day is that has come: today, or so many days ago.
func (d *Due) when(today date.Date) (ui.Tone, string) {
	switch days := int(today.In(time.UTC).Sub(d.On.In(time.UTC)).Hours() / 24); days {
	case 0:
		return ui.Amber, "Today"
	case 1:
		return ui.Red, "1 day late"
	default:
		return ui.Red, ui.Count(int64(days)) + " days late"
	}
}

// state is how a migration went, in colour and word.
func (r *Run) state() (ui.Tone, string) {
	switch {
	case r.State == "running":
		return ui.Blue, "Running"
	case r.State == "failed":
		return ui.Red, "Failed"
	case r.Errored > 0:
		return ui.Amber, "Done, " + ui.Count(r.Errored) + " set aside"
	}
	return ui.Green, "Done"
}

// runWords say what a migration was about.
func (r *Run) runWords() string {
	if len(r.Files) == 0 {
		return "Migration"
	}
	return ui.Names(r.Files, 2, "files")
}
