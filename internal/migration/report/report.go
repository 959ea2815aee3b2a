// Package report is the account of an import: what a person checks, signs and
// keeps. It only shows; migration fills it.
package report

import (
	"time"

	"github.com/google/uuid"

	"github.com/skaiscraper/skai/internal/migration/rows"
)

// Report is the account of a run: every row, every filled cell, and the sums of
// both sides. It is kept with the run.
type Report struct {
	Run           uuid.UUID    `json:"run"`
	Org           string       `json:"organisation"`
	DryRun        bool         `json:"dry_run"`
	Failure       string       `json:"failure,omitempty"`
	StartedAt     time.Time    `json:"started_at"`
	Seconds       float64      `json:"seconds"`
	RowsPerSecond float64      `json:"rows_per_second"`
	Files         []FileReport `json:"files"`
	Stages        []StageLine  `json:"stages"`            // reconciliation: the vendor's stages against ours
	Amounts       []AmountLine `json:"amounts"`           // reconciliation: sums in the files against sums here
	Problems      []RuleLine   `json:"problems"`          // errors and warnings by rule
	Candidates    int64        `json:"candidates"`        // new contacts that look like another; for a person to decide
	Archive       *Archive     `json:"archive,omitempty"` // of a run that read an export of SkaiScraper back; it has no files
}

// Archive is the export that a run read back.
type Archive struct {
	Name         string       `json:"name"`
	SHA256       string       `json:"sha256"`
	Size         int64        `json:"size"`         // bytes
	Organisation string       `json:"organisation"` // whose it was
	ExportedAt   time.Time    `json:"exported_at"`
	Tables       []TableCount `json:"tables"`
}

// TableCount is how many rows of a table an archive held and the run put back.
type TableCount struct {
	Table string `json:"table"`
	Rows  int64  `json:"rows"`
}

// FileReport accounts for one file.
type FileReport struct {
	Name       string     `json:"name"`
	SHA256     string     `json:"sha256"`
	Size       int64      `json:"size"` // bytes
	Encoding   string     `json:"encoding"`
	Source     string     `json:"source"`
	As         string     `json:"as"`
	Confidence int        `json:"confidence"` // per cent, that the source and kind are right
	Rows       int64      `json:"rows"`
	Created    int64      `json:"created"`
	Updated    int64      `json:"updated"`
	Merged     int64      `json:"merged"`
	Unchanged  int64      `json:"unchanged"`
	Skipped    int64      `json:"skipped"`
	Errored    int64      `json:"errored"`
	Blank      int64      `json:"blank"`
	Cells      rows.Cells `json:"cells"`
	Notes      []string   `json:"notes,omitempty"`   // what was found in reading it
	Refused    []string   `json:"refused,omitempty"` // what the vendor's export can't hold
}

// StageLine is one word of a vendor with the stage it became.
type StageLine struct {
	Entity     string `json:"entity"` // lead or claim
	SourceWord string `json:"source_word"`
	Stage      string `json:"stage"`
	Rows       int64  `json:"rows"`    // accepted rows with the word
	Records    int64  `json:"records"` // distinct records of those rows that are in the stage now
}

// AmountLine compares the sum of a money column as read with the sum of the
// same amount of the records that the rows became, in cents.
type AmountLine struct {
	What    string `json:"what"`
	Read    int64  `json:"read"`
	Held    int64  `json:"held"`    // by the records of rows that made, changed or confirmed one
	Merged  int64  `json:"merged"`  // of rows that belong to a record another row made
	Differs int64  `json:"differs"` // Read - Held - Merged
}

// RuleLine counts the rows that a rule complained of.
type RuleLine struct {
	File     string `json:"file"`
	Severity string `json:"severity"`
	Rule     string `json:"rule"`
	Column   string `json:"column"`
	Count    int64  `json:"count"`
	Hint     string `json:"hint"` // of the first of them
}

// Errored is the number of rows that were set aside.
func (r *Report) Errored() (n int64) {
	for _, f := range r.Files {
		n += f.Errored
	}
	return n
}
