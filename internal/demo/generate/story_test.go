package generate_test

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/skaiscraper/skai/internal/demo/generate"
	"github.com/skaiscraper/skai/internal/migration/decode"
	"github.com/skaiscraper/skai/internal/platform/date"
	"github.com/skaiscraper/skai/internal/platform/money"
)

// good are the readable rows of a file that are no defects.
func good(t *testing.T, f generate.File) (table, []decode.Row) {
	t.Helper()
	tb := read(t, f.Name, f.Data)
	rows := slices.DeleteFunc(slices.Clone(tb.rows), func(r decode.Row) bool {
		return r.Kind != decode.Data || slices.ContainsFunc(f.Want.Defects, func(d generate.Defect) bool { return d.Line == r.Line })
	})
	return tb, rows
}

func cents(t *testing.T, s string) int64 {
	t.Helper()
	if s == "" {
		return 0
	}
	c, err := money.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return int64(c)
}

func TestControlTotals(t *testing.T) {
	t.Parallel()
	for slug := range companies {
		for name, f := range demo(t, slug) {
			tb, rows := good(t, f)
			for column, want := range f.Want.Cents {
				var got int64
				for _, r := range rows {
					got += cents(t, r.Cells[tb.column(t, column)])
				}
				if got != want || want <= 0 {
					t.Errorf("%s/%s: %s adds up to %d cents, want %d", slug, name, column, got, want)
				}
			}
		}
	}
}

func TestStages(t *testing.T) {
	t.Parallel()
	words := map[string]string{
		"acculynx": "Lead Prospect Approved Completed Invoiced Closed Dead Cancelled",
		"jobnimbus": "Lead|Contacted|Appointment Scheduled|Estimate Sent|Signed Contract|Pending Insurance|Adjuster Meeting|In Production|Job Completed|Invoiced|" +
			"Pending Payments|Paid & Closed|Lost|Denied",
	}
	column := map[string]string{"acculynx": "Current Milestone", "jobnimbus": "status_name"}
	for slug := range companies {
		for name, f := range demo(t, slug) {
			if f.Kind != "jobs" {
				continue
			}
			got := map[string]int{}
			tb, rows := good(t, f)
			for _, r := range rows {
				got[r.Cells[tb.column(t, column[f.Source])]]++
			}
			if diff := cmp.Diff(f.Want.Stages, got); diff != "" {
				t.Errorf("%s/%s (-want +got): %s", slug, name, diff)
			}
			for _, word := range strings.FieldsFunc(words[f.Source], func(c rune) bool { return c == '|' || c == ' ' && f.Source == "acculynx" }) {
				if got[word] == 0 {
					t.Errorf("%s/%s: nobody is at %q", slug, name, word)
				}
			}
		}
	}
}

// TestStormCompany holds the report to what a storm restoration company's looks
// like: nearly half of the jobs insured, losses on a few days, orders and doubled
// surnames counted, nothing after the day of the export.
func TestStormCompany(t *testing.T) {
	t.Parallel()
	for slug, c := range companies {
		all := demo(t, slug)
		f, ok := all["acculynx-job-report.csv"]
		if !ok {
			f = all["acculynx-job-report.xlsx"]
		}
		tb, rows := good(t, f)
		cell := func(r decode.Row, column string) string { return r.Cells[tb.column(t, column)] }
		insured, onStorms, orders, doubled, cities := 0, 0, 0, 0, map[string]bool{}
		for _, r := range rows {
			if company := cell(r, "Insurance Company"); company != "" && company != "n/a" {
				insured++
				loss, err := date.Parse(cell(r, "Date of Loss"), date.MonthFirst)
				if err != nil || loss.In(time.UTC).After(c.AsOf) {
					t.Fatalf("%s: line %d: date of loss %q, %v", slug, r.Line, cell(r, "Date of Loss"), err)
				}
				if slices.ContainsFunc(c.Storms, func(s generate.Storm) bool { return s.Day.Equal(loss.In(time.UTC)) }) {
					onStorms++
				}
			}
			if reason := cell(r, "Dead Lead Reason"); strings.Contains(reason, "DO NOT CONTACT") || strings.Contains(reason, "DNC") {
				orders++
			}
			last := cell(r, "Primary Contact: Last Name")
			if half := len(last) / 2; last != "" && last[:half] == last[half:] {
				doubled++
			}
			cities[strings.Split(cell(r, "Job: Location Address"), ", ")[1]] = true
		}
		if insured*100 < len(rows)*40 || insured*100 > len(rows)*50 || onStorms*100 < insured*75 || len(cities) != len(c.Cities) {
			t.Errorf("%s: %d of %d jobs are insured, %d of them by a storm, in %d cities", slug, insured, len(rows), onStorms, len(cities))
		}
		if orders != f.Want.DoNotContact || doubled != f.Want.DoubledNames || orders < 5 || doubled < 5 {
			t.Errorf("%s: %d orders and %d doubled names, want %d and %d", slug, orders, doubled, f.Want.DoNotContact, f.Want.DoubledNames)
		}
	}
}

