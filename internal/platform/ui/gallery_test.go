package ui_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/a-h/templ"

	"github.com/skaiscraper/skai/internal/platform/date"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/money"
	"github.com/skaiscraper/skai/internal/platform/ui"
	"github.com/skaiscraper/skai/internal/platform/web"
)

// The gallery is a small contractor's office made of every component, on the
// real router with its real headers. It is rendered by the tests alone.

func titan(ctx context.Context) context.Context {
	zone, err := time.LoadLocation("America/Phoenix")
	if err != nil {
		panic(err)
	}
	return ui.WithViewer(ctx, ui.Viewer{
		Name: "Dana Whitfield", Email: "dana@titanroofing.example", Role: "Manager", Zone: zone,
		Org: ui.Org{ID: "1", Name: "Titan Roofing"},
		Orgs: []ui.Org{
			{ID: "1", Name: "Titan Roofing"}, {ID: "2", Name: "Pro West Exteriors", Colour: "#b3261e"},
		},
		Settings: []ui.Link{{Text: "Organisation", URL: "/settings", Icon: "building"}, {Text: "People", URL: "/settings/people", Icon: "users"}},
	})
}

// branded is Titan in another colour.
func branded(colour string) func(context.Context) context.Context {
	return func(ctx context.Context) context.Context {
		v, _ := ui.ViewerFrom(titan(ctx))
		v.Org.Colour = colour
		return ui.WithViewer(ctx, v)
	}
}

