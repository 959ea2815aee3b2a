package support

import (
	"context"
	"net/http"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/platform/ui"
	"github.com/skaiscraper/skai/internal/platform/web"
)

// Routes registers the organisation's pages. Those of the operator are package admin's.
func (s *Service) Routes(rt *web.Router) {
	manage := web.Access{Permission: string(identity.EditSettings)}
	one := identity.SupportPath + "/{id}"
	rt.Page("GET "+identity.SupportPath, manage, s.page)
	rt.Page("POST "+one+"/agree", manage, s.submit("Agreed. You may end it here at any time.", func(ctx context.Context, id uuid.UUID) error { return s.Decide(ctx, id, true) }))
	rt.Page("POST "+one+"/decline", manage, s.submit("Declined. Nobody gets in.", func(ctx context.Context, id uuid.UUID) error { return s.Decide(ctx, id, false) }))
	rt.Page("POST "+one+"/end", manage, s.submit("It is ended: support sees nothing of yours any more.", s.End))
}

func (s *Service) page(w http.ResponseWriter, r *http.Request) error {
	list, err := s.List(r.Context())
	if err != nil {
		return err
	}
	return ui.Page(w, r, ui.Head{
		Title: "Support access", Section: ui.Settings, Crumbs: []ui.Link{{Text: "Settings", URL: identity.SettingsPath}},
		Lead: "Whoever runs SkaiScraper sees nothing of yours unless you agree, for some hours.",
	}, supportView(list))
}

// submit does what a button of the page says.
func (s *Service) submit(done string, do func(context.Context, uuid.UUID) error) web.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		id, err := web.PathID(r, "id")
		if err != nil {
			return err
		}
		if err := do(r.Context(), id); err != nil {
			return err
		}
		web.SetFlash(w, r, web.Done, "%s", done)
		return web.Redirect(w, r, identity.SupportPath)
	}
}

// Pill is a state as people read it.
func (a Access) Pill() (ui.Tone, string) {
	switch a.State {
	case Asked:
		return ui.Amber, "Waits for an answer"
	case Open:
		return ui.Green, "Agreed"
	case Over:
		return ui.Neutral, "Over"
	case Ended:
		return ui.Neutral, "Ended"
	case Declined:
		return ui.Red, "Declined"
	case Withdrew:
		return ui.Neutral, "Taken back"
	case Lapsed:
	}
	return ui.Neutral, "Not answered"
}

// waits gives what asks for an answer, and who may look now.
func waits(list []Access) (now []Access) {
	for _, a := range list {
		if a.State == Asked || a.State == Open {
			now = append(now, a)
		}
	}
	return now
}

// past is what is over.
func past(list []Access) ui.Table {
	t := ui.Table{Caption: "Earlier", Columns: []ui.Column{{Title: "Asked"}, {Title: "Who"}, {Title: "Why"}, {Title: "Answer"}, {Title: "Ended", Width: ui.Roomy}}, Empty: ui.Text("Nothing yet.")}
	for _, a := range list {
		if a.State == Asked || a.State == Open {
			continue
		}
		tone, words := a.Pill()
		ended := ui.None()
		switch {
		case a.EndedAt != nil:
			ended = ui.Time(*a.EndedAt)
		case a.EndsAt != nil:
			ended = ui.Time(*a.EndsAt)
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Time(a.AskedAt), ui.Strong(a.Name, Hours(a.Hours)), ui.Text(a.Reason), ui.StagePill(tone, words), ended}})
	}
	return t
}