// TestEstimates checks each line, and that the claim list has the sums.
func TestEstimates(t *testing.T) {
	t.Parallel()
	for slug := range companies {
		all, estimates, unbalanced, credits, reduced := demo(t, slug), 0, 0, 0, 0
		claims, rows := good(t, all["xactimate-claims.csv"])
		for name, f := range all {
			if f.Kind != "estimate" {
				continue
			}
			estimates++
			tb, lines := good(t, f)
			off := 0
			for _, r := range lines {
				amount := func(column string) int64 { return cents(t, r.Cells[tb.column(t, column)]) }
				if amount("Item Amount")+amount("Sales Tax") != amount("RCV") {
					t.Errorf("%s/%s:%d: amount and tax aren't the RCV", slug, name, r.Line)
				}
				if amount("RCV")-amount("Depreciation Amount") != amount("ACV") {
					off++
				}
				if amount("RCV") < 0 {
					credits++
				}
			}
			if off != f.Want.Unbalanced {
				t.Errorf("%s/%s: %d lines are off, want %d", slug, name, off, f.Want.Unbalanced)
			}
			if off > 0 {
				unbalanced++
			}
			if f.Want.Blank > 0 {
				reduced++
				isReduced(t, tb, f)
			}
			claim := slices.IndexFunc(rows, func(r decode.Row) bool { return r.Cells[claims.column(t, "ClaimNumber")] == f.ClaimNumber })
			if claim < 0 {
				t.Fatalf("%s/%s: no claim %q", slug, name, f.ClaimNumber)
			}
			for _, column := range []string{"RCV", "ACV"} {
				if got := cents(t, rows[claim].Cells[claims.column(t, column)]); got != f.Want.Cents[column] {
					t.Errorf("%s/%s: the claim list says %s %d, the lines %d", slug, name, column, got, f.Want.Cents[column])
				}
			}
		}
		if estimates != 12 || unbalanced != 1 || credits != 1 || reduced != 4 {
			t.Errorf("%s: %d estimates, %d off, %d credits, %d reduced; want 12, 1, 1, 4", slug, estimates, unbalanced, credits, reduced)
		}
	}
}

func isReduced(t *testing.T, tb table, f generate.File) {
	t.Helper()
	unnamed := 0
	for _, h := range tb.header {
		if strings.HasPrefix(h, "Column ") {
			unnamed++
		}
	}
	text := string(f.Data)
	if unnamed != 24 || f.Want.Blank != 528 || slices.Contains(tb.header, "Labor Minimum") || !strings.HasPrefix(text, "\ufeff#,") || strings.Count(text, "\r\n") != strings.Count(text, "\n") {
		t.Errorf("%s: %d columns without a name, %d blank rows, header %q", f.Name, unnamed, f.Want.Blank, tb.header)
	}
}