func gallery(t *testing.T, signIn func(context.Context) context.Context) http.Handler {
	t.Helper()
	rt, err := web.New(web.Config{
		Name: "SkaiScraper", Version: "1",
		Authenticate: func(r *http.Request) (context.Context, error) { return signIn(r.Context()), nil },
		ErrorPage:    ui.ErrorPage,
		Docs:         ui.APIDocs,
		Log:          slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	ui.Routes(rt)
	member := web.Access{}
	public := web.Access{Audience: web.Public}
	rt.Page("GET /dashboard", member, dashboardPage)
	rt.Page("GET /claims", member, listPage)
	rt.Page("GET /claims/42", member, detailPage)
	rt.Page("GET /claims/new", member, formPage)
	rt.Page("GET /claims/stale", member, stalePage)
	rt.Page("GET /leads", member, emptyPage)
	rt.Page("GET /broken", member, func(http.ResponseWriter, *http.Request) error { return errors.New("broken on purpose") })
	rt.Page("POST /claims/42/archive", member, func(w http.ResponseWriter, r *http.Request) error {
		web.SetFlash(w, r, web.Done, "Claim T-1042 was archived.")
		return web.Redirect(w, r, "/claims")
	})
	var asked atomic.Int64
	rt.Page("GET /job", member, func(w http.ResponseWriter, r *http.Request) error {
		j := ui.Job{Title: "AccuLynx export", Done: 100 * asked.Add(1), Total: 200, PollURL: "/job"}
		if web.IsPartial(r) {
			j.PollURL = "" // it is over
			return ui.Fragment(w, r, ui.Progress("job", j))
		}
		return ui.Page(w, r, ui.Head{Title: "Import", Section: ui.Migration}, ui.Progress("job", j))
	})
	rt.Page("GET /sign-in", public, signInPage)
	rt.Page("GET /{$}", public, landingPage)
	sampleAPI(rt)
	return rt.Handler()
}

// galleryPages are the pages of the gallery, each with the status it answers.
var galleryPages = map[string]int{
	"/dashboard": 200, "/claims": 200, "/claims?q=hail&stage=filed&sort=-number": 200, "/claims?q=nothing": 200, "/claims/42": 200, "/claims/new": 422,
	"/claims/stale": 412, "/leads": 200, "/broken": 500, "/nothing": 404, "/sign-in": 200, "/": 200, "/api/docs": 200,
}

var stages = []ui.Option{
	{Value: "intake", Text: "Intake"},
	{Value: "inspection", Text: "Inspection"},
	{Value: "filed", Text: "Filed"},
	{Value: "adjuster_review", Text: "Adjuster review"},
	{Value: "approved", Text: "Approved"},
	{Value: "denied", Text: "Denied"},
	{Value: "build", Text: "Build"},
	{Value: "invoiced", Text: "Invoiced"},
	{Value: "closed", Text: "Closed"},
}

func cents(n int64) *money.Cents {
	c := money.Cents(n)
	return &c
}

func lossDay(day int) date.Date {
	d, err := date.New(2026, time.August, day)
	if err != nil {
		panic(err)
	}
	return d
}

type sampleClaim struct {
	number, name, street, stage, word, carrier, assignee string
	tone                                                 ui.Tone
	loss                                                 date.Date
	rcv                                                  *money.Cents
	changed                                              time.Time
}

func sampleClaims() []sampleClaim {
	ago := func(d time.Duration) time.Time { return time.Now().Add(-d) }
	return []sampleClaim{
		{"T-1042", "Maria Delgado", "4127 E Sunnyside Dr, Phoenix", "adjuster_review", "Adjuster review", "State Farm", "Dana Whitfield", ui.Amber, lossDay(14), cents(2_341_850), ago(2 * time.Hour)},
		{"T-1041", "Desert Ridge HOA", "21001 N Tatum Blvd, Phoenix", "approved", "Approved", "Travelers", "Chris Okafor", ui.Green, lossDay(14), cents(18_640_000), ago(26 * time.Hour)},
		{"T-1040", "James & Robin Ferreira-Oyelaran", "880 Gail Gardner Way, Prescott", "filed", "Filed", "Allstate", "Dana Whitfield", ui.Blue, lossDay(9), cents(1_487_312), ago(3 * 24 * time.Hour)},
		{"T-1039", "Ken Yazzie", "15 S Mount Vernon Ave, Prescott", "denied", "Denied", "Farmers", "Luz Ortega", ui.Red, lossDay(9), nil, ago(5 * 24 * time.Hour)},
		{"T-1038", "Priya Raman", "6033 N 7th St, Phoenix", "invoiced", "Invoiced", "USAA", "Chris Okafor", ui.Purple, lossDay(2), cents(-12_500), ago(9 * 24 * time.Hour)},
		{"T-1037", "O'Brien Family Trust", "1010 W Gurley St, Prescott", "closed", "Closed", "", "", ui.Neutral, date.Date{}, cents(987_654), ago(41 * 24 * time.Hour)},
		{"T-1036", "Sam Nez", "2222 E Highland Ave, Phoenix", "build", "Build", "American Family", "Luz Ortega", ui.Blue, lossDay(1), cents(2_100_000), ago(50 * 24 * time.Hour)},
		{"T-1035", strings.Repeat("Featherstonehaugh", 9), strings.Repeat("1", 90), "build", "Build", strings.Repeat("Mutual", 20), strings.Repeat("Bartholomew", 9), ui.Blue, lossDay(1), cents(2_100_000), ago(50 * 24 * time.Hour)},
	}
}

var claimColumns = []ui.Column{
	{Title: "Claim", Sort: "number"},
	{Title: "Stage", Sort: "stage"},
	{Title: "Carrier", Sort: "carrier", Width: ui.Roomy},
	{Title: "Date of loss", Sort: "date_of_loss", Width: ui.Wide},
	{Title: "RCV", Sort: "rcv", Right: true},
	{Title: "Assigned to", Width: ui.Wide},
	{Title: "Changed", Sort: "updated_at", Width: ui.Roomy},
}

func listPage(w http.ResponseWriter, r *http.Request) error {
	q, err := web.ParseList(r.URL.Query(), web.ListSpec{
		Sorts:   []string{"number", "stage", "carrier", "date_of_loss", "rcv", "updated_at"},
		Filters: []string{"stage", "carrier"},
	})
	if err != nil {
		return err
	}
	var rows []ui.Row
	for _, c := range sampleClaims() {
		if q.Q == "nothing" {
			break
		}
		if stage := q.Filter("stage"); stage != "" && stage != c.stage {
			continue
		}
		rows = append(rows, ui.Row{URL: "/claims/42", Cells: []templ.Component{
			ui.Strong(c.name, c.number+" · "+c.street), ui.StagePill(c.tone, c.word), ui.Text(c.carrier), ui.Day(c.loss),
			ui.MoneyOr(c.rcv), ui.Text(c.assignee), ui.Since(c.changed),
		}})
	}
	return ui.Page(w, r, ui.Head{
		Title: "Claims", Section: ui.Claims, Wide: true, Canonical: q.URL("/claims"),
		Action: &ui.Action{Text: "New claim", URL: "/claims/new", Icon: "plus"},
	}, ui.List(ui.Listing{
		Table:       ui.Table{Caption: "Claims", Query: q, Path: "/claims", Columns: claimColumns, Rows: rows},
		Placeholder: "Search claims by name, number or street",
		Filters: []ui.Filter{
			{Name: "stage", Label: "Stage", Options: stages},
			{Name: "carrier", Label: "Carrier", Options: []ui.Option{{Value: "State Farm", Text: "State Farm"}, {Value: "Allstate", Text: "Allstate"}}},
		},
		ExportURL: "/claims.csv", Next: "abc",
	}))
}

// within puts components into one that takes children, as a template does with @.
func within(outer templ.Component, inner ...templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w writer) error {
		return outer.Render(templ.WithChildren(ctx, templ.Join(inner...)), w)
	})
}

