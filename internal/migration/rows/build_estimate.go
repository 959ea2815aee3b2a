package rows

import (
	"github.com/google/uuid"

	"github.com/skaiscraper/skai/internal/claims"
	"github.com/skaiscraper/skai/internal/migration/normalise"
	"github.com/skaiscraper/skai/internal/migration/sources"
	"github.com/skaiscraper/skai/internal/platform/postgres"
)

// Estimate is what the line items of a file come to.
type Estimate struct {
	Lines  int              // accepted
	Totals map[string]int64 // control totals: sums of the cells, in cents
	hash   []byte
}

// Fingerprint is a hash of the lines in their order: the same means that nothing changed.
func (e *Estimate) Fingerprint() uuid.UUID { return hashOf(e.hash) }

func (b *Batch) estimateLine(e *Estimate, r *row) {
	l := claims.StagedLine{
		FileNo: r.fileNo, Ordinal: r.ordinal, ID: postgres.NewID(), Number: r.text(sources.LineNumber, maxName), GroupCode: r.text(sources.GroupCode, maxName),
		GroupName: r.text(sources.GroupName, maxName), Category: r.text(sources.Category, maxName), Selector: r.text(sources.Selector, maxName),
		Description: r.text(sources.Description, maxText), Quantity: r.decimal(sources.Quantity), Unit: r.text(sources.Unit, maxName), UnitPrice: r.decimal(sources.UnitPrice),
		ItemAmount: r.money(sources.ItemAmount), Tax: r.money(sources.Tax), RCV: r.money(sources.RCV), Depreciation: r.money(sources.Depreciation), ACV: r.money(sources.ACV),
		Age: r.text(sources.Age, maxName), Life: r.text(sources.Life, maxName), Coverage: r.text(sources.Coverage, maxName), Activity: r.text(sources.Activity, maxName),
		Note: r.notes(),
	}
	if s, _ := r.raw(sources.Recoverable); !normalise.Blank(s) {
		recoverable := r.flag(sources.Recoverable)
		l.Recoverable = &recoverable
	}
	if r.errored {
		return
	}
	line := r.fingerprint()
	e.hash = append(e.hash, line[:]...)
	if len(e.hash) > 1<<16 { // folded, so that a long estimate takes no more memory
		folded := hashOf(e.hash)
		e.hash = append(e.hash[:0], folded[:]...)
	}
	e.Lines++
	l.Position = e.Lines
	for name, cents := range map[string]*int64{"item amount": l.ItemAmount, "sales tax": l.Tax, "RCV": l.RCV, "depreciation": l.Depreciation, "ACV": l.ACV} {
		if cents != nil {
			e.Totals[name] += *cents
		}
	}
	l.Extra = r.extra()
	l.Append(&b.lines)
}
