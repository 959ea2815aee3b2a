package incidents_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/ops/incidents"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/postgres"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// noon is the clock's time in these tests.
var noon = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

// house is a database of its own with the service and what a test puts in by hand.
type house struct {
	*incidents.Service

	db    *postgres.DB
	super *pgx.Conn
}

func newHouse(t *testing.T) house {
	t.Helper()
	db := dbtest.New(t)
	return house{incidents.New(db, nil, incidents.Alerts{}), db, dbtest.Super(t, db)}
}

func (h house) exec(t *testing.T, sql string, args ...any) {
	t.Helper()
	if _, err := h.super.Exec(t.Context(), sql, args...); err != nil {
		t.Fatal(err)
	}
}

// seen has a probe bring a letter for each minute from a time on: u up, d down.
func (h house) seen(t *testing.T, probe byte, from time.Time, minutes string) {
	t.Helper()
	for i, c := range minutes {
		up := map[rune]int{'u': 6, 'm': 3}[c]
		if c != '.' {
			h.exec(t, `INSERT INTO probe_minutes (probe, at, up, down, sum_ms, max_ms, signature) VALUES (decode(repeat($1, 32), 'hex'), $2, $3, $4, 0, 0, decode(repeat('00', 64), 'hex'))`,
				string([]byte{'0', probe}), from.Add(time.Duration(i)*time.Minute), up, 6-up)
		}
	}
}

// at looks as if it were that time.
func (h house) at(t *testing.T, now time.Time) {
	t.Helper()
	if err := h.Evaluate(t.Context(), now); err != nil {
		t.Fatal(err)
	}
}

// list gives all incidents in words, the newest first.
func (h house) list(t *testing.T) (words []string) {
	t.Helper()
	list, err := h.List(t.Context(), noon.AddDate(-1, 0, 0), noon.AddDate(1, 0, 0), false)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range list {
		until := "…"
		if i.ClosedAt != nil {
			until = i.ClosedAt.UTC().Format("15:04")
		}
		words = append(words, i.Rule+" "+string(i.Severity)+" "+i.OpenedAt.UTC().Format("15:04")+"–"+until)
	}
	return words
}

func (h house) want(t *testing.T, when string, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, h.list(t)); diff != "" {
		t.Errorf("%s: %s", when, diff)
	}
}

// told counts what was asked to be told, by event.
func (h house) told(t *testing.T) map[string]int {
	t.Helper()
	type row struct {
		Event string
		N     int
	}
	list, err := postgres.Many[row](t.Context(), h.super, `SELECT args->>'event' AS event, count(DISTINCT (args->>'incident', args->>'at'))::int AS n FROM river.river_job WHERE kind = 'incidents.tell' GROUP BY 1`)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int{}
	for _, r := range list {
		got[r.Event] = r.N
	}
	return got
}

// TestAnOutageIsAnIncident follows the clock through one.
func TestAnOutageIsAnIncident(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.seen(t, '1', noon, "uudduuu")
	h.at(t, noon.Add(4*time.Minute)) // the second bad minute has just ended
	h.want(t, "too early")
	h.at(t, noon.Add(5*time.Minute))
	h.want(t, "after two bad minutes", "reach page 12:02–…")
	h.at(t, noon.Add(5*time.Minute))
	h.at(t, noon.Add(7*time.Minute))
	h.want(t, "after two good ones", "reach page 12:02–…")
	h.at(t, noon.Add(8*time.Minute))
	h.want(t, "after three", "reach page 12:02–12:04")
	h.at(t, noon.Add(9*time.Minute))
	h.want(t, "after that", "reach page 12:02–12:04")
	if diff := cmp.Diff(map[string]int{incidents.Opened: 1, incidents.Closed: 1}, h.told(t)); diff != "" {
		t.Error(diff)
	}
	list, err := h.List(t.Context(), noon, noon.Add(time.Hour), true)
	if err != nil || list[0].FigureWords() != "failed 12, looks 12" || list[0].Seen != "12 of 12 looks of a probe on another machine found it not ready." {
		t.Errorf("%+v, %v", list, err)
	}
}