func detailPage(w http.ResponseWriter, r *http.Request) error {
	details := ui.Details([]ui.Detail{
		{Label: "Contact", Value: ui.Anchor("Maria Delgado", "/contacts/1")},
		{Label: "Phone", Value: ui.Phone("(602) 555-0123", "+16025550123")},
		{Label: "Property", Value: ui.Anchor("4127 E Sunnyside Dr, Phoenix, AZ 85028", "/properties/1")},
		{Label: "Carrier", Value: ui.Text("State Farm")},
		{Label: "Claim number", Value: ui.Text("03-44Z1-88Q")},
		{Label: "Policy number"},
		{Label: "Date of loss", Value: ui.Day(lossDay(14))},
		{Label: "Peril", Value: ui.Text("Hail")},
		{Label: "Opened", Value: ui.Time(time.Now().Add(-30 * 24 * time.Hour))},
	})
	amounts := ui.Figures([]ui.Detail{
		{Label: "RCV", Value: ui.Money(2_341_850)},
		{Label: "ACV", Value: ui.Money(1_873_480)},
		{Label: "Deductible", Value: ui.Money(250_000)},
		{Label: "Recoverable depreciation", Value: ui.Money(468_370)},
		{Label: "Paid", Value: ui.Money(-12_500)},
		{Label: "Supplements"},
	})
	timeline := ui.Timeline([]ui.Event{
		{Icon: "flag", Tone: ui.Amber, Title: "Filed to Adjuster review", Who: "Dana Whitfield", At: time.Now().Add(-2 * time.Hour)},
		{Icon: "note", Tone: ui.Neutral, Title: "Note", Who: "Chris Okafor", At: time.Now().Add(-27 * time.Hour), Body: ui.Multiline("Adjuster comes Thursday at 9.\nTwo skylights were missed in the first scope.")},
		{Icon: "database-import", Tone: ui.Blue, Title: "Imported from AccuLynx", Who: "SkaiScraper", At: time.Now().Add(-30 * 24 * time.Hour)},
	})
	archive := within(ui.Confirm("archive", "Archive …", "Archive claim T-1042?", "/claims/42/archive", "Archive the claim"), ui.Multiline("It leaves the lists and keeps its history. A manager can restore it."))
	main := within(ui.Stack(), within(ui.Card("Claim"), details), within(ui.Card("Amounts"), amounts), within(ui.Card("History"), timeline))
	side := within(ui.Stack(),
		within(ui.Card("Stage"), ui.StagePill(ui.Amber, "Adjuster review")),
		within(ui.Card("Kept from the import"), ui.Extra(map[string]string{"Lead Rank": "A", "Gate code": "#4471", "Trade Types": "Roofing, Gutters", "Old System Id": "af81-22b0-9f1e-33c1-0b2d-55aa"})),
		within(ui.Card(""), archive))
	return ui.Page(w, r, ui.Head{
		Title: "Maria Delgado", Lead: "T-1042 · 4127 E Sunnyside Dr, Phoenix", Section: ui.Claims,
		Crumbs: []ui.Link{{Text: "Claims", URL: "/claims"}},
		Action: &ui.Action{Text: "Edit", URL: "/claims/42/edit", Icon: "pencil"},
		More:   []ui.Link{{Text: "Print", URL: "/claims/42/print", Icon: "printer"}},
	}, templ.Join(
		ui.Tabs("Parts of the claim", []ui.Tab{{Text: "Overview", URL: "/claims/42", Active: true}, {Text: "Estimate", URL: "/claims/42/estimate", Count: 38}, {Text: "Files", URL: "/claims/42/files", Count: 12}, {Text: "Audit", URL: "/claims/42/audit"}}),
		within(ui.Columns(), main, side)))
}

