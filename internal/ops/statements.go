package ops

import (
	"net/http"

	"github.com/google/uuid"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/platform/trace"
	"github.com/skaiscraper/skai/internal/platform/ui"
	"github.com/skaiscraper/skai/internal/platform/web"
)

const statementsPath = path + "/statements"

func statementURL(id uuid.UUID) string { return statementsPath + "/" + id.String() }

// statementPage shows a statement of the organisation's kept traces with its plan.
func (s *Service) statementPage(w http.ResponseWriter, r *http.Request) error {
	if err := identity.Require(r.Context(), identity.ViewAudit); err != nil {
		return err
	}
	id, err := web.PathID(r, "id")
	if err != nil {
		return err
	}
	one, err := trace.GetStatement(r.Context(), s.db, id)
	if err != nil {
		return err
	}
	plan, why, err := trace.Plan(r.Context(), s.db, one)
	if err != nil {
		return err
	}
	return ui.Page(w, r, ui.Head{Title: "A statement", Section: ui.Settings, Crumbs: crumbs, Wide: true}, statementView(one, plan, why))
}

func statementDetails(q trace.Statement) []ui.Detail {
	return []ui.Detail{
		{Label: "Times", Value: ui.Text(ui.Count(q.Count))},
		{Label: "Longest", Value: ui.Text(millis(q.LongestMs))},
		{Label: "Together", Value: ui.Text(millis(q.TotalMs))},
		{Label: "Where it took the longest", Value: ui.Anchor("the request's trace", traceURL(q.Slowest))},
	}
}
