package generate_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"github.com/skaiscraper/skai/internal/demo/generate"
	"github.com/skaiscraper/skai/internal/demo/generate/places"
	"github.com/skaiscraper/skai/internal/migration/decode"
)

var companies = map[string]generate.Company{"titan": generate.Titan, "prowest": generate.ProWest}

func files(t *testing.T, c generate.Company) map[string]generate.File {
	t.Helper()
	made, err := byName(c)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// demo are the files of a company of the demo, made once for all tests.
func demo(t *testing.T, slug string) map[string]generate.File {
	t.Helper()
	made, err := demos[slug]()
	if err != nil {
		t.Fatal(err)
	}
	return made
}

var demos = map[string]func() (map[string]generate.File, error){
	"titan":   sync.OnceValues(func() (map[string]generate.File, error) { return byName(generate.Titan) }),
	"prowest": sync.OnceValues(func() (map[string]generate.File, error) { return byName(generate.ProWest) }),
}

func byName(c generate.Company) (map[string]generate.File, error) {
	made, err := c.Files()
	named := map[string]generate.File{}
	for _, f := range made {
		named[f.Name] = f
	}
	if len(named) != len(made) {
		return nil, fmt.Errorf("%d files have %d names", len(made), len(named))
	}
	return named, err
}

// table is a file as the importer's decoder reads it, without header and titles.
type table struct {
	header []string
	rows   []decode.Row
	layout decode.Layout
}

func (tb table) column(t *testing.T, name string) int {
	t.Helper()
	i := slices.Index(tb.header, name)
	if i < 0 {
		t.Fatalf("no column %q in %q", name, tb.header)
	}
	return i
}

func read(t *testing.T, name string, data []byte) table {
	t.Helper()
	if strings.HasSuffix(name, ".xlsx") {
		return readWorkbook(t, data)
	}
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(path) //nolint:gosec // written above
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	layout, err := decode.Probe(t.Context(), file, name, func(h string) bool { return strings.Contains(designed, h+",") })
	if err != nil {
		t.Fatal(err)
	}
	return table{layout.Header, records(t, file, layout), layout}
}

func records(t *testing.T, file *os.File, layout decode.Layout) (rows []decode.Row) {
	t.Helper()
	r, err := decode.Open(context.Background(), file, layout)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	for {
		row, err := r.Next()
		if errors.Is(err, io.EOF) {
			return rows
		}
		if err != nil {
			t.Fatal(err)
		}
		if row.Kind != decode.Header && row.Kind != decode.Title {
			row.Cells = slices.Clone(row.Cells)
			rows = append(rows, row)
		}
	}
}

// readWorkbook takes the first row of more than one cell for the header.
func readWorkbook(t *testing.T, data []byte) table {
	t.Helper()
	book, err := excelize.OpenReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = book.Close() }()
	rows, err := book.GetRows(book.GetSheetName(0))
	if err != nil {
		t.Fatal(err)
	}
	var tb table
	for i, cells := range rows {
		switch {
		case tb.header == nil && len(cells) > 1:
			tb.header = cells
		case tb.header != nil:
			cells = append(cells, make([]string, len(tb.header)-len(cells))...)
			tb.rows = append(tb.rows, decode.Row{Line: i + 1, Kind: decode.Data, Cells: cells})
		}
	}
	return tb
}

// designed are the columns that such exports were seen with.
const designed = `Current Milestone,Last Touched Age (Days),Phone Number,Primary Contact: Email,Primary Contact: First Name,Primary Contact: Last Name,Work Type,Dead Lead Reason,` +
	`Job: Location Street 1,Job: Location City,Job: Location State,Job: Location Zip Code,Job: Location Address,Insurance Company,Claim Number,Date of Loss,Lead Source,Primary Salesperson,` +
	`Lead Date,Adjuster Name,Adjuster Phone,Adjuster Email,Job Trade Type,Prospect Date,Approved Date,Current Milestone Date,Job Value,` +
	`First Name,Last Name,Email,Phone,Mobile,Company,Address,City,State,Zip,AccuLynx ID,` +
	`jnid,recid,number,display_name,first_name,last_name,company,email,home_phone,mobile_phone,work_phone,fax_number,website,address_line1,address_line2,city,state_text,zip,country_name,` +
	`record_type_name,status_name,source_name,sales_rep_name,tags,is_active,is_archived,date_created,date_updated,date_status_change,approved_estimate_total,approved_invoice_total,` +
	`approved_invoice_due,primary_contact,date_start,date_end,` +
	`ClaimNumber,Carrier,PolicyNumber,LossDate,LossType,Status,RCV,ACV,Deductible,PropertyAddress,XactimateId,` +
	`id,name,street_address_1,street_address_2,state,postal_code,country,latitude,longitude,status,archived,primary_contact_name,primary_contact_email,primary_contact_phone,created_at,notepad,` +
	`photo_id,url,hash,description,captured_at,` +
	`#,Group Code,Group Description,Desc,Age,Condition,Qty,Item Amount,Reported Cost,Unit Cost,Unit,Coverage,Activity,Worker's Wage,Labor burden,Labor Overhead,Material,Equipment,` +
	`Market Conditions,Labor Minimum,Sales Tax,Life,Depreciation Type,Depreciation Amount,Recoverable,Tax,Replace,Cat,Sel,Owner,Original Vendor,Source Name,Date,Note 1,Unit Location,`

