package generate

import (
	"strconv"
	"strings"
	"time"

	"github.com/skaiscraper/skai/internal/demo/generate/words"
)

var milestones = [...]string{
	lead: "Lead", prospect: "Prospect", approved: "Approved", completed: "Completed", invoiced: "Invoiced", closed: "Closed", dead: "Dead", cancelled: "Cancelled",
}

// reportHeader is what the report builder is asked for; who keeps the address in
// one column leaves its parts out.
func reportHeader(parts bool) []string {
	header := []string{"Current Milestone", "Last Touched Age (Days)", "Phone Number", "Primary Contact: Email", "Primary Contact: First Name", "Primary Contact: Last Name", "Work Type", "Dead Lead Reason"}
	if parts {
		header = append(header, "Job: Location Street 1", "Job: Location City", "Job: Location State", "Job: Location Zip Code")
	}
	return append(header, "Job: Location Address", "Insurance Company", "Claim Number", "Date of Loss", "Lead Source", "Primary Salesperson", "Lead Date",
		"Adjuster Name", "Adjuster Phone", "Adjuster Email", "Job Trade Type", "Prospect Date", "Approved Date", "Current Milestone Date", "Job Value")
}

// accuLynxReport is a line for each job.
func (w *world) accuLynxReport() (File, error) {
	d := w.rand("acculynx report")
	t := &table{header: reportHeader(w.Excel)}
	for _, j := range w.accuLynx {
		w.reportRow(d, t, j)
	}
	w.reportDefects(d, t)
	f := File{Name: "acculynx-job-report.csv", Source: "acculynx", Kind: "jobs"}
	if w.Excel {
		t.title = []string{w.Name, "Job Report: All Milestones", "Run " + w.AsOf.Format("1/2/2006") + " 8:00 AM"}
		data, err := t.xlsx("Job Report", reportCell)
		if err != nil {
			return File{}, err
		}
		f.Name, f.Data = "acculynx-job-report.xlsx", data
	} else {
		foreign(t)
		f.Data = t.csv(dialect{crlf: true, quoteAll: true})
	}
	f.Want = t.want("Job Value")
	return f, nil
}

// foreign puts two bytes of Windows-1252 into a late line that is ASCII otherwise.
func foreign(t *table) {
	for i := len(t.rows) * 95 / 100; i < len(t.rows); i++ {
		r := &t.rows[i]
		if r.raw == "" && r.rule == "" && isASCII(strings.Join(r.cells, "")) {
			t.cell(r, "Lead Source", "Realtor \u2013 Ren\u00e9e D.")
			r.windows1252 = true
			return
		}
	}
}

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r > 127 }) < 0
}

func (w *world) reportRow(d dice, t *table, j *job) *row {
	r := t.add(make([]string, len(t.header))...)
	set := func(column, value string) { t.cell(r, column, value) }
	r.stage = milestones[j.phase]
	set("Current Milestone", r.stage)
	set("Last Touched Age (Days)", strconv.Itoa(max(0, int(w.AsOf.Sub(j.changed).Hours()/24))))
	phone := j.who.phone
	if phone == "" {
		phone = j.who.mobile
	}
	set("Phone Number", phone)
	set("Primary Contact: Email", j.who.email)
	first, last := j.who.first, j.who.last
	if last == "" {
		last = j.who.company
	} else if j.who.company == "" && d.chance(2) && last[0] < 'a' {
		last += last // the report writes some surnames twice
		r.doubledName = true
	}
	set("Primary Contact: First Name", first)
	set("Primary Contact: Last Name", last)
	set("Work Type", j.workType)
	set("Dead Lead Reason", j.deadReason)
	for _, order := range words.Orders {
		r.doNotContact = r.doNotContact || j.deadReason == order
	}
	w.reportAddress(t, r, j)
	set("Lead Source", j.source)
	set("Primary Salesperson", j.sales)
	set("Lead Date", shortDate(j.created))
	set("Job Trade Type", j.trade)
	if j.phase >= prospect && j.phase <= closed {
		set("Prospect Date", shortDate(earlier(j.created.AddDate(0, 0, 2), j.changed)))
	}
	set("Approved Date", shortDate(j.sold))
	set("Current Milestone Date", shortDate(j.changed))
	if j.phase != lead {
		set("Job Value", dollars(j.value))
	}
	reportInsurance(d, t, r, j)
	return r
}