// TestSystemsMeet follows the ids from one system's files to another's.
func TestSystemsMeet(t *testing.T) {
	t.Parallel()
	for slug, c := range companies {
		all := demo(t, slug)
		ids := func(file, column string) map[string]int {
			found := map[string]int{}
			tb, rows := good(t, all[file])
			for _, r := range rows {
				if s := r.Cells[tb.column(t, column)]; s != "" {
					found[s]++
				}
			}
			return found
		}
		type link struct{ from, column, to, key string }
		links := []link{
			{"companycam-projects.csv", "integration_relation_id", "jobnimbus-jobs.csv", "jnid"},
			{"companycam-photos.csv", "project_id", "companycam-projects.csv", "id"},
			{"jobnimbus-jobs.csv", "primary_contact", "jobnimbus-contacts.csv", "display_name"},
		}
		if c.Excel {
			links = append(links, link{"jobnimbus-jobs.csv", "primary_contact_id", "jobnimbus-contacts.csv", "jnid"},
				link{"xactimate-claims.csv", "ClaimNumber", "acculynx-job-report.xlsx", "Claim Number"})
		}
		for _, l := range links {
			from, to := ids(l.from, l.column), ids(l.to, l.key)
			for id := range from {
				if to[id] == 0 {
					t.Errorf("%s: %s of %s is not in %s", slug, id, l.from, l.to)
				}
			}
			if len(from) < 80 {
				t.Errorf("%s: %s names only %d of %s", slug, l.from, len(from), l.to)
			}
		}
		for _, file := range []string{"jobnimbus-jobs.csv", "jobnimbus-contacts.csv"} {
			for id, n := range ids(file, "jnid") {
				if n > 1 {
					t.Errorf("%s: %s is in %s %d times", slug, id, file, n)
				}
			}
		}
	}
}

// contactRows tells what a table of WriteContacts holds.
func contactRows(t *testing.T, data []byte) generate.Want {
	t.Helper()
	tb := read(t, "contacts.csv", data)
	got := generate.Want{Rows: len(tb.rows), Reasons: map[string]int{}}
	seen := map[string]string{}
	for _, r := range tb.rows {
		switch id := r.Cells; {
		case r.Problem != nil:
			got.Errored++
			got.Reasons[r.Problem.Code]++
		case id[1] == "" && id[2] == "" && id[3] == "":
			got.Errored++
			got.Reasons["no_name"]++
		case seen[id[0]] != "":
			got.Repeats++
			if text := strings.Join(id, "\x1f"); seen[id[0]] != text {
				t.Fatalf("line %d: %q is not what was said before: %q", r.Line, text, seen[id[0]])
			}
		default:
			seen[id[0]] = strings.Join(id, "\x1f")
		}
	}
	return got
}

func TestWriteContacts(t *testing.T) {
	t.Parallel()
	for _, rows := range []int{0, 1, 2, 20_000} {
		var out strings.Builder
		want, err := generate.WriteContacts(&out, rows, 7)
		if err != nil {
			t.Fatal(err)
		}
		if rows == 0 {
			if out.String() != generate.ContactsHeader+"\r\n" {
				t.Errorf("without rows there is %q", out.String())
			}
			continue
		}
		if diff := cmp.Diff(want, contactRows(t, []byte(out.String()))); diff != "" {
			t.Errorf("%d rows (-want +got): %s", rows, diff)
		}
		if rows == 20_000 && (want.Errored < 300 || want.Errored > 500 || want.Repeats < 800 || want.Repeats > 1200 || len(want.Reasons) != 3) {
			t.Errorf("%d rows to set aside and %d repeats, want about 400 and 1,000; %v", want.Errored, want.Repeats, want.Reasons)
		}
	}
	if _, err := generate.WriteContacts(failing{}, 20_000, 7); err == nil {
		t.Error("no word about a full disk")
	}
	if _, err := generate.WriteContacts(failing{}, -1, 7); err == nil || !strings.Contains(err.Error(), "-1") {
		t.Errorf("minus one contact: %v", err)
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, fmt.Errorf("no space left on device") }

type discard struct{ bytes int }

func (d *discard) Write(p []byte) (int, error) {
	d.bytes += len(p)
	return len(p), nil
}

// TestWriteContactsMemory is alone in its process's memory statistics only as
// far as tests that aren't parallel run by themselves; hence it isn't.
func TestWriteContactsMemory(t *testing.T) { //nolint:paralleltest // see above
	allocated := func(rows int) uint64 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, err := generate.WriteContacts(&discard{}, rows, 7); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc
	}
	few, many := allocated(1000), allocated(200_000)
	if many > few+64<<10 {
		t.Errorf("200,000 rows allocate %d bytes, 1,000 rows %d: want no more", many, few)
	}
}

func BenchmarkWriteContacts(b *testing.B) {
	for b.Loop() {
		d := &discard{}
		if _, err := generate.WriteContacts(d, 1_000_000, 7); err != nil {
			b.Fatal(err)
		}
		b.SetBytes(int64(d.bytes))
	}
}