func TestHeaders(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for slug := range companies {
		for name, f := range demo(t, slug) {
			for _, h := range read(t, name, f.Data).header {
				seen[h] = true
			}
		}
	}
	for h := range strings.SplitSeq(strings.TrimSuffix(designed, ","), ",") {
		if !seen[h] {
			t.Errorf("no file has the column %q", h)
		}
	}
}

// contents are the bytes of a file, of a workbook those of its sheet: how well
// they are compressed is another matter.
func contents(t *testing.T, f generate.File) []byte {
	t.Helper()
	if !strings.HasSuffix(f.Name, ".xlsx") {
		return f.Data
	}
	tb := readWorkbook(t, f.Data)
	var b bytes.Buffer
	for _, r := range tb.rows {
		b.WriteString(strings.Join(r.Cells, "\x1f") + "\n")
	}
	return b.Bytes()
}

func TestSameSeedSameBytes(t *testing.T) {
	t.Parallel()
	golden := map[string]string{
		"titan":   "2d98205fa07d753dea6fda060ce2b0801cbed064a7b56c07313d76dd45108d4d",
		"prowest": "d258c12b5b9bec6e5af35321da7aabb2768c9c306bfcb80afc9356fd4b35438d",
	}
	for slug, c := range companies {
		once, again := demo(t, slug), files(t, c)
		sum := sha256.New()
		for _, name := range slices.Sorted(maps.Keys(once)) {
			if !bytes.Equal(once[name].Data, again[name].Data) {
				t.Errorf("%s: %s is another one the second time", slug, name)
			}
			if diff := cmp.Diff(once[name].Want, again[name].Want); diff != "" {
				t.Errorf("%s: the answer to %s is another one the second time: %s", slug, name, diff)
			}
			sum.Write(contents(t, once[name]))
		}
		if got := hex.EncodeToString(sum.Sum(nil)); got != golden[slug] {
			t.Errorf("%s: the files' SHA-256 is %s, was %s: if the generator was changed on purpose, write it down here", slug, got, golden[slug])
		}
	}
}

func TestOtherSeedOtherFiles(t *testing.T) {
	t.Parallel()
	c := generate.Titan
	c.Jobs = 200
	one := files(t, c)
	c.Seed++
	other := files(t, c)
	for name, f := range one {
		if o, ok := other[name]; ok && bytes.Equal(f.Data, o.Data) {
			t.Errorf("%s is the same with another seed", name)
		}
	}
}

// TestAnswer compares what the decoder finds with the known answer.
func TestAnswer(t *testing.T) {
	t.Parallel()
	for slug := range companies {
		for name, f := range demo(t, slug) {
			tb, w := read(t, name, f.Data), f.Want
			kinds, bad := map[decode.Kind]int{}, map[int]string{}
			for _, r := range tb.rows {
				kinds[r.Kind]++
				if r.Problem != nil {
					bad[r.Line] = r.Problem.Code
				}
			}
			if len(tb.rows) != w.Rows || kinds[decode.Blank] != w.Blank {
				t.Errorf("%s/%s: %d rows, %d of them blank; want %d and %d", slug, name, len(tb.rows), kinds[decode.Blank], w.Rows, w.Blank)
			}
			if len(w.Defects) != w.Errored || w.Good() < 1 {
				t.Errorf("%s/%s: %d rows are to be set aside, %d are listed; %d are good", slug, name, w.Errored, len(w.Defects), w.Good())
			}
			unreadable := map[int]string{}
			for _, d := range w.Defects {
				if d.Rule == "quote" || d.Rule == "too_many_cells" {
					unreadable[d.Line] = d.Rule
				} else {
					defectIsThere(t, tb, d)
				}
			}
			if diff := cmp.Diff(unreadable, bad); diff != "" {
				t.Errorf("%s/%s: lines that can't be read (-want +got): %s", slug, name, diff)
			}
		}
	}
}