func (w *world) reportAddress(t *table, r *row, j *job) {
	street := j.at.street
	if j.at.unit != "" {
		street += " " + j.at.unit
	}
	t.cell(r, "Job: Location Address", street+", "+j.at.city+", "+j.at.state+" "+j.at.zip+" US")
	if !w.Excel {
		return
	}
	t.cell(r, "Job: Location Street 1", street)
	t.cell(r, "Job: Location City", j.at.city)
	t.cell(r, "Job: Location State", j.at.state)
	t.cell(r, "Job: Location Zip Code", j.at.zip)
}

func reportInsurance(d dice, t *table, r *row, j *job) {
	columns := []string{"Insurance Company", "Claim Number", "Date of Loss", "Adjuster Name", "Adjuster Phone", "Adjuster Email"}
	values := make([]string, len(columns))
	if c := j.cover; c != nil {
		values = []string{c.carrier, c.claim, shortDate(c.loss), c.adjuster, c.adjusterPhone, c.adjusterEmail}
		if j.phase == lead || j.phase == dead { // not filed yet, or never
			values[1], values[3], values[4], values[5] = "", "", "", ""
		}
	}
	na := d.chance(30)
	for i, column := range columns {
		if values[i] == "" && na {
			values[i] = "n/a"
		}
		t.cell(r, column, values[i])
	}
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// reportDefects are two rows that nobody can read for sure, and in a CSV a third.
func (w *world) reportDefects(d dice, t *table) {
	spoilt := func(rule, column, value string) row {
		j := job{}
		w.make(d, &j, w.Jobs+t.column(column))
		p := person{first: pick(d, words.First), last: "Brooks", phone: w.telephone(d)}
		j.who, j.phase, j.cover, j.deadReason = &p, approved, w.cover(d, w.Jobs+t.column(column)), ""
		r := *w.reportRow(d, t, &j)
		t.rows = t.rows[:len(t.rows)-1]
		t.cell(&r, column, value)
		r.rule, r.column = rule, column
		return r
	}
	bad := []row{spoilt("money", "Job Value", "TBD"), spoilt("date", "Date of Loss", "13/45/2024")}
	if !w.Excel {
		r := spoilt("quote", "Lead Source", "the \"Best\" roofer")
		r.raw = strings.Replace(string(cellsOf(r.cells, true)), `"the ""Best"" roofer"`, `"the "Best" roofer"`, 1)
		bad = append(bad, r)
	}
	t.spread(d, bad...)
}

// reportCell gives the workbook's cells the types that the report gives them:
// the lead date is a date of Excel, a loss is text.
func reportCell(column, value string) any {
	switch column {
	case "Last Touched Age (Days)", "Job: Location Zip Code":
		if n, err := strconv.Atoi(value); err == nil {
			return n
		}
	case "Job Value":
		if strings.HasPrefix(value, "$") {
			return float64(centsOf(value)) / 100
		}
	case "Lead Date", "Approved Date":
		if t, err := time.Parse("1/2/06", value); err == nil {
			return t
		}
	}
	return value
}

// accuLynxContacts are the contacts of every third job, with their ids.
func (w *world) accuLynxContacts() File {
	d := w.rand("acculynx contacts")
	t := &table{header: []string{"First Name", "Last Name", "Email", "Phone", "Mobile", "Company", "Address", "City", "State", "Zip", "AccuLynx ID"}}
	known := map[*person]bool{}
	for i, j := range w.accuLynx {
		if i%3 != 0 || known[j.who] {
			continue
		}
		known[j.who] = true
		p := j.who
		t.add(p.first, p.last, p.email, p.phone, p.mobile, p.company, j.at.street, j.at.city, j.at.state, j.at.zip, d.guid())
	}
	at := w.place(d)
	nobody := row{cells: []string{"", "", "info7@example.com", "", "", "", at.street, at.city, at.state, at.zip, d.guid()}, rule: "no_name"}
	comma := row{rule: "too_many_cells", raw: "Dale,Price,dale.price@example.org," + w.AreaCodes[0] + "-555-0177,,Price, Hill & Partners LLP," + at.street + "," + at.city + "," + at.state + "," + at.zip + "," + d.guid()}
	t.spread(d, nobody, comma)
	for range 2 {
		t.rows = append(t.rows, row{cells: make([]string, len(t.header)), blank: true})
	}
	return File{Name: "acculynx-contacts.csv", Source: "acculynx", Kind: "contacts", Data: t.csv(dialect{crlf: true}), Want: t.want()}
}

// guid is an id in the form that AccuLynx uses.
func (d dice) guid() string {
	return d.hex(8) + "-" + d.hex(4) + "-4" + d.hex(3) + "-a" + d.hex(3) + "-" + d.hex(12)
}
