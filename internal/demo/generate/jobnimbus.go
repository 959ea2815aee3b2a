package generate

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/skaiscraper/skai/internal/demo/generate/words"
)

var (
	contactHeader = []string{
		"jnid", "recid", "number", "display_name", "first_name", "last_name", "company", "email", "home_phone", "mobile_phone", "work_phone", "fax_number", "website",
		"address_line1", "address_line2", "city", "state_text", "zip", "country_name", "record_type_name", "status_name", "source_name", "sales_rep_name", "tags",
		"description", "is_active", "is_archived", "date_created", "date_updated", "date_status_change",
		// Custom fields.
		"Spouse Name", "Preferred Contact Method", "Referred By", "HOA Name", "Gate Code", "Dog In Yard", "Mortgage Company", "Canvass Route", "Yard Sign OK",
		"Review Requested", "Birthday", "Best Time To Call", "Language", "Roof Color", "Second Owner",
	}
	jobHeader = []string{
		"jnid", "recid", "number", "name", "primary_contact", "primary_contact_id", "record_type_name", "status_name", "source_name", "sales_rep_name",
		"address_line1", "address_line2", "city", "state_text", "zip", "date_created", "date_updated", "date_status_change", "date_start", "date_end",
		"approved_estimate_total", "approved_invoice_total", "approved_invoice_due", "description", "tags", "is_archived",
		// Custom fields.
		"Insurance Company", "Claim Number", "Policy Number", "Date of Loss", "Type of Loss", "RCV", "ACV", "Deductible", "Depreciation Withheld", "Adjuster Name",
		"Adjuster Phone", "Permit Number", "Shingle Color", "Layers", "Mortgage Company",
	}
)

// jobNimbus are the contacts and jobs of the part of the company that works with
// JobNimbus.
func (w *world) jobNimbus() (contacts, jobs File) {
	d := w.rand("jobnimbus")
	ct, jt := &table{header: contactHeader}, &table{header: jobHeader}
	if !w.Excel {
		jt.header = slices.DeleteFunc(slices.Clone(jobHeader), func(h string) bool { return h == "primary_contact_id" })
	}
	for i, j := range w.jobNimbusJobs {
		if j.who.jnid == "" {
			j.who.jnid = d.id(25)
			w.contactRow(d, ct, j, len(ct.rows)+1)
		}
		w.jobRow(d, jt, j, i+1)
		if i%20 == 19 { // somebody who never had a job
			lone := *j
			p := w.person(d)
			p.jnid = d.id(25)
			lone.who, lone.at, lone.phase, lone.cover = &p, w.place(d), lead, nil
			w.contactRow(d, ct, &lone, len(ct.rows)+1)
		}
	}
	w.contactDefects(d, ct)
	w.jobDefects(d, jt)
	how := dialect{crlf: w.Excel}
	return File{Name: "jobnimbus-contacts.csv", Source: "jobnimbus", Kind: "contacts", Data: ct.csv(how), Want: ct.want()},
		File{Name: "jobnimbus-jobs.csv", Source: "jobnimbus", Kind: "jobs", Data: jt.csv(how), Want: jt.want("RCV", "ACV", "Deductible", "approved_estimate_total")}
}

func (w *world) contactRow(d dice, t *table, j *job, number int) *row {
	p := j.who
	r := t.add(make([]string, len(t.header))...)
	status := "Active"
	switch {
	case j.phase <= prospect:
		status = "New"
	case j.phase >= dead:
		status = "Inactive"
	}
	home, work := p.phone, ""
	if p.company != "" {
		home, work = "", p.phone
	}
	t.fill(r, map[string]string{
		"jnid": p.jnid, "recid": strconv.Itoa(40_000 + number), "number": strconv.Itoa(1000 + number), "display_name": p.display(), "first_name": p.first,
		"last_name": p.last, "company": p.company, "email": p.email, "home_phone": home, "mobile_phone": p.mobile, "work_phone": work,
		"address_line1": j.at.street, "address_line2": j.at.unit, "city": j.at.city, "state_text": j.at.state, "zip": j.at.zip, "country_name": "United States",
		"record_type_name": "Customer", "status_name": status, "source_name": j.source, "sales_rep_name": j.sales, "is_active": "true", "is_archived": "false",
		"date_created": d.unix(j.created), "date_updated": d.unix(j.changed), "date_status_change": d.unix(j.changed),
	})
	if d.chance(20) {
		t.cell(r, "tags", pick(d, words.JobTags)+", "+pick(d, words.JobTags))
	}
	for column, values := range customOfContact {
		if d.chance(30) {
			t.cell(r, contactHeader[30+column], pick(d, values))
		}
	}
	return r
}

// customOfContact are values of the custom columns, in their order.
var customOfContact = [15][]string{
	words.AdjusterFirst,
	{"Text", "Call", "Email"},
	{"Neighbor", "Agent", "Yard sign"},
	{"Desert Ridge HOA", "Stapleton MCA", "n/a"},
	{"#4471", "1984#", "0220"},
	{"Yes", "No"},
	words.Lenders,
	{"R-12", "R-7", "West 3"},
	{"Yes", "No"},
	{"Yes", "No"},
	{"4/12/1961", "11/30/1978", "7/4/1985"},
	{"Evenings", "Before 9", "Weekends"},
	{"English", "Spanish", "Vietnamese"},
	words.Shingles,
	{"Trust", "Brother", "n/a"},
}

// fill sets the cells of a row by their columns' names.
func (t *table) fill(r *row, cells map[string]string) {
	for column, value := range cells {
		if value != "" {
			t.cell(r, column, value)
		}
	}
}

