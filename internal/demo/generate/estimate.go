package generate

import (
	"strconv"
)

// item is an entry of the price list: what is done, the unit and its price in
// cents, the years it lasts, and how much of an amount a roof takes.
type item struct {
	cat, sel, desc, unit string
	price                int64
	life                 int // years; 0 for labor, which does not wear
	least, most          int // hundredths of the unit for each square of roof; of a whole house where house is set
	house                bool
	material             int64 // per cent of the price, which is taxed
}

// group is a part of the estimate: roof, elevations, general.
type group struct {
	code, name string
	items      []item
}

var groups = []group{
	{"01", "Dwelling Roof", []item{
		{"RFG", "ARMVN", "Remove Laminated - comp. shingle rfg. - w/out felt", "SQ", 6842, 0, 100, 100, false, 0},
		{"RFG", "300S", "Laminated - comp. shingle rfg. - w/out felt", "SQ", 26814, 30, 110, 115, false, 52},
		{"RFG", "FELT15", "Roofing felt - 15 lb.", "SQ", 3962, 20, 100, 100, false, 35},
		{"RFG", "IWS", "Ice & water barrier", "SF", 189, 30, 400, 900, false, 44},
		{"RFG", "ASTR-", "Asphalt starter - universal starter course", "LF", 237, 20, 550, 750, false, 38},
		{"RFG", "RIDGC", "Hip / Ridge cap - Standard profile - composition shingles", "LF", 621, 25, 300, 620, false, 40},
		{"RFG", "DRIP", "Drip edge", "LF", 318, 35, 550, 780, false, 42},
		{"RFG", "VMTLWP", "Valley metal - (W) profile - painted", "LF", 872, 35, 40, 190, false, 46},
		{"RFG", "STEP", "Step flashing", "LF", 1043, 35, 1200, 4800, true, 37},
		{"RFG", "FLPIPE", `Flashing - pipe jack - 3" to 4"`, "EA", 5271, 35, 200, 500, true, 39},
		{"RFG", "VENTT", "Roof vent - turtle type - Metal", "EA", 7364, 35, 300, 900, true, 48},
		{"RFG", "FLCH", "Chimney flashing - average (32\" x 36\")", "EA", 40218, 35, 100, 100, true, 41},
		{"RFG", "STEEP", "Additional charge for steep roof - 7/12 to 9/12 slope", "SQ", 6149, 0, 60, 100, false, 0},
		{"RFG", "HIGH", "Additional charge for high roof (2 stories or greater)", "SQ", 2687, 0, 60, 100, false, 0},
		{"RFG", "SATD", "Digital satellite system - Detach & reset", "EA", 4812, 0, 100, 100, true, 0},
	}},
	{"02", "General", []item{
		{"DMO", "DUMP>", "Dumpster load - Approx. 30 yards, 5-7 tons of debris", "EA", 73850, 0, 100, 100, true, 0},
		{"FEE", "PERMIT", "Taxes, insurance, permits & fees (Bid Item)", "EA", 38500, 0, 100, 100, true, 0},
		{"LAB", "SUPER", "Residential Supervision / Project Management - per hour", "HR", 7914, 0, 200, 800, true, 0},
	}},
	{"03", "Front Elevation", []item{
		{"SFG", "GUTA", `R&R Gutter / downspout - aluminum - up to 5"`, "LF", 1157, 25, 2400, 8200, true, 47},
		{"PNT", "GUT", "Prime & paint gutter / downspout", "LF", 214, 15, 2400, 8200, true, 19},
		{"WDW", "SCRN", "R&R Window screen, 10 - 16 SF", "EA", 6218, 20, 100, 400, true, 55},
		{"SFG", "FASMT", `Fascia - metal - 6"`, "LF", 694, 40, 1800, 6600, true, 43},
	}},
	{"04", "Rear Elevation", []item{
		{"SFG", "GUTA", `R&R Gutter / downspout - aluminum - up to 5"`, "LF", 1157, 25, 1800, 7400, true, 47},
		{"HVC", "CMBF", "Comb and straighten a/c condenser fins - with trip charge", "EA", 23480, 0, 100, 200, true, 0},
		{"FNC", "STAIN", "Clean & stain wood fence / gate", "SF", 139, 8, 12000, 52000, true, 22},
		{"WDW", "SCRN>", "R&R Window screen, 17 - 25 SF", "EA", 7795, 20, 100, 300, true, 55},
	}},
}

