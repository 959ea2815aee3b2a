package reports_test

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/ops/incidents"
	"github.com/skaiscraper/skai/internal/ops/reports"
	"github.com/skaiscraper/skai/internal/orgs"
	"github.com/skaiscraper/skai/internal/platform/mail"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// monday is one at 7 in the morning in Phoenix, which is at UTC-7 all year.
var monday = time.Date(2026, 5, 11, 14, 0, 0, 0, time.UTC)

type house struct {
	*reports.Service

	db    *postgres.DB
	super *pgx.Conn
	titan dbtest.Contractor
	door  dbtest.Door
}

// newHouse has an organisation that is older than the weeks of the test.
func newHouse(t *testing.T) house {
	t.Helper()
	db := dbtest.New(t)
	post, err := mail.New(mail.Config{Folder: t.TempDir(), URL: "https://skai.titan.example"})
	if err != nil {
		t.Fatal(err)
	}
	h := house{reports.New(db, orgs.New(db), incidents.New(db, post, incidents.Alerts{}), post), db, dbtest.Super(t, db), dbtest.Org(t, db, "titan"), dbtest.Door{}}
	h.door = dbtest.NewDoor(t, h.Routes)
	h.titan.As(t, tenant.Owner)
	h.exec(t, `UPDATE orgs SET created_at = '2026-01-01'`)
	return h
}

func (h house) exec(t *testing.T, sql string, args ...any) {
	t.Helper()
	if _, err := h.super.Exec(t.Context(), sql, args...); err != nil {
		t.Fatal(err)
	}
}