// statuses are the words of JobNimbus for a phase, first those of a job without
// an insurer, then the others.
var statuses = [...][2][]string{
	lead:      {{"Lead", "Contacted"}, {"Lead", "Contacted"}},
	prospect:  {{"Appointment Scheduled", "Estimate Sent"}, {"Appointment Scheduled", "Estimate Sent"}},
	approved:  {{"Signed Contract", "In Production"}, {"Pending Insurance", "Adjuster Meeting", "Signed Contract", "In Production"}},
	completed: {{"Job Completed"}, {"Job Completed"}},
	invoiced:  {{"Invoiced", "Pending Payments"}, {"Invoiced", "Pending Payments"}},
	closed:    {{"Paid & Closed"}, {"Paid & Closed"}},
	dead:      {{"Lost"}, {"Lost"}},
	cancelled: {{"Lost"}, {"Denied"}},
}

func (w *world) jobRow(d dice, t *table, j *job, number int) *row {
	if j.jnid == "" {
		j.jnid = d.id(25)
	}
	insured := 0
	if j.cover != nil {
		insured = 1
	}
	r := t.add(make([]string, len(t.header))...)
	r.stage = pick(d, statuses[j.phase][insured])
	t.fill(r, map[string]string{
		"jnid": j.jnid, "recid": strconv.Itoa(60_000 + number), "number": strconv.Itoa(2000 + number), "name": j.who.display() + " - " + j.trade,
		"primary_contact": j.who.display(), "record_type_name": j.workType, "status_name": r.stage, "source_name": j.source, "sales_rep_name": j.sales,
		"address_line1": j.at.street, "address_line2": j.at.unit, "city": j.at.city, "state_text": j.at.state, "zip": j.at.zip,
		"date_created": d.unix(j.created), "date_updated": d.unix(j.changed), "date_status_change": d.unix(j.changed),
		"date_start": d.unix(j.sold), "date_end": "0", "is_archived": "false",
	})
	if w.Excel {
		t.cell(r, "primary_contact_id", j.who.jnid)
	}
	if j.phase >= approved && j.phase <= closed {
		due := int64(0)
		if j.phase == invoiced {
			due = j.value / 2
		}
		t.fill(r, map[string]string{
			"approved_estimate_total": plain(j.value), "approved_invoice_total": plain(j.value), "approved_invoice_due": plain(due),
			"Permit Number": "BLD-" + strconv.Itoa(d.between(24_000, 26_999)), "Shingle Color": pick(d, words.Shingles), "Layers": strconv.Itoa(d.between(1, 2)),
			"description": pick(d, words.JobNotes), "Mortgage Company": pick(d, words.Lenders),
		})
	}
	if j.phase >= approved && j.phase != dead && j.cover != nil {
		w.jobInsurance(d, t, r, j.cover)
	}
	return r
}

func (w *world) jobInsurance(d dice, t *table, r *row, c *cover) {
	loss := c.loss.Format("1/2/2006")
	if !w.Excel {
		loss = d.unix(time.Date(c.loss.Year(), c.loss.Month(), c.loss.Day(), 0, 0, 0, 0, w.loc))
	}
	t.fill(r, map[string]string{
		"Insurance Company": c.carrier, "Claim Number": c.claim, "Policy Number": c.policy, "Date of Loss": loss, "Type of Loss": c.peril,
		"RCV": d.mixed(c.rcv), "ACV": d.mixed(c.acv), "Deductible": d.mixed(c.deductible), "Depreciation Withheld": d.mixed(c.depreciation),
		"Adjuster Name": c.adjuster, "Adjuster Phone": c.adjusterPhone,
	})
}

// contactDefects are a contact without any name and a row whose quotes don't add up.
func (w *world) contactDefects(d dice, t *table) {
	spoilt := func() row {
		p := w.person(d)
		p.first, p.last, p.company, p.jnid = "Dale", "Hayes", "", d.id(25)
		j := job{who: &p, at: w.place(d), source: "Website", sales: w.sales[0].Name, created: w.AsOf.AddDate(0, -3, 0), changed: w.AsOf.AddDate(0, -2, 0)}
		r := *w.contactRow(d, t, &j, 90_000+d.IntN(9999))
		t.rows = t.rows[:len(t.rows)-1]
		return r
	}
	nobody, quote := spoilt(), spoilt()
	for _, column := range []string{"display_name", "first_name", "last_name"} {
		t.cell(&nobody, column, "")
	}
	nobody.rule = "no_name"
	quote.rule, quote.column = "quote", "description"
	t.cell(&quote, "description", "QUOTE")
	quote.raw = strings.Replace(string(cellsOf(quote.cells, false)), "QUOTE", `"wants the 6" gutters, not 5"`, 1)
	t.spread(d, nobody, quote)
}

// jobDefects are a status that nobody has explained and an amount that is none.
func (w *world) jobDefects(d dice, t *table) {
	spoilt := func(i int) row {
		j := job{}
		w.make(d, &j, w.Jobs+100+i)
		p := w.person(d)
		p.first, p.last, p.jnid = "Marcus", "Ellis", d.id(25)
		j.who, j.phase, j.cover = &p, approved, w.cover(d, w.Jobs+100+i)
		r := *w.jobRow(d, t, &j, 90_000+i)
		t.rows = t.rows[:len(t.rows)-1]
		return r
	}
	word, amount := spoilt(0), spoilt(1)
	word.rule, word.column = "unknown_stage", "status_name"
	t.cell(&word, "status_name", "Ask Carl 2nd look")
	amount.rule, amount.column = "money", "RCV"
	t.cell(&amount, "RCV", "TBD")
	t.spread(d, word, amount)
}
