package generate

import "strconv"

// xactimateStatus are the words of the claim list for how far a job has come.
var xactimateStatus = [...][]string{
	approved: {"Estimated", "Approved", "Uploaded"}, completed: {"Completed"}, invoiced: {"Invoiced"}, closed: {"Closed"},
}

// xactimateClaims are claims that the job report has too, under the same number.
func (w *world) xactimateClaims() File {
	d := w.rand("xactimate claims")
	t := &table{header: []string{"ClaimNumber", "Carrier", "PolicyNumber", "LossDate", "LossType", "Status", "RCV", "ACV", "Deductible", "PropertyAddress", "XactimateId"}}
	for _, j := range w.claims {
		w.claimRow(d, t, j)
	}
	spoilt := func(i int, rule, column, value string) row {
		j := job{at: w.place(d), phase: approved, cover: w.cover(d, w.Jobs+200+i)}
		r := *w.claimRow(d, t, &j)
		t.rows = t.rows[:len(t.rows)-1]
		r.rule, r.column = rule, column
		t.cell(&r, column, value)
		return r
	}
	t.spread(d, spoilt(0, "money", "RCV", "TBD"), spoilt(1, "date", "LossDate", "13/45/2024"))
	return File{
		Name: "xactimate-claims.csv", Source: "xactimate", Kind: "claims", Data: t.csv(dialect{bom: true, crlf: true}), Want: t.want("RCV", "ACV", "Deductible"),
	}
}

func (w *world) claimRow(d dice, t *table, j *job) *row {
	c := j.cover
	status := pick(d, xactimateStatus[j.phase])
	r := t.add(c.claim, c.carrier, c.policy, c.loss.Format("01/02/2006"), c.peril, status, d.mixed(c.rcv), d.mixed(c.acv), d.mixed(c.deductible), j.at.line(), c.id)
	r.stage = status
	return r
}

// estimate is what Xactimate exports of one estimate: the lines, and nothing
// about the claim they belong to.
type estimate struct {
	claim, insured string
	table          *table
	reduced        bool // the export without the labor columns
}

func (e *estimate) file(i int) File {
	name := mailbox("", e.insured)
	if name == "." {
		name = ".estimate"
	}
	number := strconv.Itoa(i + 1)
	if i < 9 {
		number = "0" + number
	}
	return File{
		Name: "xactimate-estimate-" + number + "-" + name[1:] + ".csv", Source: "xactimate", Kind: "estimate", ClaimNumber: e.claim,
		Data: e.table.csv(dialect{bom: true, crlf: true}), Want: e.table.want("Item Amount", "Sales Tax", "RCV", "Depreciation Amount", "ACV"),
	}
}

// fullEstimate are the columns of one kind of export; reducedEstimate those of
// the other, which has 24 without a name behind them.
var (
	fullEstimate = []string{
		"#", "Group Code", "Group Description", "Desc", "Age", "Condition", "Qty", "Item Amount", "Reported Cost", "Unit Cost", "Unit", "Coverage", "Activity",
		"Worker's Wage", "Labor burden", "Labor Overhead", "Material", "Equipment", "Market Conditions", "Labor Minimum", "Sales Tax", "RCV", "Life",
		"Depreciation Type", "Depreciation Amount", "Recoverable", "ACV", "Tax", "Replace", "Cat", "Sel", "Owner", "Original Vendor", "Source Name", "Date", "Note 1",
	}
	reducedEstimate = []string{
		"#", "Group Code", "Group Description", "Desc", "Age", "Condition", "Qty", "Item Amount", "Reported Cost", "Unit Cost", "Unit Location", "Coverage", "Activity",
		"Sales Tax", "RCV", "Life", "Depreciation Type", "Depreciation Amount", "Recoverable", "ACV", "Tax", "Replace", "Cat", "Sel", "Owner", "Original Vendor",
		"Source Name", "Date", "Note 1", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "",
	}
)

// blankRows stand in the reduced export: behind each group, the most at its end.
const blankRows = 528

// estimate writes the i-th estimate and makes the claim's figures its sums.
// Every third lacks the labor columns; the second holds a credit; in the fourth
// some lines' ACV is not RCV less depreciation.
func (w *world) estimate(j *job, i int) estimate {
	d := w.rand("estimate " + strconv.Itoa(i))
	e := estimate{claim: j.cover.claim, insured: j.who.last, reduced: i%3 == 2, table: &table{header: fullEstimate}}
	if e.reduced {
		e.table.header = reducedEstimate
	}
	s := scope{d: d, job: j, e: &e, taxRate: int64(d.between(560, 881)), date: j.sold.Format("1/2/2006"), credit: i == 1, unbalanced: i == 3}
	for code, group := range groups {
		if code > 1 && d.chance(45) {
			continue // no gutters, or no screens, on this house
		}
		s.group(code, group)
	}
	j.cover.rcv, j.cover.acv, j.cover.depreciation = s.rcv, s.acv, s.depreciation
	j.value = s.rcv
	if e.reduced {
		for len(e.table.rows) < blankRows+s.lines {
			e.blank()
		}
	}
	return e
}

func (e *estimate) blank() {
	e.table.rows = append(e.table.rows, row{cells: make([]string, len(e.table.header)), blank: true})
}
