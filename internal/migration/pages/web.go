// Package pages shows what was imported: the runs, the account of each, and
// every row as it stood in the customer's file. The same as JSON.
package pages

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/skaiscraper/skai/internal/platform/sheet"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/migration"
	"github.com/skaiscraper/skai/internal/migration/report"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/ui"
	"github.com/skaiscraper/skai/internal/platform/web"
)

// shown is how many runs the list has; migrations are few.
const shown = 100

// room serves the pages of a migration service.
type room struct{ *migration.Service }

// Routes registers the pages about runs, and the same as JSON.
func Routes(rt *web.Router, service *migration.Service) {
	s := room{service}

	view := web.Access{Audience: web.SignedIn, Permission: string(identity.ViewRecords)}
	run := web.Access{Audience: web.SignedIn, Permission: string(identity.Migrate)}
	rt.Page("GET /migration", view, s.listPage)
	rt.Page("GET /migration/runs/{run}", view, s.runPage)
	rt.Page("GET /migration/runs/{run}/rows/{file}/{ordinal}", view, s.originPage)
	rt.Stream("GET /migration/runs/{run}/errors/{file}", run, s.errorsFile)
	web.Op(rt, view, huma.Operation{
		OperationID: "list-migration-runs", Method: http.MethodGet, Path: "/api/migration/runs", Tags: []string{"Migration"},
		Summary: "List the latest 100 imports", Description: "The latest first.",
	}, s.listOp)
	web.Op(rt, view, huma.Operation{
		OperationID: "get-migration-run", Method: http.MethodGet, Path: "/api/migration/runs/{run}", Tags: []string{"Migration"},
		Summary: "Get the report of an import", Description: "Every row, every filled cell, and the sums of both sides. 409 while the run is going.",
	}, s.reportOp)
}

func (s room) listPage(w http.ResponseWriter, r *http.Request) error {
	runs, err := s.Runs(r.Context(), shown)
	if err != nil {
		return err
	}
	return ui.Page(w, r, ui.Head{Title: "Migration", Section: ui.Migration, Lead: "What came in from other systems, every row accounted for", Wide: true}, runsList(runs))
}

func (s room) runPage(w http.ResponseWriter, r *http.Request) error {
	id, err := web.PathID(r, "run")
	if err != nil {
		return err
	}
	report, err := s.ReportOf(r.Context(), id)
	if err != nil {
		return err
	}
	return ui.Page(w, r, ui.Head{
		Title: "Import of " + report.StartedAt.Format("2 January 2006"), Section: ui.Migration, Crumbs: []ui.Link{{Text: "Migration", URL: "/migration"}}, Wide: true,
	}, runDetail(report, identity.Can(r.Context(), identity.Migrate)))
}

func (s room) originPage(w http.ResponseWriter, r *http.Request) error {
	run, err := web.PathID(r, "run")
	if err != nil {
		return err
	}
	file, ordinal, err := rowPlace(r)
	if err != nil {
		return err
	}
	origin, err := s.OriginOf(r.Context(), run, file, ordinal)
	if err != nil {
		return err
	}
	return ui.Page(w, r, ui.Head{
		Title: "Line " + strconv.Itoa(origin.Line) + " of " + origin.File, Section: ui.Migration,
		Crumbs: []ui.Link{{Text: "Migration", URL: "/migration"}, {Text: "Import", URL: "/migration/runs/" + run.String()}},
	}, originDetail(origin))
}

func (s room) errorsFile(w http.ResponseWriter, r *http.Request) error {
	run, err := web.PathID(r, "run")
	if err != nil {
		return err
	}
	file, err := strconv.Atoi(r.PathValue("file"))
	if err != nil {
		return fault.NotFound("file", "there is no such file in a run of this organisation")
	}
	out := migration.ErrorFile{Begin: func(header []string) (*sheet.CSV, error) {
		return sheet.SendCSV(w, "errors-"+strconv.Itoa(file)+".csv", header...)
	}}
	if err := s.ErrorRows(r.Context(), run, file, out.Row); err != nil {
		return err
	}
	return out.Close()
}

// rowPlace reads where in a run a row stands.
func rowPlace(r *http.Request) (file, ordinal int, err error) {
	file, errFile := strconv.Atoi(r.PathValue("file"))
	ordinal, errRow := strconv.Atoi(r.PathValue("ordinal"))
	if errFile != nil || errRow != nil || file < 1 || ordinal < 1 || file > 1<<30 || ordinal > 1<<30 {
		return 0, 0, fault.NotFound("origin", "there is no such row in the ledger of this organisation")
	}
	return file, ordinal, nil
}

// RunJSON is a run in the API.
type RunJSON struct {
	ID         uuid.UUID `json:"id"`
	State      string    `json:"state" enum:"running,done,failed"`
	DryRun     bool      `json:"dry_run"`
	StartedAt  string    `json:"started_at" format:"date-time"`
	StartedBy  string    `json:"started_by"`
	FinishedAt *string   `json:"finished_at" format:"date-time"`
	Seconds    *float64  `json:"seconds" doc:"from the first byte to the commit"`
	Rows       int64     `json:"rows" doc:"rows read so far"`
	Errored    int64     `json:"errored" doc:"rows set aside"`
	Files      []string  `json:"files"`
	Failure    string    `json:"failure,omitempty"`
}

type runsOut struct {
	Body web.Page[RunJSON]
}

func (s room) listOp(ctx context.Context, _ *struct{}) (*runsOut, error) {
	runs, err := s.Runs(ctx, shown)
	if err != nil {
		return nil, err
	}
	items := make([]RunJSON, 0, len(runs))
	for _, r := range runs {
		item := RunJSON{
			ID: r.ID, State: r.State, DryRun: r.DryRun, StartedAt: rfc(r.StartedAt), StartedBy: r.StartedBy,
			Seconds: r.Seconds, Rows: r.RowsRead, Errored: r.Errored, Files: r.Files, Failure: r.Failure,
		}
		if r.FinishedAt != nil {
			at := rfc(*r.FinishedAt)
			item.FinishedAt = &at
		}
		items = append(items, item)
	}
	return &runsOut{web.NewPage(items, "")}, nil
}

type reportIn struct {
	Run uuid.UUID `path:"run" doc:"the run's id"`
}

type reportOut struct{ Body *report.Report }

func (s room) reportOp(ctx context.Context, in *reportIn) (*reportOut, error) {
	report, err := s.ReportOf(ctx, in.Run)
	if err != nil {
		return nil, err
	}
	return &reportOut{report}, nil
}

func rfc(t time.Time) string { return t.UTC().Format(time.RFC3339) }
