package migration_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/migration"
	"github.com/skaiscraper/skai/internal/migration/report"
	"github.com/skaiscraper/skai/internal/migration/rows"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// house is an organisation to import into.
type house struct {
	*testing.T
	db  *postgres.DB
	ctx context.Context
	svc *migration.Service
	dir string
}

func newHouse(t *testing.T) house {
	t.Helper()
	db := dbtest.Shared(t)
	return openHouse(t, db, dbtest.Org(t, db, "titan").As(t, tenant.Admin))
}

func openHouse(t *testing.T, db *postgres.DB, ctx context.Context) house {
	t.Helper()
	dir := t.TempDir()
	blobs := dbtest.Blobs(t, db, filepath.Join(dir, "blobs"))
	return house{t, db, ctx, migration.New(db, blobs), dir}
}

// file writes a file of lines.
func (h house) file(name string, lines ...string) migration.FileOptions {
	h.Helper()
	path := filepath.Join(h.dir, name)
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\r\n")+"\r\n"), 0o600); err != nil {
		h.Fatal(err)
	}
	return migration.FileOptions{Path: path}
}

func (h house) run(o migration.Options) *report.Report {
	h.Helper()
	report, err := h.svc.Import(h.ctx, o)
	if err != nil {
		h.Fatalf("import: %v", err)
	}
	return report
}

func (h house) imports(files ...migration.FileOptions) *report.Report {
	h.Helper()
	return h.run(migration.Options{Files: files})
}

// rows gives what a query of one text column finds in the organisation.
func (h house) rows(sql string, args ...any) []string {
	h.Helper()
	found, err := postgres.Read(h.ctx, h.db, func(ctx context.Context, tx pgx.Tx) ([]string, error) {
		return postgres.Values[string](ctx, tx, sql, args...)
	})
	if err != nil {
		h.Fatal(err)
	}
	return found
}

func (h house) exec(sql string) {
	h.Helper()
	if err := postgres.Do(h.ctx, h.db, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, sql)
		return err
	}); err != nil {
		h.Fatal(err)
	}
}

func (h house) want(sql string, want ...string) {
	h.Helper()
	if diff := cmp.Diff(want, h.rows(sql)); diff != "" {
		h.Errorf("%s (-want +got):\n%s", sql, diff)
	}
}

// outcomes gives the counts of a file: created, updated, merged, unchanged, skipped, errored, blank.
func outcomes(f report.FileReport) [7]int64 {
	return [7]int64{f.Created, f.Updated, f.Merged, f.Unchanged, f.Skipped, f.Errored, f.Blank}
}

func wantOutcomes(t *testing.T, f report.FileReport, want [7]int64) {
	t.Helper()
	if got := outcomes(f); got != want {
		t.Errorf("%s: created, updated, merged, unchanged, skipped, errored, blank = %v, want %v", f.Name, got, want)
	}
	if f.Rows != f.Created+f.Updated+f.Merged+f.Unchanged+f.Skipped+f.Errored+f.Blank {
		t.Errorf("%s: %d rows are not the sum of the outcomes %v", f.Name, f.Rows, outcomes(f))
	}
	if f.Cells.Filled != f.Cells.Mapped+f.Cells.Extra+f.Cells.Errored {
		t.Errorf("%s: cells don't add up: %+v", f.Name, f.Cells)
	}
}

const contactsHeader = "First Name,Last Name,Email,Phone,Mobile,Company,Address,City,State,Zip,AccuLynx ID"