func defectIsThere(t *testing.T, tb table, d generate.Defect) {
	t.Helper()
	for _, r := range tb.rows {
		if r.Line == d.Line {
			if d.Column != "" && r.Cells[tb.column(t, d.Column)] != d.Value {
				t.Errorf("line %d has %q in %s, want %+v", d.Line, r.Cells[tb.column(t, d.Column)], d.Column, d)
			}
			return
		}
	}
	t.Errorf("there is no line %d for %+v", d.Line, d)
}

func TestDefectsOfEachKind(t *testing.T) {
	t.Parallel()
	for slug, c := range companies {
		rules := map[string]int{}
		for _, f := range demo(t, slug) {
			for rule, n := range f.Want.Reasons {
				rules[rule] += n
			}
		}
		want := map[string]int{"money": 3, "date": 2, "unknown_stage": 1, "no_name": 2, "no_url": 1, "position": 1, "quote": 1, "too_many_cells": 1}
		if !c.Excel {
			want["quote"] = 2
		}
		if diff := cmp.Diff(want, rules); diff != "" {
			t.Errorf("%s (-want +got): %s", slug, diff)
		}
	}
}

func TestAnySize(t *testing.T) {
	t.Parallel()
	for _, jobs := range []int{1, 2, 3, 7, 40} {
		c := generate.ProWest
		c.Jobs = jobs
		for name, f := range files(t, c) {
			if f.Want.Rows < 1 || len(f.Data) == 0 {
				t.Errorf("%d jobs: %s is empty", jobs, name)
			}
		}
	}
}

func TestRefuses(t *testing.T) {
	t.Parallel()
	for words, spoil := range map[string]func(*generate.Company){
		"0 jobs":     func(c *generate.Company) { c.Jobs = 0 },
		"1000001":    func(c *generate.Company) { c.Jobs = generate.MaxJobs + 1 },
		"area codes": func(c *generate.Company) { c.AreaCodes = nil },
		"cities":     func(c *generate.Company) { c.Cities = nil },
		"AsOf":       func(c *generate.Company) { c.AsOf = time.Time{} },
		"Nowhere":    func(c *generate.Company) { c.Cities = []places.City{{Name: "Nowhere"}} },
		"2024-05-30": func(c *generate.Company) {
			c.Storms = []generate.Storm{{Day: time.Date(2024, 5, 30, 0, 0, 0, 0, time.UTC)}}
		},
		"Mars/Valles": func(c *generate.Company) { c.TimeZone = "Mars/Valles" },
	} {
		c := generate.Titan
		spoil(&c)
		if _, err := c.Files(); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("want an error with %q, got %v", words, err)
		}
	}
}

func TestWindows1252(t *testing.T) {
	t.Parallel()
	f := demo(t, "prowest")["acculynx-job-report.csv"]
	at := bytes.Index(f.Data, []byte("Realtor \x96 Ren\xe9e D."))
	if at < len(f.Data)*9/10 {
		t.Errorf("the bytes of Windows-1252 stand at %d of %d, want them late", at, len(f.Data))
	}
	if !utf8.Valid(f.Data[:at]) {
		t.Error("there is something else that is not UTF-8 before them")
	}
	tb := read(t, f.Name, f.Data)
	source := tb.column(t, "Lead Source")
	if !slices.ContainsFunc(tb.rows, func(r decode.Row) bool { return r.Problem == nil && r.Cells[source] == "Realtor – Renée D." }) {
		t.Error("no row reads Realtor – Renée D.")
	}
}

func TestSalespeople(t *testing.T) {
	t.Parallel()
	for slug, c := range companies {
		users, names := 0, map[string]bool{}
		for _, p := range c.Salespeople() {
			names[p.Name] = true
			if p.User {
				users++
			}
		}
		if len(names) != 12 || users != 8 {
			t.Errorf("%s has %d salespeople and %d users among them, want 12 and 8", c.Name, len(names), users)
		}
		for name, f := range demo(t, slug) {
			tb := read(t, name, f.Data)
			for _, column := range []string{"Primary Salesperson", "sales_rep_name", "creator_name"} {
				i := slices.Index(tb.header, column)
				for _, r := range tb.rows {
					if i >= 0 && r.Problem == nil && !names[r.Cells[i]] {
						t.Fatalf("%s: %q is none of them", name, r.Cells[i])
					}
				}
			}
		}
	}
}
