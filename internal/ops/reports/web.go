package reports

import (
	"context"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/ui"
	"github.com/skaiscraper/skai/internal/platform/web"
)

const (
	listPath   = identity.OpsPath + "/reports"
	mailPath   = listPath + "/mail"
	reportPath = identity.OpsPath + "/report"
)

// Routes registers the pages.
func (s *Service) Routes(rt *web.Router) {
	see := web.Access{Permission: string(identity.ViewAudit)}
	rt.Page("GET "+listPath, see, s.listPage)
	rt.Page("GET "+reportPath, see, s.reportPage)
	rt.Page("GET "+reportPath+".pdf", see, s.download)
	rt.Page("POST "+mailPath, web.Access{Permission: string(identity.EditSettings)}, s.mailSubmit)
}

// mostWeeks is how many are listed.
const mostWeeks = 60

// overview is what the list shows.
type overview struct {
	list   []Report
	mailed bool
}

// List gives the reports, the latest first, and whether owners get them by mail.
func (s *Service) List(ctx context.Context) (list []Report, mailed bool, err error) {
	if err := identity.Require(ctx, identity.ViewAudit); err != nil {
		return nil, false, err
	}
	o, err := postgres.Read(ctx, s.db, func(ctx context.Context, tx pgx.Tx) (o overview, err error) {
		if o.list, err = postgres.Many[Report](ctx, tx, `SELECT week, written_at, figures FROM service_reports ORDER BY week DESC LIMIT $1`, mostWeeks); err != nil {
			return o, err
		}
		o.mailed, err = postgres.Value[bool](ctx, tx, `SELECT report_mail FROM orgs WHERE id = current_org()`)
		return o, err
	})
	return o.list, o.mailed, err
}

// Of gives the report of a week, "2026-11-23", or the latest for ""; fault.NotFound
// where there is none, fault.Invalid for what is no day.
func (s *Service) Of(ctx context.Context, week string) (Report, error) {
	if err := identity.Require(ctx, identity.ViewAudit); err != nil {
		return Report{}, err
	}
	if _, err := time.Parse(time.DateOnly, week); err != nil && week != "" {
		return Report{}, fault.Invalid("week", "%q is no day; a week is named by its Monday, for example 2026-11-23", week)
	}
	return postgres.Read(ctx, s.db, func(ctx context.Context, tx pgx.Tx) (Report, error) { return read(ctx, tx, week) })
}

var crumbs = []ui.Link{{Text: "Settings", URL: identity.SettingsPath}, {Text: "Service level", URL: identity.OpsPath}}

func (s *Service) listPage(w http.ResponseWriter, r *http.Request) error {
	list, mailed, err := s.List(r.Context())
	if err != nil {
		return err
	}
	return ui.Page(w, r, ui.Head{
		Title: "Weekly reports", Section: ui.Settings, Crumbs: crumbs,
		Lead: "What the service was like for your organisation, week by week, written on Monday morning. A report stays what it was.",
	}, listView(overview{list, mailed}))
}

func (s *Service) reportPage(w http.ResponseWriter, r *http.Request) error {
	one, err := s.Of(r.Context(), r.URL.Query().Get("week"))
	if fault.Is(err, fault.KindNotFound) && r.URL.Query().Get("week") == "" {
		return web.Redirect(w, r, listPath) // which says that there is none yet
	}
	if err != nil {
		return err
	}
	return ui.Page(w, r, ui.Head{
		Title: "The week of " + one.span(), Section: ui.Settings, Crumbs: append(crumbs[:2:2], ui.Link{Text: "Weekly reports", URL: listPath}), Lead: one.verdict(),
	}, reportView(one))
}

// download gives the report as a PDF.
func (s *Service) download(w http.ResponseWriter, r *http.Request) error {
	week := r.URL.Query().Get("week")
	if week == "" { // what was downloaded stands in the trail, so it has to be something
		return fault.Invalid("week", "say which week, by its Monday: ?week=2026-11-23")
	}
	one, err := s.Of(r.Context(), week)
	if err != nil {
		return err
	}
	org, err := s.orgs.Current(r.Context())
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/pdf")
	w.Header().Set("Content-Disposition", `attachment; filename="service-`+dateOf(one.Week)+`.pdf"`)
	return WritePDF(w, org.Name, one)
}

// mailSubmit turns the mails on or off.
func (s *Service) mailSubmit(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ParseForm(r)
	if err != nil {
		return err
	}
	if err := identity.Require(r.Context(), identity.EditSettings); err != nil {
		return err
	}
	on := f.Text("mail") == "on"
	if err := s.orgs.MailReports(r.Context(), on); err != nil {
		return err
	}
	web.SetFlash(w, r, web.Done, "%s", map[bool]string{true: "Owners get the report by mail on Monday.", false: "Nobody gets the report by mail any more."}[on])
	return web.Redirect(w, r, listPath)
}