func formPage(w http.ResponseWriter, r *http.Request) error {
	form := web.NewForm(map[string][]string{"rcv": {"12,34x"}, "carrier": {"Old Mutual"}, "notes": {"Gate code 4471"}})
	form.Fields = fault.Fields{"rcv": "“12,34x” is not an amount. Write it like 1,234.50.", "claim_number": "State Farm already has a claim with this number: T-1031."}
	fields := []ui.Field{
		ui.FieldOf(form, "name", "Homeowner", "").With(func(f *ui.Field) { f.Required = true; f.Focus = true }),
		ui.FieldOf(form, "claim_number", "Claim number", "03-44Z1-88Q").With(func(f *ui.Field) { f.Hint = "As the carrier writes it." }),
		ui.FieldOf(form, "carrier", "Carrier", "").With(func(f *ui.Field) {
			f.Options = []ui.Option{{Value: "State Farm", Text: "State Farm"}, {Value: "Allstate", Text: "Allstate"}}
		}),
		ui.FieldOf(form, "date_of_loss", "Date of loss", "2026-08-14"),
		ui.FieldOf(form, "rcv", "RCV", "").With(func(f *ui.Field) { f.Hint = "Replacement cost value." }),
		ui.FieldOf(form, "notes", "Notes", ""),
		ui.FieldOf(nil, "retail", "Retail job, no insurance", "on"),
	}
	body := element("form", `method="post" class="sk-form"`, templ.Join(
		ui.ErrorSummary(form.Fields, fields...),
		within(ui.Fieldset("Claim"), ui.Input(fields[0]), ui.Input(fields[1]), ui.Select(fields[2]), ui.DateInput(fields[3]), ui.MoneyInput(fields[4]), ui.Textarea(fields[5]), ui.Checkbox(fields[6])),
		ui.FormActions("Open the claim", "/claims")))
	return ui.PageStatus(w, r, http.StatusUnprocessableEntity, ui.Head{Title: "New claim", Section: ui.Claims, Crumbs: []ui.Link{{Text: "Claims", URL: "/claims"}}}, body)
}

func stalePage(w http.ResponseWriter, r *http.Request) error {
	return ui.PageStatus(w, r, http.StatusPreconditionFailed, ui.Head{Title: "Edit claim T-1042", Section: ui.Claims, Crumbs: []ui.Link{{Text: "Claims", URL: "/claims"}, {Text: "T-1042", URL: "/claims/42"}}},
		ui.Diff("Chris Okafor", time.Now().Add(-3*time.Minute), []ui.DiffRow{
			{Label: "Stage", Yours: "Filed", Theirs: "Adjuster review"}, {Label: "Carrier", Yours: "State Farm", Theirs: "State Farm"}, {Label: "Next action", Yours: "Call the adjuster", Theirs: ""},
		}))
}

