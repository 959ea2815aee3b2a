// Package generate makes look-alikes of the files that contractors export from
// AccuLynx, JobNimbus, CompanyCam and Xactimate, with the quirks such files
// have, known defects and a known answer. The same company, seed and number of
// jobs give the same bytes, on every machine and on every day.
//
// The people, claims and amounts are made up: telephone numbers are those kept
// for fiction (555-0100 to 555-0199), e-mail addresses end in example.com or
// example.org. Nothing stands for a customer of anybody.
package generate

import (
	"errors"
	"fmt"
	"time"

	"github.com/skaiscraper/skai/internal/demo/generate/places"
	"github.com/skaiscraper/skai/internal/demo/generate/words"
)

// Company is a contractor whose exports are made.
type Company struct {
	Slug, Name string
	Colour     string        // of the brand, as #0b5a6b; "" keeps the program's own
	TimeZone   string        // IANA name; times of day in the exports are working hours there
	Cities     []places.City // where the customers live
	AreaCodes  []string
	Storms     []Storm // days on which many losses fall; without any, losses are scattered
	Jobs       int     // jobs in both systems together, at most MaxJobs
	Seed       uint64  // another seed gives another company of the same kind
	// Excel tells how the company exports: the AccuLynx report as a workbook with
	// titles above the header and the address in parts, the jobs of JobNimbus with
	// their contact's id and dates of loss as M/D/YYYY. Without it the report is a
	// CSV with the address in one column and two bytes of Windows-1252 late in it,
	// jobs know their contact by name, and dates of loss are Unix times.
	Excel bool
	AsOf  time.Time // the day of the export, midnight UTC; nothing is later
}

// MaxJobs is the most jobs of a company: its job report has to fit into one sheet of Excel.
const MaxJobs = 1_000_000

// File is one exported file.
type File struct {
	Name         string
	Data         []byte
	Source, Kind string // as the importer names them: acculynx, jobs
	ClaimNumber  string // estimates: the carrier's number of the claim it belongs to
	Want         Want
}

// Want is the known answer: what an importer has to find in a file.
type Want struct {
	// Rows are the records under the header, those that are blank and those
	// that have to be set aside included; the header and titles above it are not.
	Rows    int
	Blank   int // records of empty cells
	Errored int // records that have to be set aside
	Repeats int // records that say again what an earlier one with the same id said

	Reasons map[string]int // why records are set aside: rule -> records
	Defects []Defect       // the same one by one; nil from WriteContacts, which keeps no list

	Stages       map[string]int   // good records by the vendor's word for their stage
	Cents        map[string]int64 // column of money -> its sum over the good records
	DoNotContact int              // good records that hold an order not to contact somebody
	DoubledNames int              // good records whose surname is written twice
	Unbalanced   int              // line items whose ACV isn't RCV less depreciation
}

// Defect is a record that has to be set aside.
type Defect struct {
	Line          int // of the file, from 1; of a workbook the row
	Column, Value string
	Rule          string // money, date, unknown_stage, no_name, no_url, position, quote, too_many_cells
}

// Good are the records that become something.
func (w Want) Good() int { return w.Rows - w.Blank - w.Errored }

// Files makes the company's exports, in the order in which they are best
// imported. It fails where the company has no cities, area codes, jobs or time zone.
func (c Company) Files() ([]File, error) {
	loc, err := c.check()
	if err != nil {
		return nil, err
	}
	w := newWorld(c, loc)
	report, err := w.accuLynxReport()
	if err != nil {
		return nil, err
	}
	contacts, jobs := w.jobNimbus()
	projects, photos := w.companyCam()
	files := []File{w.accuLynxContacts(), report, contacts, jobs, w.xactimateClaims(), projects, photos}
	for i := range w.estimates {
		files = append(files, w.estimates[i].file(i))
	}
	return files, nil
}

func (c Company) check() (*time.Location, error) {
	switch {
	case c.Jobs < 1 || c.Jobs > MaxJobs:
		return nil, fmt.Errorf("a company of %d jobs can't be made; ask for 1 to %d", c.Jobs, MaxJobs)
	case len(c.Cities) == 0 || len(c.AreaCodes) == 0:
		return nil, errors.New("a company needs cities and area codes to take its customers from")
	case c.AsOf.IsZero():
		return nil, errors.New("a company needs the day of its export (AsOf)")
	}
	for _, city := range c.Cities {
		if len(city.ZIPs) == 0 || len(city.Streets) == 0 || city.Share < 1 {
			return nil, fmt.Errorf("the city %q needs ZIP codes, streets and a share of at least 1", city.Name)
		}
	}
	for _, s := range c.Storms {
		if s.Share < 1 {
			return nil, fmt.Errorf("the storm of %s needs a share of at least 1", s.Day.Format(time.DateOnly))
		}
	}
	loc, err := time.LoadLocation(c.TimeZone)
	if err != nil {
		return nil, fmt.Errorf("the time zone of the company: %w", err)
	}
	return loc, nil
}

// Salesperson is somebody whom the exports name as responsible.
type Salesperson struct {
	Name, Email string
	User        bool // has an account; the others have left, or never had one
}

// Salespeople are the company's twelve; four of them are no users.
func (c Company) Salespeople() []Salesperson {
	r := c.rand("salespeople")
	people := make([]Salesperson, 0, 12)
	taken := map[string]bool{}
	for len(people) < 12 {
		first, last := pick(r, words.First), pick(r, words.Last)
		if taken[last] || last == "Null" || last == "None" || ascii(last) != last {
			continue
		}
		taken[last] = true
		people = append(people, Salesperson{Name: first + " " + last, Email: mailbox(first, last) + "@" + c.Slug + ".example.com", User: len(people)%3 != 2})
	}
	return people
}