// scope is an estimate while it is being written, with its sums in cents.
type scope struct {
	d                      dice
	job                    *job
	e                      *estimate
	taxRate                int64 // of material, in hundredths of a per cent
	date                   string
	credit, unbalanced     bool
	lines                  int
	rcv, acv, depreciation int64
}

// line is an item with its amounts: quantity in hundredths, the rest in cents.
type line struct {
	item
	qty, amount, tax, rcv, depreciation, acv int64
	note                                     string
}

func (s *scope) group(code int, g group) {
	for i, it := range g.items {
		if i > 6 && s.d.chance(30) {
			continue
		}
		s.write(g, s.price(it))
	}
	if s.credit && code == 0 {
		copper := item{cat: "RFG", sel: "BIDITM", desc: "Credit - salvage value of copper valley metal", unit: "EA", price: 25_000}
		l := line{item: copper, qty: -100, amount: -25_000, rcv: -25_000, acv: -25_000, note: "Agreed with insured"}
		s.write(g, l)
	}
	if s.e.reduced {
		for range 3 {
			s.e.blank()
		}
	}
}

// price gives an item its quantity for this roof and its amounts. Each amount
// is rounded by itself, so that the columns add up line by line.
func (s *scope) price(it item) line {
	qty := int64(s.d.between(it.least, it.most))
	if !it.house {
		qty *= int64(s.job.squares)
	}
	if it.unit == "EA" {
		qty = qty / 100 * 100
	}
	l := line{item: it, qty: qty, amount: (qty*it.price + 50) / 100}
	l.tax = (l.amount*it.material/100*s.taxRate + 5000) / 10_000
	l.rcv = l.amount + l.tax
	if it.life > 0 {
		l.depreciation = l.rcv * int64(min(s.job.roofAge, it.life)) / int64(it.life)
	}
	l.acv = l.rcv - l.depreciation
	return l
}

func (s *scope) write(g group, l line) {
	s.lines++
	r := s.e.table.add(make([]string, len(s.e.table.header))...)
	if s.unbalanced && s.lines%5 == 2 {
		l.acv -= 137 // as by hand
		l.note, r.isUnbalanced = "ACV per carrier", true
	}
	s.rcv, s.acv, s.depreciation = s.rcv+l.rcv, s.acv+l.acv, s.depreciation+l.depreciation
	age, life, taxed := "0/NA", "0", "No"
	if l.life > 0 {
		age, life = strconv.Itoa(s.job.roofAge)+"/"+strconv.Itoa(l.life)+" yrs", strconv.Itoa(l.life)+" yrs"
	}
	if l.tax > 0 {
		taxed = "Yes"
	}
	s.e.table.fill(r, map[string]string{
		"#": strconv.Itoa(s.lines), "Group Code": g.code, "Group Description": g.name, "Desc": l.desc, "Age": age, "Condition": "Avg.", "Qty": plain(l.qty),
		"Item Amount": s.d.mixed(l.amount), "Reported Cost": "0.00", "Unit Cost": s.d.mixed(l.price), "Coverage": "Dwelling", "Activity": "+",
		"Sales Tax": s.d.mixed(l.tax), "RCV": s.d.mixed(l.rcv), "Life": life, "Depreciation Type": "%", "Depreciation Amount": s.d.mixed(l.depreciation),
		"Recoverable": "Yes", "ACV": s.d.mixed(l.acv), "Tax": taxed, "Replace": "No", "Cat": l.cat, "Sel": l.sel, "Source Name": "Main Level", "Date": s.date, "Note 1": l.note,
	})
	if s.e.reduced {
		s.e.table.cell(r, "Unit Location", l.unit)
		return
	}
	s.labor(r, l)
}

// labor fills the columns that only the full export has: what the price is made of.
func (s *scope) labor(r *row, l line) {
	material := l.amount * l.material / 100
	work := l.amount - material
	s.e.table.fill(r, map[string]string{
		"Unit": l.unit, "Worker's Wage": plain(work * 58 / 100), "Labor burden": plain(work * 17 / 100), "Labor Overhead": plain(work - work*58/100 - work*17/100),
		"Material": s.d.mixed(material), "Equipment": "0.00", "Market Conditions": "0.00", "Labor Minimum": l.cat + "LAB",
	})
}