func dashboardPage(w http.ResponseWriter, r *http.Request) error {
	web.SetFlash(w, r, web.Done, "Lead L-88 was won and became claim T-1043.")
	return ui.Page(w, r, ui.Head{Title: "What needs you today", Section: ui.Dashboard, Action: &ui.Action{Text: "New lead", URL: "/leads/new", Icon: "plus"}}, templ.Join(
		ui.Stats([]ui.Stat{
			{Label: "Open claims", Value: "184", Note: "12 wait for an adjuster", URL: "/claims"},
			{Label: "Approved, not built", Value: "$1,204,310", Note: "31 claims", URL: "/claims"},
			{Label: "Depreciation to collect", Value: "$388,120", Note: "57 claims"},
			{Label: "Leads this week", Value: "46", Note: "9 more than last week", URL: "/leads"},
		}),
		within(ui.Columns(),
			within(ui.Stack(),
				ui.Note(ui.Amber, "Three inspections have no date. The oldest waits since Thursday."),
				within(ui.Card("Claims by stage"), ui.Bars([]ui.Bar{
					{Label: "Intake", Value: 22, Tone: ui.Neutral, URL: "/claims?stage=intake"},
					{Label: "Inspection", Value: 31, Tone: ui.Blue},
					{Label: "Filed", Value: 18, Tone: ui.Blue},
					{Label: "Adjuster review", Value: 44, Tone: ui.Amber},
					{Label: "Approved", Value: 31, Tone: ui.Green},
					{Label: "Denied", Value: 6, Tone: ui.Red},
					{Label: "Invoiced", Value: 15, Tone: ui.Purple},
				}))),
			within(ui.Stack(),
				within(ui.Card("Migration"), ui.Progress("job", ui.Job{Title: "AccuLynx export", Words: "Matching contacts", Done: 12_500, Total: 48_211, PerSec: 3120, Left: 11 * time.Second})),
				within(ui.Card("This week"), ui.Timeline([]ui.Event{
					{Icon: "flag", Tone: ui.Green, Title: "Desert Ridge HOA approved", Who: "Chris Okafor", At: time.Now().Add(-26 * time.Hour)},
					{Icon: "calendar-event", Tone: ui.Blue, Title: "Inspection, Ken Yazzie", Who: "Luz Ortega", At: time.Now().Add(20 * time.Hour)},
				}))))))
}

func emptyPage(w http.ResponseWriter, r *http.Request) error {
	return ui.Page(w, r, ui.Head{Title: "Leads", Section: ui.Leads}, within(ui.Empty("records", "No leads yet", "Bring your book over from AccuLynx or JobNimbus, or write the first lead by hand."),
		ui.Primary(ui.Action{Text: "New lead", URL: "/leads/new", Icon: "plus"}), element("a", `class="sk-btn" href="/migration"`, ui.Text("Import a file"))))
}

func signInPage(w http.ResponseWriter, r *http.Request) error {
	return ui.CardPage(w, r, http.StatusOK, ui.Head{Title: "Sign in", Lead: "To your company's SkaiScraper"}, element("form", `method="post"`, templ.Join(
		ui.Input(ui.Field{Name: "email", Label: "Email", Type: "email", Fill: "username", Required: true, Focus: true}),
		ui.Input(ui.Field{Name: "password", Label: "Password", Type: "password", Fill: "current-password", Required: true}),
		element("button", `class="sk-btn sk-btn-primary"`, ui.Text("Sign in")))))
}

func landingPage(w http.ResponseWriter, r *http.Request) error {
	return ui.PublicPage(w, r, ui.Head{Title: "Run the storm season from one place", NoTitle: true}, templ.Join(
		within(ui.Hero("From the first hail alert to the last depreciation check", "Leads, claims, contacts and properties of a storm-restoration roofer, in one history the crew and the office share."),
			ui.Primary(ui.Action{Text: "Sign in", URL: "/sign-in"})),
		ui.Points([]ui.Point{
			{Icon: "database-import", Title: "Your book comes over", Text: "Exports of AccuLynx, JobNimbus, CompanyCam and Xactimate are read as they are; every row is accounted for."},
			{Icon: "clipboard-list", Title: "One history per job", Text: "Calls, photos, stages and payments in the order they happened."},
			{Icon: "shield-check", Title: "Promises you can check", Text: "Isolation, audit and restore are measured, and the figures are shown."},
		})))
}
