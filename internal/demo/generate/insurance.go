package generate

import (
	"fmt"
	"strings"
	"time"

	"github.com/skaiscraper/skai/internal/demo/generate/words"
)

// cover is what an insurer knows about a job. Amounts are cents.
type cover struct {
	carrier, claim, policy, peril              string
	loss                                       time.Time
	rcv, acv, depreciation, deductible         int64
	adjuster, adjusterPhone, adjusterEmail, id string
}

// carrier is an insurer with the form of its numbers: # is a digit, ? a letter,
// * the running number that makes each one different.
type carrier struct {
	name, claim, policy string
	share               int
}

var carriers = []carrier{
	{"State Farm", "##-*?-##?", "##-??-####-#", 24},
	{"Allstate", "07*##", "### ### ###", 14},
	{"Farmers", "70*##-1", "#####-##-##", 14},
	{"USAA", "0*##-004", "0####### 90A", 12},
	{"American Family", "01-*-######", "41###-#####-##", 14},
	{"Travelers", "I?F*", "0####### 633 1", 8},
	{"Liberty Mutual", "LA-*-##", "H37-###-######-##", 8},
	{"Progressive", "##-*##", "#########", 6},
}

// fill writes a number of a form.
func (d dice) fill(form string, running int) string {
	var b strings.Builder
	for _, c := range form {
		switch c {
		case '#':
			b.WriteRune('0' + d.Int32N(10))
		case '?':
			b.WriteRune('A' + d.Int32N(26))
		case '*':
			_, _ = fmt.Fprintf(&b, "%06d", running) // a builder never fails
		default:
			b.WriteRune(c)
		}
	}
	return b.String()
}

// cover insures the i-th job: a loss, most often by one of the storms, and the
// insurer's figures. The deductible is 1 to 2 per cent of the house's insured
// value, as wind and hail deductibles are.
func (w *world) cover(d dice, i int) *cover {
	by := carriers[d.weighted(len(carriers), func(i int) int { return carriers[i].share })]
	c := &cover{carrier: by.name, claim: d.fill(by.claim, 100_003+i*7), policy: d.fill(by.policy, i), id: "XA-" + strings.ToUpper(d.id(8))}
	w.loss(d, c)
	c.rcv = int64(d.between(8_000_00, 45_000_00))
	c.depreciation = c.rcv * int64(d.between(8, 38)) / 100
	c.acv = c.rcv - c.depreciation
	insured := int64(d.between(280, 900)) * 1000_00
	c.deductible = max(insured*int64(d.between(10, 20))/1000, 1000_00)
	who := d.IntN(len(words.AdjusterFirst) * len(carriers))
	first, last := words.AdjusterFirst[who%len(words.AdjusterFirst)], words.AdjusterLast[(who*7+len(by.name))%len(words.AdjusterLast)]
	c.adjuster = first + " " + last
	c.adjusterPhone = fmt.Sprintf("%s-555-0%d x%d", w.AreaCodes[0], 100+who%100, 200+who)
	c.adjusterEmail = mailbox(first, last) + "@" + strings.ToLower(strings.ReplaceAll(by.name, " ", "")) + ".example.com"
	return c
}

func (w *world) loss(d dice, c *cover) {
	earliest := w.AsOf.AddDate(0, -34, 0)
	if len(w.Storms) > 0 && d.chance(93) {
		s := w.Storms[d.weighted(len(w.Storms), func(i int) int { return w.Storms[i].Share })]
		if s.Day.After(earliest) && s.Day.Before(w.AsOf) {
			c.loss, c.peril = s.Day, s.Peril
			return
		}
	}
	c.loss = w.AsOf.AddDate(0, 0, -d.between(5, 1000))
	c.peril = pick(d, []string{"Wind", "Hail", "Water", "Fire", "Falling object"})
}