// TestWhatComesLateHasItsTimes has nobody look for a day, as where no process works, and
// a probe bring an outage afterwards, then a second probe what it saw beside it.
func TestWhatComesLateHasItsTimes(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.at(t, noon)
	h.seen(t, '1', noon, "uuddddddddddduuu")
	h.at(t, noon.Add(24*time.Hour))
	h.want(t, "a day later", "reach page 12:02–12:13")
	list, err := h.List(t.Context(), noon, noon.Add(time.Hour), true)
	if err != nil || !list[0].NoticedAt.Equal(noon.Add(24*time.Hour)) {
		t.Errorf("%+v, %v", list, err)
	}
	if diff := cmp.Diff(map[string]int{incidents.Closed: 1}, h.told(t)); diff != "" {
		t.Errorf("told once, that it is over: %s", diff)
	}
	h.seen(t, '2', noon, ".......mmm......") // some of its looks found it ready, in the middle
	h.at(t, noon.Add(25*time.Hour))
	h.want(t, "what does not end it changes nothing", "reach page 12:02–12:13")
	h.seen(t, '2', noon.Add(13*time.Minute), "dddddd") // it could not reach it for longer
	h.seen(t, '1', noon.Add(16*time.Minute), "uuuuuu")
	h.at(t, noon.Add(26*time.Hour))
	h.want(t, "longer, as the second saw it", "reach page 12:02–12:19")
	h.at(t, noon.Add(9*24*time.Hour)) // all of it is too old to be looked at
	h.want(t, "and stays", "reach page 12:02–12:19")
	if n := h.told(t)[incidents.Opened]; n != 0 {
		t.Errorf("told %d times that it was open", n)
	}
}

// TestManyLookAtOnce has several processes evaluate at the same moment.
func TestManyLookAtOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.seen(t, '1', noon, "uudddd")
	h.exec(t, `INSERT INTO service_minutes SELECT $1::timestamptz + m * interval '1 minute', 100, 50, 0 FROM generate_series(0, 5) m`, noon)
	var wait sync.WaitGroup
	errs := make(chan error, 8)
	for range 8 {
		wait.Go(func() { errs <- h.Evaluate(context.WithoutCancel(t.Context()), noon.Add(6*time.Minute)) })
	}
	wait.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			t.Error(err)
		}
	}
	h.want(t, "one of each", "burn.errors page 12:06–…", "reach page 12:02–…")
	if diff := cmp.Diff(map[string]int{incidents.Opened: 2}, h.told(t)); diff != "" {
		t.Error(diff)
	}
	if n, err := postgres.Value[int](t.Context(), h.super, `SELECT count(*)::int FROM river.river_job WHERE kind = 'incidents.tell'`); err != nil || n != 6 {
		t.Errorf("%d jobs, %v", n, err)
	}
	// And the database refuses a second one, whoever writes it.
	if _, err := h.super.Exec(t.Context(), `INSERT INTO incidents (rule, severity, title, opened_at) VALUES ('reach', 'page', 'x', now())`); postgres.Constraint(err) != "incidents_open_key" {
		t.Errorf("a second one: %v", err)
	}
}

// TestBudgetsBurn stores figures of days and lets the clock run.
func TestBudgetsBurn(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.exec(t, `INSERT INTO service_minutes SELECT $1::timestamptz - m * interval '1 minute', 100, 1, 0 FROM generate_series(1, 4320) m`, noon)
	h.at(t, noon)
	h.want(t, "1 % of three days", "burn.errors ticket 12:00–…")
	h.exec(t, `INSERT INTO service_minutes SELECT $1::timestamptz + m * interval '1 minute', 100, CASE WHEN m < 30 THEN 50 ELSE 0 END, 80 FROM generate_series(0, 700) m`, noon)
	for m := 1; m <= 20; m++ {
		h.at(t, noon.Add(time.Duration(m)*time.Minute))
	}
	h.want(t, "it gets worse, and three of four take too long: fewer in an hour with the time before", "burn.errors page 12:00–…")
	if diff := cmp.Diff(map[string]int{incidents.Opened: 1, incidents.Worse: 1}, h.told(t)); diff != "" {
		t.Error(diff)
	}
	for m := 21; m <= 60; m++ {
		h.at(t, noon.Add(time.Duration(m)*time.Minute))
	}
	h.want(t, "80 % of an hour slow", "burn.slow page 12:54–…", "burn.errors page 12:00–…")
	for m := 395; m <= 400; m++ { // six hours without a failure
		h.at(t, noon.Add(time.Duration(m)*time.Minute))
	}
	h.want(t, "well again", "burn.slow page 12:54–…", "burn.errors page 12:00–18:35")
	list, err := h.List(t.Context(), noon, noon.Add(24*time.Hour), true)
	if err != nil || !strings.Contains(list[1].Seen, "failed: the error budget of 30 days is used up") || list[1].Figures["threshold"] != 14.4 {
		t.Errorf("%+v, %v", list, err)
	}
}

