package generate

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/skaiscraper/skai/internal/demo/generate/words"
)

// world is what a company's files tell about: the same customers, houses and
// claims, seen by several systems.
type world struct {
	Company
	loc    *time.Location
	sales  []Salesperson
	jobs   []job
	people []person

	accuLynx, jobNimbusJobs []*job // the jobs by the system that has them
	claims                  []*job // those of accuLynx that Xactimate knows too
	estimates               []estimate
}

// person is a customer.
type person struct {
	first, last, company string
	email, phone, mobile string
	jnid                 string // the id in JobNimbus, "" for somebody it does not know
}

func (p *person) full() string { return strings.TrimSpace(p.first + " " + p.last) }

// display is how lists show somebody.
func (p *person) display() string {
	if p.full() == "" {
		return p.company
	}
	return p.full()
}

// place is where a house stands.
type place struct {
	street, unit, city, state, zip string
	lat, long                      float64
}

func (p place) line() string {
	return p.street + ", " + p.city + ", " + p.state + " " + p.zip
}

// phase is how far a job has come.
type phase int

const (
	lead phase = iota
	prospect
	approved
	completed
	invoiced
	closed
	dead
	cancelled
)

// job is one roof to be sold, built and paid.
type job struct {
	number                         int
	who                            *person
	at                             place
	phase                          phase
	workType, trade, source, sales string
	created, sold, changed         time.Time
	value                          int64 // cents
	cover                          *cover
	deadReason                     string
	jnid                           string
	squares, roofAge               int // the age in years
}

// claimed tells whether the job is a claim with an insurer and work has been agreed.
func (j *job) claimed() bool {
	return j.cover != nil && j.phase >= approved && j.phase <= closed
}

const jobsInAccuLynx = 65 // per cent; the rest is in JobNimbus

func newWorld(c Company, loc *time.Location) *world {
	w := &world{Company: c, loc: loc, sales: c.Salespeople()}
	d := c.rand("jobs")
	w.people = make([]person, 0, c.Jobs+1) // pointers into it have to stay
	w.jobs = make([]job, c.Jobs)
	for i := range w.jobs {
		j := &w.jobs[i]
		inAccuLynx := i*100 < c.Jobs*jobsInAccuLynx
		w.make(d, j, i)
		j.who = w.customer(d, inAccuLynx)
		if inAccuLynx {
			w.accuLynx = append(w.accuLynx, j)
		} else {
			w.jobNimbusJobs = append(w.jobNimbusJobs, j)
		}
	}
	w.chooseClaims()
	return w
}

// chooseClaims takes the claims that are in the Xactimate list, a job in
// seventeen, and writes estimates for the first twelve.
func (w *world) chooseClaims() {
	most := max(w.Jobs*6/100, 1)
	for _, j := range w.accuLynx {
		if j.claimed() && len(w.claims) < most {
			w.claims = append(w.claims, j)
		}
	}
	for i, j := range w.claims[:min(12, len(w.claims))] {
		w.estimates = append(w.estimates, w.estimate(j, i))
	}
}

// customer is mostly somebody new; now and then it is the one before, with a
// second roof, and in JobNimbus somebody whom AccuLynx knows too.
func (w *world) customer(d dice, inAccuLynx bool) *person {
	if n := len(w.people); n > 0 {
		switch {
		case d.chance(5):
			return &w.people[n-1]
		case !inAccuLynx && d.chance(3):
			return w.accuLynx[d.IntN(len(w.accuLynx))].who
		}
	}
	w.people = append(w.people, w.person(d))
	return &w.people[len(w.people)-1]
}

func (w *world) person(d dice) person {
	p := person{first: pick(d, words.First), last: pick(d, words.Last)}
	box := mailbox(p.first, p.last)
	if d.chance(7) {
		p.company = pick(d, words.BusinessPlaces) + " " + pick(d, words.Businesses)
		if d.chance(40) {
			p.first, p.last = "", ""
			box = "office." + strings.ToLower(strings.ReplaceAll(p.company, " ", ""))
		}
	}
	if d.chance(82) {
		p.email = box + strconv.Itoa(len(w.people)+1) + pick(d, []string{"@example.com", "@example.com", "@example.org"})
	}
	if d.chance(85) {
		p.phone = w.telephone(d)
	}
	if d.chance(35) {
		p.mobile = w.telephone(d)
	}
	return p
}