func TestImportContacts(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	f := h.file("contacts.csv", contactsHeader,
		`Pat,Null,pat@example.com,(602) 555-0123,,,12 Elm Court,Phoenix,AZ,85001,A1`,
		``,
		`Ann,O'Brien,ann@example.com; a2@example.com,602-555-0199 x12,,,1 Oak St #4,Mesa,Arizona,85201-1234,A2`,
		`Pat,Null,pat@example.com,(602) 555-0123,,,12 Elm Court,Phoenix,AZ,85001,A1`,
		`Pat,Null,pat@example.com,(602) 555-0123,(602) 555-0177,,12 Elm Court,Phoenix,AZ,85001,A1`,
		`,,,n/a,,Ocotillo HOA,,,,,A3`,
		`,,nobody@example.com,,,,,,,,A4`)
	report := h.imports(f)
	wantOutcomes(t, report.Files[0], [7]int64{3, 0, 1, 0, 1, 1, 1})
	h.want(`SELECT concat_ws('|', name, phone, email, street, unit, city, state, zip, created_by = updated_by) FROM contacts ORDER BY sort_name`,
		"Pat Null|+16025550123|pat@example.com|12 Elm Ct||Phoenix|AZ|85001|t",
		"Ann O'Brien|+16025550199|ann@example.com|1 Oak St|#4|Mesa|AZ|85201|t",
		"Ocotillo HOA||||||t")
	h.want(`SELECT jsonb_path_query_array(phones, '$[*].e164')::text FROM contacts WHERE last_name = 'Null'`, `["+16025550123", "+16025550177"]`)
	again := h.imports(f)
	wantOutcomes(t, again.Files[0], [7]int64{0, 0, 1, 3, 1, 1, 1})
	h.want(`SELECT DISTINCT version::text FROM contacts WHERE last_name <> 'Null'`, "1")
}

const jobsHeader = "Current Milestone,Primary Contact: First Name,Primary Contact: Last Name,Primary Contact: Email,Phone Number,Work Type,Dead Lead Reason," +
	"Job: Location Street 1,Job: Location City,Job: Location State,Job: Location Zip Code,Insurance Company,Claim Number,Date of Loss,Lead Source," +
	"Primary Salesperson,Lead Date,Adjuster Name,Adjuster Phone,Job Trade Type,Job Value"

func TestImportJobs(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	f := h.file("jobs.csv", jobsHeader,
		`Approved,Kim,SheaShea,kim@example.com,602-555-0101,Insurance,,9 Palm Ln,Phoenix,AZ,85003,State Farm,SF-100 1,6/19/25,Referral,Rico Diaz,6/20/25,Jo Park,480-555-0111,Roofing,"$12,500.75"`,
		`Lead,Lee,Wu,lee@example.com,602-555-0102,Retail,,11 Palm Ln,Phoenix,AZ,85003,,,,Door,rico  diaz,1/2/25,,,Gutters,`,
		`Dead,Lou,Cruz,,602-555-0103,Retail,***RED FILE DO NOT CONTACT***,13 Palm Ln,Phoenix,AZ,85003,,,,,,1/3/25,,,,`,
		`Closed,Kim,Shea,kim@example.com,602-555-0101,Insurance,,9 Palm Lane,Phoenix,AZ,85003,State Farm,sf1002,6/19/25,,,6/21/25,Jo Park,480-555-0111,,100`,
		`Kickoff!,Al,Ray,,,Insurance,,15 Palm Ln,Phoenix,AZ,85003,,,,,,1/3/25,,,,`,
		`Invoiced,Bo,Ray,,,Insurance,,17 Palm Ln,Phoenix,AZ,85003,USAA,U1,13/45/24,,,1/3/25,,,,TBD`)
	report := h.imports(f)
	wantOutcomes(t, report.Files[0], [7]int64{4, 0, 0, 0, 0, 2, 0})
	h.want(`SELECT concat_ws('|', number, c.stage, c.kind, carrier, claim_number, date_of_loss, rcv, source_stage, k.name, p.address, a.name, s.name, s.kind)
		FROM claims c JOIN contacts k ON k.id = c.contact_id JOIN properties p ON p.id = c.property_id JOIN contacts a ON a.id = c.adjuster_id LEFT JOIN people s ON s.id = c.assignee_id ORDER BY number`,
		"1|approved|insurance|State Farm|SF-100 1|2025-06-19|1250075|Approved|Kim Shea|9 Palm Ln, Phoenix, AZ 85003|Jo Park|rico diaz|placeholder",
		"2|closed|insurance|State Farm|sf1002|2025-06-19|10000|Closed|Kim Shea|9 Palm Ln, Phoenix, AZ 85003|Jo Park")
	h.want(`SELECT concat_ws('|', l.title, l.stage, l.kind, k.do_not_contact, l.created_at::date, s.name) FROM leads l JOIN contacts k ON k.id = l.contact_id LEFT JOIN people s ON s.id = l.assignee_id ORDER BY l.title`,
		"Lee Wu|new|retail|f|2025-01-02|rico diaz", "Lou Cruz|lost|retail|t|2025-01-03")
	h.want(`SELECT concat_ws('|', count(*), count(*) FILTER (WHERE role = 'adjuster')) FROM contacts`, "4|1")
	h.want(`SELECT count(*)::text FROM properties`, "3")
	h.want(`SELECT extra::text FROM leads WHERE title = 'Lee Wu'`, `{"acculynx": {"Job Trade Type": "Gutters"}}`)
	h.want(`SELECT concat_ws('|', line, outcome) FROM import_rows WHERE outcome = 'errored' ORDER BY line`, "6|errored", "7|errored")
	h.want(`SELECT concat_ws('|', column_name, value, rule) FROM import_problems WHERE severity = 'error' ORDER BY ordinal, column_name`,
		"Current Milestone|Kickoff!|unknown_stage", "Date of Loss|13/45/24|date", "Job Value|TBD|money")
	if again := h.imports(f); again.Files[0].Unchanged != 4 || again.Files[0].Errored != 2 {
		t.Errorf("the same file again: %v, want 4 unchanged and 2 errored", outcomes(again.Files[0]))
	}
	h.want(`SELECT DISTINCT version::text FROM claims`, "1")

	mapped := f
	mapped.Mapping = &rows.Mapping{Stages: map[string]string{"Kickoff!": "approved"}}
	wantOutcomes(t, h.imports(mapped).Files[0], [7]int64{1, 0, 0, 4, 0, 1, 0})
	h.want(`SELECT max(number) || '|' || count(*) FROM claims`, "3|3")
}