// TestPartsThatAreUnwell has two processes say what they find.
func TestPartsThatAreUnwell(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	says := func(minute int, first, second string) {
		t.Helper()
		at := noon.Add(time.Duration(minute) * time.Minute)
		h.exec(t, `DELETE FROM processes`)
		h.exec(t, `INSERT INTO processes (id, started_at, seen_at, version, commit, schema, fingerprint, clock_ms, unwell) VALUES
			(gen_random_uuid(), $1, $1, '', '', '', '', 0, $2::text::jsonb), (gen_random_uuid(), $1, $1, '', '', '', '', 0, $3::text::jsonb), (gen_random_uuid(), $1, $1::timestamptz - interval '1 hour', '', '', '', '', 0, '{"database": "an old one"}')`, at, first, second)
		h.at(t, at)
		h.at(t, at.Add(5*time.Second)) // the same look by another process counts once
	}
	const away, well = `{"storage": "the storage of files does not answer", "mail": "x"}`, `{}`
	says(0, well, away)
	says(1, well, well)
	says(2, well, away)
	h.want(t, "once is no row")
	says(3, away, well) // whichever of them it is
	h.want(t, "twice in a row", "part.storage page 12:02–…")
	for m, s := range []string{well, well, away, well, well} {
		says(4+m, s, well)
	}
	h.want(t, "not well for three looks yet", "part.storage page 12:02–…")
	says(9, well, well)
	h.want(t, "three in a row", "part.storage page 12:02–12:07")
	says(10, well, away)
	says(40, well, away) // nobody looked between: unknown is no row
	h.want(t, "half an hour apart", "part.storage page 12:02–12:07")
	list, err := h.List(t.Context(), noon, noon.Add(time.Hour), true)
	if err != nil || list[0].Seen != "1 of 2 programs say: the storage of files does not answer." {
		t.Errorf("%+v, %v", list, err)
	}
}

