package claims

import (
	"slices"
	"strings"

	"github.com/skaiscraper/skai/internal/contacts"
	"github.com/skaiscraper/skai/internal/leads"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/money"
)

// How much fits, in characters.
const (
	maxText  = 200
	maxNotes = 20_000
)

// tidy brings what was entered into the form in which it is kept and says what
// can't be. What stood there already, old, may stay as an import left it.
func (d *Details) tidy(f fault.Fields, old Claim) {
	for _, t := range []struct {
		field   string
		text    *string
		old     string
		longest int
	}{
		{"title", &d.Title, old.Title, maxText},
		{"carrier", &d.Carrier, old.Carrier, maxText},
		{"claim_number", &d.ClaimNumber, old.ClaimNumber, maxText},
		{"policy_number", &d.PolicyNumber, old.PolicyNumber, maxText},
		{"source", &d.Source, old.Source, maxText},
		{"work_type", &d.WorkType, old.WorkType, maxText},
		{"next_action", &d.NextAction, old.NextAction, maxText},
		{"notes", &d.Notes, old.Notes, maxNotes},
	} {
		if *t.text != t.old {
			f.Text(t.field, *t.text, t.longest)
			if t.field != "notes" {
				*t.text = strings.TrimSpace(*t.text)
			}
		}
	}
	d.Kind, d.Priority = leads.Or(d.Kind, Insurance), leads.Or(d.Priority, "normal")
	leads.OneOf(f, "kind", d.Kind, Kinds)
	leads.OneOf(f, "priority", d.Priority, Priorities)
	if d.Peril != "" {
		leads.OneOf(f, "peril", d.Peril, Perils)
	}
	if d.Kind == Retail && d.Kind != old.Kind && slices.Contains(carrierOnly, old.Stage) {
		f.Add("kind", "a claim that is %s is with its carrier; take it back to inspection before it becomes retail", leads.Join([]Stage{old.Stage}))
	}
	leads.Day(f, "date_of_loss", d.DateOfLoss, old.DateOfLoss)
	leads.Day(f, "next_action_on", d.NextActionOn, old.NextActionOn)
	d.Tags = contacts.TidyTags(f, d.Tags, old.Tags)
}

// amount is one of a claim's amounts with its names.
type amount struct {
	field, label string
	cents        **money.Cents
}

// all are the amounts in the order in which people read them.
func (a *Amounts) all() []amount {
	return []amount{
		{"rcv", "RCV", &a.RCV},
		{"recoverable_depreciation", "Recoverable depreciation", &a.RecoverableDepreciation},
		{"non_recoverable_depreciation", "Non-recoverable depreciation", &a.NonRecoverableDepreciation},
		{"acv", "ACV", &a.ACV},
		{"deductible", "Deductible", &a.Deductible},
		{"approved", "Approved", &a.Approved},
		{"supplements", "Supplements", &a.Supplements},
		{"paid", "Paid", &a.Paid},
	}
}

// none tells whether no amount is known.
func (a *Amounts) none() bool { return *a == Amounts{} }

// check says which amounts can't be meant; those that stood there already may
// stay, however they contradict each other.
func (a *Amounts) check(f fault.Fields, old Amounts) {
	before := old.all()
	for i, one := range a.all() {
		c, was := *one.cents, *before[i].cents
		if c != nil && (*c < 0 || *c > leads.MaxAmount) && (was == nil || *was != *c) {
			f.Add("amounts."+one.field, "enter an amount from $0 to %s, or leave it empty", leads.MaxAmount.Dollars())
		}
	}
}

// flagWords say how amounts contradict each other. They are shown, never repaired:
// a customer's figures are kept as they came.
var flagWords = map[string]string{
	"acv_not_rcv_less_depreciation": "ACV is not RCV less depreciation",
	"acv_over_rcv":                  "ACV is more than RCV",
	"negative_amount":               "An amount is below zero",
	"deductible_over_rcv":           "The deductible is more than RCV",
}