// telephone is one of the numbers kept for fiction, as people write them.
func (w *world) telephone(d dice) string {
	code, last := pick(d, w.AreaCodes), d.between(100, 199)
	switch d.IntN(4) {
	case 0:
		return fmt.Sprintf("%s-555-0%d", code, last)
	case 1:
		return fmt.Sprintf("%s.555.0%d", code, last)
	case 2:
		return fmt.Sprintf("%s5550%d", code, last)
	}
	return fmt.Sprintf("(%s) 555-0%d", code, last)
}

func (w *world) place(d dice) place {
	city := w.Cities[d.weighted(len(w.Cities), func(i int) int { return w.Cities[i].Share })]
	zip := pick(d, city.ZIPs)
	p := place{
		street: strconv.Itoa(d.between(101, 17_999)) + " " + pick(d, city.Streets), city: city.Name, state: city.State, zip: zip.Code,
		lat: zip.Lat + (d.Float64()-0.5)/60, long: zip.Long + (d.Float64()-0.5)/60,
	}
	if d.chance(4) {
		p.unit = "Unit " + strconv.Itoa(d.between(1, 40))
	}
	return p
}

// make fills in a job, all but its customer.
func (w *world) make(d dice, j *job, i int) {
	j.number, j.at = 1001+i, w.place(d)
	j.sales = pick(d, w.sales).Name
	j.source, j.trade = pick(d, words.LeadSources), pick(d, words.Trades)
	j.squares, j.roofAge = d.between(14, 58), d.between(3, 27)
	j.value = int64(d.between(45_00, 240_00)) * 100
	j.workType = pick(d, words.RetailWork)
	if d.chance(45) {
		j.workType = "Insurance"
		j.cover = w.cover(d, i)
		j.value = j.cover.rcv
	}
	w.course(d, j)
}

// course gives a job its dates and how far it has come by the day of the export:
// young jobs are being sold, old ones are paid or dead.
func (w *world) course(d dice, j *job) {
	last := w.AsOf.AddDate(0, 0, -1)
	first := last.AddDate(0, -33, 0)
	if j.cover != nil {
		first = j.cover.loss
	}
	days := int(last.Sub(first).Hours() / 24)
	wait := d.IntN(max(days, 1))
	if j.cover != nil { // most are called within weeks after the storm
		wait = min(wait, 1+d.IntN(20)*d.IntN(12))
	}
	j.created = w.workingHour(d, first.AddDate(0, 0, wait))
	age := int(last.Sub(j.created).Hours() / 24)
	j.phase = phaseAt(d, age)
	if j.phase >= approved && j.phase <= closed {
		j.sold = w.noLater(j.created.AddDate(0, 0, d.between(4, 40)))
	}
	took := d.between(0, 25) + int(min(j.phase, closed))*d.between(5, 30)
	if took > age {
		took = d.IntN(age + 1)
	}
	if j.changed = w.noLater(j.created.AddDate(0, 0, took)); j.changed.Before(j.sold) {
		j.changed = j.sold
	}
	if j.phase == dead || j.phase == cancelled {
		j.deadReason = pick(d, words.DeadReasons)
		if d.chance(6) {
			j.deadReason = pick(d, words.Orders)
		}
	}
}

func (w *world) noLater(t time.Time) time.Time {
	if last := w.AsOf.Add(-time.Hour); t.After(last) {
		return last
	}
	return t
}

func (w *world) workingHour(d dice, date time.Time) time.Time {
	return time.Date(date.Year(), date.Month(), date.Day(), d.between(8, 18), d.IntN(60), d.IntN(60), d.IntN(1000)*int(time.Millisecond), w.loc)
}

// phaseAt draws a phase for a job of so many days; the shares are per cent.
func phaseAt(d dice, age int) phase {
	//                   lead prospect approved completed invoiced closed dead cancelled
	shares := []int{5, 9, 6, 6, 8, 42, 19, 5}
	switch {
	case age < 45:
		shares = []int{44, 33, 14, 1, 0, 0, 7, 1}
	case age < 150:
		shares = []int{13, 23, 24, 13, 9, 7, 9, 2}
	}
	return phase(d.weighted(len(shares), func(i int) int { return shares[i] }))
}