// TestMaintenanceExcusesNothingAfterwards announces, and looks what that changes.
func TestMaintenanceExcusesNothingAfterwards(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()
	soon := time.Now().UTC().Truncate(time.Minute).Add(3 * time.Minute)
	late, err := h.Announce(ctx, soon, soon.Add(time.Hour), " New disks ")
	if err != nil || late.Excused || late.What != "New disks" {
		t.Errorf("%+v, %v", late, err)
	}
	early, err := h.Announce(ctx, soon.Add(49*time.Hour), soon.Add(50*time.Hour), "New disks")
	if err != nil || !early.Excused {
		t.Errorf("%+v, %v", early, err)
	}
	for name, w := range map[string]struct {
		from, to time.Time
		what     string
	}{
		"over a downtime": {soon.Add(-time.Hour), soon.Add(time.Hour), "x"}, "backwards": {soon.Add(time.Hour), soon, "x"}, "for days": {soon, soon.Add(25 * time.Hour), "x"},
		"without a word": {soon, soon.Add(time.Hour), " "}, "within a minute": {soon.Add(time.Second), soon.Add(time.Hour), "x"},
	} {
		if _, err := h.Announce(ctx, w.from, w.to, w.what); fault.As(err) == nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	// Not by the program's role either, whatever it says of when it was announced.
	for _, sql := range []string{
		`INSERT INTO maintenance_windows (announced_at, starts_at, ends_at, what) VALUES (now() - interval '9 days', date_trunc('minute', now()) - interval '1 day', date_trunc('minute', now()), 'x')`,
		`UPDATE maintenance_windows SET announced_at = announced_at - interval '9 days'`, `UPDATE maintenance_windows SET starts_at = starts_at - interval '1 day'`, `DELETE FROM maintenance_windows`,
	} {
		_, err := postgres.System(ctx, h.db, postgres.Operator, func(ctx context.Context, tx pgx.Tx) (int64, error) { return postgres.Exec(ctx, tx, sql) })
		if postgres.Code(err) != "42501" { // insufficient privilege
			t.Errorf("%s: %v", sql, err)
		}
	}
	if err := h.Cancel(ctx, early.ID); err != nil {
		t.Error(err)
	}
	for _, id := range []int64{early.ID, 999} {
		if err := h.Cancel(ctx, id); fault.As(err) == nil {
			t.Errorf("cancelled %d: %v", id, err)
		}
	}
	list, err := h.Windows(ctx, soon, soon.AddDate(0, 0, 9))
	if err != nil || len(list) != 2 || list[0].CancelledAt == nil || list[1].CancelledAt != nil {
		t.Errorf("%+v, %v", list, err)
	}
}

// TestAnnouncedMaintenanceOpensNothing has the same outage in three windows: one excused,
// one announced too late, one called off before it began.
func TestAnnouncedMaintenanceOpensNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for i, announced := range []time.Duration{48 * time.Hour, 47 * time.Hour, 60 * time.Hour} {
		from := noon.Add(time.Duration(i*2) * time.Hour)
		h.exec(t, `INSERT INTO maintenance_windows (announced_at, starts_at, ends_at, what) VALUES ($1, $2, $3, 'x')`, from.Add(-announced), from, from.Add(30*time.Minute))
		h.seen(t, '1', from, "uudddduuu")
	}
	h.exec(t, `UPDATE maintenance_windows SET cancelled_at = $1 WHERE starts_at > $1`, noon.Add(3*time.Hour))
	h.at(t, noon.Add(6*time.Hour))
	h.want(t, "those that count", "burn.availability ticket 18:00–…", "reach page 16:02–16:06", "reach page 14:02–14:06")
	// Work that takes longer than announced is an outage from its end on.
	h.exec(t, `INSERT INTO maintenance_windows (announced_at, starts_at, ends_at, what) VALUES ($1, $2, $3, 'x')`, noon, noon.Add(70*time.Hour), noon.Add(70*time.Hour+5*time.Minute))
	h.seen(t, '1', noon.Add(70*time.Hour), "dddddddduuu")
	h.at(t, noon.Add(71*time.Hour))
	if got := h.list(t)[0]; got != "reach page 10:05–10:08" { // on the third day
		t.Error(got)
	}
}

// TestByHand opens, closes and annotates what no rule sees.
func TestByHand(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()
	i, err := h.OpenByHand(ctx, "Photos came slowly", incidents.Ticket, noon, noon.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.OpenByHand(ctx, "Another", incidents.Page, noon, noon.Add(time.Hour)); err != nil {
		t.Errorf("two by hand: %v", err)
	}
	for _, n := range []struct {
		words  string
		public bool
	}{{"The provider <b>works</b> on it", true}, {"ticket 4711", false}} {
		if err := h.WriteNote(ctx, i.ID, n.words, n.public); err != nil {
			t.Error(err)
		}
	}
	for public, want := range map[bool]int{true: 1, false: 2} {
		list, err := h.List(ctx, noon, noon.Add(time.Hour), public)
		if err != nil || len(list) != 2 || len(list[1].Notes) != want {
			t.Errorf("public %t: %+v, %v", public, list, err)
		}
	}
	if err := h.CloseByHand(ctx, i.ID, noon.Add(2*time.Hour)); err != nil {
		t.Error(err)
	}
	h.seen(t, '1', noon, "dddddd")
	h.at(t, noon.Add(6*time.Minute))
	ruled := i.ID + 2
	for name, err := range map[string]error{
		"closed twice": h.CloseByHand(ctx, i.ID, noon), "of a rule": h.CloseByHand(ctx, ruled, noon), "that is none": h.CloseByHand(ctx, 999, noon),
		"a note of none": h.WriteNote(ctx, 999, "x", true), "a note without words": h.WriteNote(ctx, i.ID, " ", true),
	} {
		if fault.As(err) == nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, bad := range []struct {
		title    string
		severity incidents.Severity
		began    time.Time
	}{{" ", incidents.Page, noon}, {"x", "awful", noon}, {"x", incidents.Page, noon.Add(2 * time.Hour)}} {
		if _, err := h.OpenByHand(ctx, bad.title, bad.severity, bad.began, noon.Add(time.Hour)); fault.As(err) == nil {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	h.want(t, "all", "reach page 12:00–…", "operator page 12:00–…", "operator ticket 12:00–14:00")
}
