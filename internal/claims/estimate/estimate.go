// Package estimate is what the repair of a claim costs by somebody's reckoning,
// line by line, as its page shows it.
package estimate

import (
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/platform/money"
	"github.com/skaiscraper/skai/internal/platform/postgres"
)

// Estimate is what the repair costs by somebody's reckoning. Its totals are
// always the sums of its lines; the database sees to it.
type Estimate struct {
	ID           uuid.UUID   `json:"id"`
	Version      int64       `json:"version"`
	Name         string      `json:"name"`
	LineCount    int         `json:"line_count"`
	ItemTotal    money.Cents `json:"item_total" doc:"Cents, as all amounts; before tax"`
	Tax          money.Cents `json:"tax"`
	RCV          money.Cents `json:"rcv"`
	Depreciation money.Cents `json:"depreciation"`
	Recoverable  money.Cents `json:"recoverable_depreciation" doc:"The part of the depreciation on recoverable lines"`
	ACV          money.Cents `json:"acv"`
	CreatedAt    time.Time   `json:"created_at"`
	UpdatedAt    time.Time   `json:"updated_at"`
	Lines        []Line      `json:"lines" db:"-" nullable:"false"`
}

// Line is one line item of an estimate, in the columns of Xactimate.
type Line struct {
	EstimateID   uuid.UUID    `json:"-"`
	Position     int          `json:"position" doc:"Its order in the estimate, from 1"`
	Number       string       `json:"number" doc:"As printed"`
	GroupCode    string       `json:"group_code"`
	GroupName    string       `json:"group_name"`
	Category     string       `json:"category" example:"RFG"`
	Selector     string       `json:"selector" example:"300"`
	Description  string       `json:"description"`
	Quantity     *string      `json:"quantity" doc:"A decimal number with 4 decimals, as text"`
	Unit         string       `json:"unit" example:"SQ"`
	UnitPrice    *string      `json:"unit_price" doc:"Dollars with 4 decimals, as text"`
	ItemAmount   *money.Cents `json:"item_amount"`
	Tax          *money.Cents `json:"tax"`
	RCV          *money.Cents `json:"rcv"`
	Age          string       `json:"age"`
	Life         string       `json:"life"`
	Depreciation *money.Cents `json:"depreciation"`
	ACV          *money.Cents `json:"acv"`
	Recoverable  *bool        `json:"recoverable"`
	Coverage     string       `json:"coverage"`
	Activity     string       `json:"activity"`
	Note         string       `json:"note"`
	Flags        []string     `json:"flags" doc:"acv_not_rcv_less_depreciation: the amounts are kept as they came; credit: an amount below zero" nullable:"false"`
}

// Queue puts the questions for a claim's estimates, the oldest first, into a
// page's batch; lines asks for their lines as well.
func Queue(b *pgx.Batch, claim uuid.UUID, lines bool, dst *[]Estimate) {
	postgres.Queue(b, dst, `
		SELECT id, version, name, line_count, item_total, tax, rcv, depreciation, recoverable, acv, created_at, updated_at
		FROM estimates WHERE claim_id = $1 ORDER BY created_at, id`, claim)
	if !lines {
		return
	}
	b.Queue(`
		SELECT estimate_id, position, number, group_code, group_name, category, selector, description, quantity::text, unit, unit_price::text,
			item_amount, tax, rcv, age, life, depreciation, acv, recoverable, coverage, activity, note, flags
		FROM estimate_lines WHERE estimate_id IN (SELECT id FROM estimates WHERE claim_id = $1) ORDER BY estimate_id, position`, claim).Query(func(rows pgx.Rows) error {
		all, err := pgx.CollectRows(rows, pgx.RowToStructByName[Line])
		if err != nil {
			return err
		}
		of := map[uuid.UUID][]Line{}
		for _, l := range all {
			of[l.EstimateID] = append(of[l.EstimateID], l)
		}
		for i, e := range *dst {
			(*dst)[i].Lines = append([]Line{}, of[e.ID]...)
		}
		return nil
	})
}

// group is the lines of an estimate that belong together, with their sums.
type group struct {
	Name                   string
	Lines                  []Line
	RCV, Depreciation, ACV money.Cents
}

// groups are the lines by their groups, in the order in which those first appear.
func (e *Estimate) groups() []group {
	var list []group
	at := map[string]int{}
	for _, l := range e.Lines {
		name := l.group()
		i, known := at[name]
		if !known {
			i = len(list)
			at[name], list = i, append(list, group{Name: name})
		}
		g := &list[i]
		g.Lines = append(g.Lines, l)
		for _, sum := range []struct {
			of  *money.Cents
			add *money.Cents
		}{{&g.RCV, l.RCV}, {&g.Depreciation, l.Depreciation}, {&g.ACV, l.ACV}} {
			if sum.add != nil {
				*sum.of += *sum.add
			}
		}
	}
	return list
}

func (l *Line) group() string {
	switch {
	case l.GroupName == "" && l.GroupCode == "":
		return "Without a group"
	case l.GroupName == "" || l.GroupName == l.GroupCode:
		return l.GroupCode
	}
	return l.GroupName
}

// flagged is how many lines have a flag that somebody should look at.
func (e *Estimate) flagged() (n int) {
	for _, l := range e.Lines {
		for _, f := range l.Flags {
			if f != "credit" {
				n++
			}
		}
	}
	return n
}

// decimal is a number without needless zeros.
func decimal(s *string) string {
	if s == nil {
		return ""
	}
	if !strings.Contains(*s, ".") {
		return *s
	}
	return strings.TrimSuffix(strings.TrimRight(*s, "0"), ".")
}

// price is a unit price in dollars: two decimals, and more where they say something.
func price(s *string) string {
	p := decimal(s)
	if p == "" {
		return ""
	}
	whole, rest, _ := strings.Cut(p, ".")
	for len(rest) < 2 {
		rest += "0"
	}
	return whole + "." + rest
}

// ageLife is a line's age and life: "12/30 yrs".
func (l *Line) ageLife() string {
	if l.Age == "" || l.Life == "" {
		return l.Age + l.Life
	}
	return l.Age + " / " + l.Life
}

// code is what Xactimate calls the line: "RFG 300".
func (l *Line) code() string { return strings.TrimSpace(l.Category + " " + l.Selector) }

// flagWords say what is to be seen about a line; its amounts are kept as they came.
var flagWords = map[string]string{"acv_not_rcv_less_depreciation": "ACV is not RCV less depreciation", "credit": "Credit"}
