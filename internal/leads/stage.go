package leads

import (
	"slices"

	"github.com/skaiscraper/skai/internal/platform/ui"
)

// Stage is how far a lead is.
type Stage string

// The stages.
const (
	StageNew       Stage = "new"
	StageContacted Stage = "contacted"
	StageQualified Stage = "qualified"
	StageInspected Stage = "inspected"
	StageProposal  Stage = "proposal"
	StageWon       Stage = "won"
	StageLost      Stage = "lost"
)

// Stages are all of them in their order; the table's CHECK has the same.
var Stages = []Stage{StageNew, StageContacted, StageQualified, StageInspected, StageProposal, StageWon, StageLost}

// Open tells whether the lead is still to be won.
func (s Stage) Open() bool { return s != StageWon && s != StageLost }

// Next are the stages a lead goes to from this one: the next in order, or lost,
// which happens at any time. A lost lead is reopened as contacted, since
// somebody has spoken with these people.
func (s Stage) Next() []Stage {
	i := slices.Index(Stages, s)
	switch {
	case s == StageLost:
		return []Stage{StageContacted}
	case s.Open() && i >= 0:
		return []Stage{Stages[i+1], StageLost}
	}
	return nil
}

// Back are the stages a manager may take a lead back to, with a reason: the one before.
func (s Stage) Back() []Stage {
	if i := slices.Index(Stages, s); i > 0 && s != StageLost {
		return []Stage{Stages[i-1]}
	}
	return nil
}

// Tone is the stage's colour; its word stands beside it.
func (s Stage) Tone() ui.Tone {
	switch s {
	case StageNew:
		return ui.Amber
	case StageWon:
		return ui.Green
	case StageLost:
		return ui.Red
	case StageContacted, StageQualified, StageInspected, StageProposal:
	}
	return ui.Blue
}