func TestImportRelatedFilesWhateverTheirOrder(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	claims := h.file("claims.csv", "Claim Number,Insurance Carrier,Policy Number,Date of Loss,Type of Loss,Status,Estimated Value,Approved Value,Deductible,Description,Property Address",
		`C-9,Allstate,P1,9/14/2024,Hail & Wind,Approved,"$20,000.00",18000,1000,full roof,"12 Elm Court, Phoenix, AZ 85001"`)
	properties := h.file("properties.csv", "Property Address,Property Type,Year Built,Square Footage,Roof Type,Roof Age,Contact Email",
		`"12 Elm Ct, Phoenix, AZ 85001",Residential,1987,"2,400",Shingle,12,pat@example.com`)
	leads := h.file("leads.csv", "Lead Name,Source,Stage,Temperature,Value,Description,Contact Email",
		`Null roof,Web,Contacted,Hot,5000,,pat@example.com`, `Other,Web,Contacted,Hot,,,gone@example.com`)
	contacts := h.file("contacts.csv", contactsHeader, `Pat,Null,pat@example.com,,,,,,,,A1`)
	report := h.imports(claims, leads, properties, contacts)
	for i, want := range []int64{1, 2, 1, 1} {
		if report.Files[i].Created != want {
			t.Errorf("%s: %v", report.Files[i].Name, outcomes(report.Files[i]))
		}
	}
	h.want(`SELECT concat_ws('|', c.claim_number, c.peril, c.rcv, c.approved, p.year_built, p.square_feet, k.name) FROM claims c JOIN properties p ON p.id = c.property_id JOIN contacts k ON k.id = p.owner_id`,
		"C-9|hail|2000000|1800000|1987|2400|Pat Null")
	h.want(`SELECT concat_ws('|', l.title, k.name) FROM leads l LEFT JOIN contacts k ON k.id = l.contact_id ORDER BY l.title`, "Null roof|Pat Null", "Other")
	h.want(`SELECT rule FROM import_problems`, "contact_not_found")
	if len(report.Amounts) == 0 || report.Amounts[0].Differs != 0 {
		t.Errorf("amounts don't reconcile: %+v", report.Amounts)
	}
}