// due writes what is due at a time, and tells how many.
func (h house) due(t *testing.T, now time.Time) int {
	t.Helper()
	n, err := h.WriteDue(t.Context(), now)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// looks has a probe look for an hour, so many minutes of it in vain.
func (h house) looks(t *testing.T, from time.Time, bad int) {
	t.Helper()
	h.exec(t, `INSERT INTO probe_minutes SELECT decode(repeat('01', 32), 'hex'), $1::timestamptz + m * interval '1 minute', CASE WHEN m < $2 THEN 0 ELSE 6 END, CASE WHEN m < $2 THEN 6 ELSE 0 END, 0, 0, decode(repeat('00', 64), 'hex') FROM generate_series(0, 59) m`, from, bad)
}

// mails are the subjects and lines of the mails that were asked for.
func (h house) mails(t *testing.T) []string {
	t.Helper()
	list, err := postgres.Values[string](t.Context(), h.super, `SELECT args->'letter'->>'To' || ': ' || (args->'letter'->>'Subject') || ' ' || (args->'letter'->>'Lines') FROM river.river_job WHERE kind = 'mail.send' ORDER BY id`)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// TestAReportIsWrittenOnMonday follows the clock over two weeks.
func TestAReportIsWrittenOnMonday(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.titan.As(t, tenant.Admin) // who gets no mail
	h.looks(t, monday.Add(-3*24*time.Hour), 6)
	h.looks(t, monday.Add(-8*24*time.Hour), 60) // of the week before
	h.looks(t, monday.Add(-7*time.Hour), 60)    // of this one: it begins at midnight in Phoenix
	h.exec(t, `INSERT INTO incidents (rule, severity, title, seen, figures, opened_at, closed_at) VALUES ('reach', 'page', 'It was away', 'Seen.', '{"secret": 4711}', $1, $2)`, monday.Add(-72*time.Hour), monday.Add(-71*time.Hour))
	h.exec(t, `INSERT INTO incident_notes (incident_id, words, public) VALUES (1, 'For everybody.', true), (1, 'Not for them.', false)`)
	if n := h.due(t, monday.Add(-time.Minute)); n != 1 { // of the week before, since that was never written
		t.Errorf("before 7 o'clock %d", n)
	}
	if n := h.due(t, monday) + h.due(t, monday.Add(time.Hour)) + h.due(t, monday.Add(4*24*time.Hour)); n != 1 {
		t.Errorf("in the week %d", n)
	}
	mails := h.mails(t)
	if len(mails) != 2 || !strings.HasPrefix(mails[1], h.titan.Email(tenant.Owner)+": The week's service: May 4 to 10, 2026") || !strings.Contains(mails[1], "Up, seen from outside: 90 % (the week before: 0 %)") || !strings.Contains(mails[1], "It was away. Seen. For everybody.") {
		t.Errorf("%q", mails)
	}
	var all string
	if err := h.super.QueryRow(t.Context(), `SELECT string_agg(figures::text, '') FROM service_reports`).Scan(&all); err != nil || strings.Contains(all, "4711") || strings.Contains(all, "Not for them") {
		t.Errorf("kept: %s, %v", all, err)
	}
	// What comes later changes nothing.
	before := h.page(t, "?week=2026-05-04")
	h.looks(t, monday.Add(-4*24*time.Hour), 60)
	h.exec(t, `INSERT INTO incident_notes (incident_id, words, public) VALUES (1, 'Later.', true)`)
	if after := h.page(t, "?week=2026-05-04"); after != before {
		t.Errorf("it changed: %s\n%s", before, after)
	}
	err := postgres.Do(h.titan.As(t, tenant.Owner), h.db, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE service_reports SET figures = '{}'`)
		return err
	})
	if postgres.Code(err) != "42501" {
		t.Errorf("the program may change a report: %v", err)
	}
}

// page gives the page of a report, from its heading on.
func (h house) page(t *testing.T, query string) string {
	t.Helper()
	got := h.door.Get(h.titan.As(t, tenant.Owner), t, "/settings/ops/report"+query)
	_, body, _ := strings.Cut(got.Body, "<h1")
	if got.Status != http.StatusOK {
		t.Fatalf("%s: %d %s", query, got.Status, got.Body)
	}
	return body
}

// TestNothingIsMadeUp has a week of which nothing is known, and shows it.
func TestNothingIsMadeUp(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	owner := h.titan.As(t, tenant.Owner)
	if got := h.door.Get(owner, t, "/settings/ops/reports"); !strings.Contains(got.Body, "There is no report yet") {
		t.Errorf("before the first: %s", got.Body)
	}
	for path, status := range map[string]int{"/settings/ops/report": http.StatusSeeOther, "/settings/ops/report.pdf": http.StatusUnprocessableEntity} {
		if got := h.door.Get(owner, t, path); got.Status != status {
			t.Errorf("%s before the first: %d", path, got.Status)
		}
	}
	h.due(t, monday)
	if body := h.page(t, ""); strings.Count(body, "unknown") < 8 || !strings.Contains(body, "no report") || !strings.Contains(body, "as far as anything is known") {
		t.Errorf("%s", body)
	}
	for path, status := range map[string]int{
		"/settings/ops/report?week=2026-04-27": http.StatusNotFound, "/settings/ops/report?week=soon": http.StatusUnprocessableEntity, "/settings/ops/report.pdf?week=2026-04-27": http.StatusNotFound,
		"/settings/ops/report.pdf?week=2026-05-04": http.StatusOK, "/settings/ops/reports": http.StatusOK,
	} {
		if got := h.door.Get(owner, t, path); got.Status != status {
			t.Errorf("%s: %d", path, got.Status)
		}
		if got := h.door.Get(h.titan.As(t, tenant.Member), t, path); got.Status != http.StatusForbidden {
			t.Errorf("%s by a member: %d", path, got.Status)
		}
	}
	prowest := dbtest.Org(t, h.db, "prowest")
	if got := h.door.Get(prowest.As(t, tenant.Owner), t, "/settings/ops/report?week=2026-05-04"); got.Status != http.StatusNotFound {
		t.Errorf("another's: %d", got.Status)
	}
}

// TestWhoWantsNoMailsGetsNone turns them off and on again.
func TestWhoWantsNoMailsGetsNone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	owner := h.titan.As(t, tenant.Owner)
	for i, on := range []string{"off", "on"} {
		if got := h.door.Post(owner, t, "/settings/ops/reports/mail", url.Values{"mail": {on}}); got.Status != http.StatusSeeOther {
			t.Fatalf("%s: %d %s", on, got.Status, got.Body)
		}
		h.due(t, monday.AddDate(0, 0, 7*i))
		if mails := h.mails(t); len(mails) != i {
			t.Errorf("%s: %q", on, mails)
		}
	}
	if got := h.door.Post(h.titan.As(t, tenant.Manager), t, "/settings/ops/reports/mail", url.Values{"mail": {"off"}}); got.Status != http.StatusForbidden {
		t.Errorf("a manager: %d", got.Status)
	}
}

// TestThePDFSaysTheSame reads its text with poppler.
func TestThePDFSaysTheSame(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.exec(t, `UPDATE orgs SET name = 'Peña & Söhne Roofing'`)
	h.looks(t, monday.Add(-3*24*time.Hour), 6)
	h.due(t, monday)
	owner := h.titan.As(t, tenant.Owner)
	one := h.door.Get(owner, t, "/settings/ops/report.pdf?week=2026-05-04")
	two := h.door.Get(owner, t, "/settings/ops/report.pdf?week=2026-05-04")
	if !strings.HasPrefix(one.Body, "%PDF-") || one.Body != two.Body || one.Header.Get("Content-Type") != "application/pdf" {
		t.Fatalf("%d %v %.100q", one.Status, one.Header, one.Body)
	}
	if _, err := exec.LookPath("pdftotext"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("pdftotext is missing; scripts/setup installs it")
		}
		t.Skip("pdftotext reads the PDF; scripts/setup installs it")
	}
	read := exec.CommandContext(t.Context(), "pdftotext", "-layout", "-", "-")
	read.Stdin = bytes.NewReader([]byte(one.Body))
	text, err := read.Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, words := range []string{"Service report", "Peña & Söhne Roofing, May 4 to 10, 2026 (America/Phoenix)", "Not held: the objective of availability.", "90 %", "unknown", "no report", "No incident was noticed"} {
		if !strings.Contains(string(text), words) {
			t.Errorf("no %q in\n%s", words, text)
		}
	}
}

// TestWeeksOfAZone has reports due where a clock is put forward in the week, and checks
// that a week there has 167 hours.
func TestWeeksOfAZone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.exec(t, `UPDATE orgs SET time_zone = 'America/New_York'`)
	for now, n := range map[time.Time]int{time.Date(2026, 3, 9, 10, 59, 0, 0, time.UTC): 1, time.Date(2026, 3, 9, 11, 0, 0, 0, time.UTC): 1} {
		if got := h.due(t, now); got != n {
			t.Errorf("at %s: %d", now, got)
		}
	}
	hours, err := postgres.Values[int](t.Context(), h.super, `SELECT ((figures->>'minutes')::int / 60)::int FROM service_reports ORDER BY week`)
	if err != nil || len(hours) != 2 || hours[0] != 168 || hours[1] != 167 {
		t.Errorf("%v, %v", hours, err)
	}
}
