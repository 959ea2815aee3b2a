package claims

import (
	"slices"

	"github.com/skaiscraper/skai/internal/platform/ui"
)

// Stage is how far a claim is.
type Stage string

// The stages.
const (
	StageIntake         Stage = "intake"
	StageInspection     Stage = "inspection"
	StageFiled          Stage = "filed"
	StageAdjusterReview Stage = "adjuster_review"
	StageApproved       Stage = "approved"
	StageDenied         Stage = "denied"
	StageAppeal         Stage = "appeal"
	StageBuild          Stage = "build"
	StageCompleted      Stage = "completed"
	StageInvoiced       Stage = "invoiced"
	StageDepreciation   Stage = "depreciation"
	StageClosed         Stage = "closed"
	StageCancelled      Stage = "cancelled"
)

// Stages are all of them in their order; the table's CHECK has the same.
var Stages = []Stage{
	StageIntake, StageInspection, StageFiled, StageAdjusterReview, StageApproved, StageDenied, StageAppeal,
	StageBuild, StageCompleted, StageInvoiced, StageDepreciation, StageClosed, StageCancelled,
}

var steps = map[Stage][]Stage{
	StageIntake:         {StageInspection},
	StageInspection:     {StageFiled},
	StageFiled:          {StageAdjusterReview},
	StageAdjusterReview: {StageApproved, StageDenied},
	StageDenied:         {StageAppeal},
	StageAppeal:         {StageApproved, StageDenied, StageClosed},
	StageApproved:       {StageBuild},
	StageBuild:          {StageCompleted},
	StageCompleted:      {StageInvoiced},
	StageInvoiced:       {StageDepreciation, StageClosed},
	StageDepreciation:   {StageClosed},
}

// carrierOnly are the stages that a carrier has a part in, so a retail claim has not.
var carrierOnly = []Stage{StageFiled, StageAdjusterReview, StageDenied, StageAppeal}

// Open tells whether work on the claim goes on.
func (s Stage) Open() bool { return s != StageClosed && s != StageCancelled }

// Next are the stages to which a claim of the kind goes from this one. A retail
// claim is approved after its inspection; any open claim can be cancelled.
func (s Stage) Next(kind string) []Stage {
	if !s.Open() {
		return nil
	}
	next := steps[s]
	if kind == Retail && s == StageInspection {
		next = []Stage{StageApproved}
	}
	return append(slices.Clone(next), StageCancelled)
}

// Back are the stages to which a manager may take a claim of the kind back, with
// a reason: those that lead to this one. Where a cancelled claim goes back to is
// kept in the claim.
func (s Stage) Back(kind string) []Stage {
	var back []Stage
	for _, from := range Stages {
		retail := kind == Retail && slices.Contains(carrierOnly, from)
		if s != StageCancelled && !retail && slices.Contains(from.Next(kind), s) && !slices.Contains(s.Next(kind), from) {
			back = append(back, from)
		}
	}
	return back
}

// Tone is the stage's colour; its word stands beside it.
func (s Stage) Tone() ui.Tone {
	switch s {
	case StageIntake, StageFiled, StageAdjusterReview, StageAppeal:
		return ui.Amber
	case StageApproved, StageCompleted:
		return ui.Green
	case StageDenied:
		return ui.Red
	case StageInvoiced, StageDepreciation:
		return ui.Purple
	case StageClosed, StageCancelled:
		return ui.Neutral
	case StageInspection, StageBuild:
	}
	return ui.Blue
}
