package rows

import (
	"slices"
	"strings"

	"github.com/skaiscraper/skai/internal/migration/sources"
	"github.com/skaiscraper/skai/internal/properties"
)

// The stages that a vendor's word may stand for; claims and leads own the
// vocabulary, and a test compares.
var (
	leadStages  = []string{"new", "contacted", "qualified", "inspected", "proposal", "won", "lost"}
	claimStages = []string{"intake", "inspection", "filed", "adjuster_review", "approved", "denied", "appeal", "build", "completed", "invoiced", "depreciation", "closed", "cancelled"}
)

// leadStage gives the stage of a lead for the vendor's word; none is new.
func (r *row) leadStage(word string) (stage string, known bool) {
	if word == "" {
		return "new", true
	}
	if stage = r.mapped(word, r.source.LeadStages); slices.Contains(leadStages, stage) {
		return stage, true
	}
	r.unknownStage(word, leadStages)
	return "", false
}

// jobStage tells whether a job is still a lead or is a claim, and its stage. A
// carrier's claim number makes it a claim; a lead that is won is one too.
func (r *row) jobStage(word string) (lead bool, stage string, known bool) {
	claim := r.kind == sources.Claims || r.word(sources.ClaimNumber, maxName) != ""
	if word == "" {
		if claim {
			return false, "intake", true
		}
		return true, "new", true
	}
	asClaim, asLead := r.mapped(word, r.source.ClaimStages), r.mapped(word, r.source.LeadStages)
	isClaim, isLead := slices.Contains(claimStages, asClaim), slices.Contains(leadStages, asLead)
	switch {
	case isLead && asLead == "won" && r.kind == sources.Jobs:
		return false, "approved", true
	case isClaim && (claim || !isLead):
		return false, asClaim, true
	case isLead && r.kind == sources.Jobs:
		return true, asLead, true
	}
	r.unknownStage(word, slices.Concat(claimStages, leadStages))
	return false, "", false
}

// mapped looks a word up in what the person said, then in what the source is known for.
func (r *row) mapped(word string, known map[string]string) string {
	key := sources.Key(word)
	if stage, ok := r.stages[key]; ok {
		return stage
	}
	return known[key]
}

func (r *row) unknownStage(word string, stages []string) {
	_, column := r.raw(sources.Stage)
	r.fail(column, "unknown_stage", "nobody said which stage "+quoted([]string{word})+" is; say it in a --map file under \"stages\", as one of "+strings.Join(stages, ", "))
}

func (p place) property() *properties.Staged { return &properties.Staged{AddressTyped: p.typed} }

// embedProperty stages the property that another record's row names and gives
// its external id. The same address is the same property.
func (b *Batch) embedProperty(r *row, p *properties.Staged, owner string) string {
	key := p.AddressKey
	if key == "" {
		key = strings.ToUpper(p.AddressTyped)
	}
	id := identityOf("at:", key)
	if b.seen.next("property", r.source.Name, id) > 0 {
		return id
	}
	p.Head, p.ByAddress, p.ContactRef = embeddedHead(r, id), true, owner
	p.Append(&b.properties)
	return id
}