func TestChangedRowsUpdateButNeverAnEditedRecord(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.imports(h.file("contacts.csv", contactsHeader, `Pat,Null,,602-555-0123,,,,,,,A1`, `Ann,Lee,,602-555-0124,,,,,,,A2`))
	h.exec(`UPDATE contacts SET first_name = 'Patricia', updated_at = now() + interval '1 second' WHERE last_name = 'Null'`)
	report := h.imports(h.file("contacts2.csv", contactsHeader, `Pat,Null,pat@example.com,602-555-0199,,,,,,,A1`, `Anna,Lee,,,,,,,,,A2`))
	wantOutcomes(t, report.Files[0], [7]int64{0, 1, 1, 0, 0, 0, 0})
	h.want(`SELECT concat_ws('|', name, phone, email) FROM contacts ORDER BY sort_name`, "Anna Lee|+16025550124", "Patricia Null|+16025550123|pat@example.com")
	h.want(`SELECT before ->> 'first_name' FROM import_changes ORDER BY 1`, "Ann", "Patricia")
}

func TestDryRunCountsWhatTheRunDoes(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	files := []migration.FileOptions{
		h.file("contacts.csv", contactsHeader, `Pat,Null,,602-555-0123,,,,,,,A1`, `,,,,,,,,,,A2`, `Pat,Null,,602-555-0123,,,,,,,A1`),
		h.file("jobs.csv", jobsHeader, `Approved,Kim,Shea,kim@example.com,602-555-0101,Insurance,,9 Palm Ln,Phoenix,AZ,85003,State Farm,SF1,6/19/25,,Rico,6/20/25,,,,100`),
	}
	dry := h.run(migration.Options{Files: files, DryRun: true})
	h.want(`SELECT concat_ws('|', (SELECT count(*) FROM contacts), (SELECT count(*) FROM import_rows), (SELECT count(*) FROM external_refs), (SELECT count(*) FROM people WHERE kind = 'placeholder'))`, "0|0|0|0")
	wet := h.imports(files...)
	if diff := cmp.Diff(dry.Files, wet.Files); diff != "" {
		t.Errorf("dry run and run differ (-dry +run):\n%s", diff)
	}
	if diff := cmp.Diff(dry.Amounts, wet.Amounts); diff != "" {
		t.Errorf("amounts of dry run and run differ (-dry +run):\n%s", diff)
	}
	h.want(`SELECT concat_ws('|', (SELECT count(*) FROM contacts), (SELECT count(*) FROM claims))`, "2|1")
}

func TestStrictRunWithErrorsWritesNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	report := h.run(migration.Options{Strict: true, Files: []migration.FileOptions{h.file("contacts.csv", contactsHeader, `Pat,Null,,,,,,,,,A1`, `,,,,,,,,,,A2`)}})
	if report.Failure == "" || report.Errored() != 1 {
		t.Errorf("strict run: failure %q, %d errored", report.Failure, report.Errored())
	}
	h.want(`SELECT concat_ws('|', (SELECT count(*) FROM contacts), (SELECT count(*) FROM import_rows), (SELECT state FROM import_runs))`, "0|0|failed")
}

func TestLedgerHoldsTheFile(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	content := "\ufeffReport of today\r\n\r\nFirst Name,Last Name,Email,Phone,Mobile,Company,Address,City,State,Zip,AccuLynx ID\r\nPat,\"Nu\"\"ll\",,,,,,,,,A1\nbad \"row,x\r\n,,,,,,,,,,\r\nAnn,\"two\nlines\",,,,,,,,,A2"
	f := h.file("contacts.csv")
	if err := os.WriteFile(f.Path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	h.imports(f)
	h.want(`SELECT convert_from(string_agg(raw, ''::bytea ORDER BY ordinal), 'UTF8') FROM import_rows`, content)
}

func TestEstimate(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.imports(h.file("claims.csv", "ClaimNumber,Carrier,PolicyNumber,LossDate,LossType,Status,RCV,ACV,Deductible,PropertyAddress,XactimateId", `SF-1,State Farm,P,2024-09-14,Hail,Approved,100,90,10,"1 Elm St, Mesa, AZ 85201",X1`))
	header := "#,Group Code,Group Description,Desc,Age,Condition,Qty,Item Amount,Reported Cost,Unit Cost,Unit,Coverage,Activity,Sales Tax,RCV,Life,Depreciation Type,Depreciation Amount,Recoverable,ACV,Tax,Replace,Cat,Sel"
	line := func(n, qty, amount, rcv, dep, acv string) string {
		return n + `,SKETCH,Roof,Tear off "laminated" shingles,10,Avg,` + qty + `,` + amount + `,,51.0001,SQ,Dwelling,&,$1.00,` + rcv + `,30,Percent,` + dep + `,Yes,` + acv + `,Yes,,RFG,300`
	}
	e := h.file("roof.csv", header, line("1", "24.33", `"$1,240.83"`, "1241.83", "100", "1141.83"), line("2", "1", "-50.00", "-49.00", "", "(49.00)"))
	if _, err := h.svc.Import(h.ctx, migration.Options{Files: []migration.FileOptions{e}}); err == nil || !strings.Contains(err.Error(), "--claim") {
		t.Errorf("an estimate without a claim: %v", err)
	}
	e.Claim = "SF1"
	report := h.imports(e)
	wantOutcomes(t, report.Files[0], [7]int64{2, 0, 0, 0, 0, 0, 0})
	h.want(`SELECT concat_ws('|', e.name, line_count, item_total, tax, e.rcv, depreciation, recoverable, e.acv, c.number) FROM estimates e JOIN claims c ON c.id = e.claim_id`, "roof|2|119083|200|119283|10000|10000|109283|1")
	h.want(`SELECT concat_ws('|', position, category, selector, quantity, unit_price, unit, description, flags) FROM estimate_lines ORDER BY position`,
		`1|RFG|300|24.3300|51.0001|SQ|Tear off "laminated" shingles|{}`, `2|RFG|300|1.0000|51.0001|SQ|Tear off "laminated" shingles|{credit}`)
	wantOutcomes(t, h.imports(e).Files[0], [7]int64{0, 0, 0, 2, 0, 0, 0})
	changed := h.file("roof.csv", header, line("1", "25", "1275", "1276", "100", "1176"))
	changed.Claim = "1"
	wantOutcomes(t, h.imports(changed).Files[0], [7]int64{0, 1, 0, 0, 0, 0, 0})
	h.want(`SELECT concat_ws('|', line_count, rcv) FROM estimates`, "1|127600")
}

func TestAnotherOrganisationSeesNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	report := h.imports(h.file("contacts.csv", contactsHeader, `Pat,Null,,,,,,,,,A1`, `,,,,,,,,,,A2`))
	other := openHouse(t, h.db, dbtest.Org(t, h.db, "prowest").As(t, tenant.Owner))
	other.want(`SELECT concat_ws('|', (SELECT count(*) FROM contacts), (SELECT count(*) FROM import_rows), (SELECT count(*) FROM external_refs))`, "0|0|0")
	if _, err := other.svc.ReportOf(other.ctx, report.Run); !fault.Is(err, fault.KindNotFound) {
		t.Errorf("another organisation's report: %v, want not found", err)
	}
	if _, err := other.svc.OriginOf(other.ctx, report.Run, 1, 2); !fault.Is(err, fault.KindNotFound) {
		t.Errorf("another organisation's row: %v, want not found", err)
	}
	if _, err := other.svc.Resume(other.ctx, report.Run, "", nil); !fault.Is(err, fault.KindNotFound) {
		t.Errorf("resuming another organisation's run: %v, want not found", err)
	}
}

func TestWhoMayImport(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	org := dbtest.Org(t, db, "titan")
	for role, allowed := range map[tenant.Role]bool{tenant.Owner: true, tenant.Admin: true, tenant.Manager: false, tenant.Member: false, tenant.Viewer: false} {
		h := openHouse(t, db, org.As(t, role))
		_, err := h.svc.Import(h.ctx, migration.Options{DryRun: true, Files: []migration.FileOptions{h.file("contacts.csv", contactsHeader, `Pat,Null,,,,,,,,,A1`)}})
		if allowed != (err == nil) || !allowed && !fault.Is(err, fault.KindForbidden) {
			t.Errorf("%s: %v, allowed should be %v", role, err, allowed)
		}
	}
}
