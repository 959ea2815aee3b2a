package rows

import (
	"context"
	"hash/maphash"
	"strconv"

	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/claims"
	"github.com/skaiscraper/skai/internal/contacts"
	"github.com/skaiscraper/skai/internal/files"
	"github.com/skaiscraper/skai/internal/leads"
	"github.com/skaiscraper/skai/internal/migration/decode"
	"github.com/skaiscraper/skai/internal/platform/staging"
	"github.com/skaiscraper/skai/internal/properties"
)

// Batch is what a number of rows became, on its way into the temporary tables.
type Batch struct {
	seen *Seen

	ledger, problems                           staging.Buffer
	contacts, properties, leads, claims, files staging.Buffer
	lines                                      staging.Buffer
	rows                                       int
}

// record appends a row of the file to the ledger. outcome "" is settled once
// the row's record is matched.
func (b *Batch) record(fileNo, ordinal int, row *decode.Row, outcome string) {
	b.ledger.Int(int64(fileNo))
	b.ledger.Int(int64(ordinal))
	b.ledger.Int(int64(row.Line))
	b.ledger.TextOrNull(outcome)
	b.ledger.Bytes(row.Raw)
	b.ledger.EndRow()
	b.rows++
}

func (b *Batch) complain(fileNo, ordinal int, problems []problem) {
	for i, p := range problems {
		severity := "error"
		if p.warning {
			severity = "warning"
		}
		b.problems.Int(int64(fileNo))
		b.problems.Int(int64(ordinal))
		b.problems.Int(int64(i + 1))
		b.problems.Text(severity)
		b.problems.Text(p.column)
		b.problems.Text(p.value)
		b.problems.Text(p.rule)
		b.problems.Text(p.hint)
		b.problems.EndRow()
	}
}

// NewBatch gives an empty batch of a run.
func NewBatch(seen *Seen) *Batch { return &Batch{seen: seen} }

// Rows is the number of records of the file in the batch.
func (b *Batch) Rows() int { return b.rows }

// StageLedger makes the temporary tables for the rows themselves and for what
// is wrong with them; those for the records are the rooms'.
func StageLedger(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, `
		CREATE TEMPORARY TABLE stage_rows (file_no int, ordinal int, line int, outcome text, raw bytea) ON COMMIT DROP;
		CREATE TEMPORARY TABLE stage_problems (file_no int, ordinal int, seq int, severity text, column_name text, value text, rule text, hint text) ON COMMIT DROP`)
	return err
}

// Copy empties the batch into the temporary tables.
func (b *Batch) Copy(ctx context.Context, tx pgx.Tx) error {
	if err := staging.CopyInto(ctx, tx, "stage_rows", &b.ledger); err != nil {
		return err
	}
	if err := staging.CopyInto(ctx, tx, "stage_problems", &b.problems); err != nil {
		return err
	}
	for _, c := range []struct {
		table  staging.Table
		buffer *staging.Buffer
	}{
		{contacts.Staging, &b.contacts}, {properties.Staging, &b.properties}, {leads.Staging, &b.leads}, {claims.Staging, &b.claims}, {files.Staging, &b.files},
	} {
		if err := c.table.Copy(ctx, tx, c.buffer); err != nil {
			return err
		}
	}
	return staging.CopyInto(ctx, tx, "stage_estimate_lines ("+claims.StagedLineColumns+")", &b.lines)
}

// Reset empties the batch and keeps its memory.
func (b *Batch) Reset() {
	for _, buffer := range []*staging.Buffer{
		&b.ledger, &b.problems, &b.contacts, &b.properties, &b.leads, &b.claims, &b.files, &b.lines,
	} {
		buffer.Reset()
	}
	b.rows = 0
}

// Seen counts how often each external id came by, in 10 bytes an id: a hash of
// 64 bits stands for it. Of 1,048,576 ids two share one with a chance of 1 in
// 33 million; they would then count as rows of one id and be told apart again
// by the database, which compares the ids themselves.
type Seen struct {
	times map[uint64]uint16
	hash  maphash.Hash
}

// NewSeen counts the ids of a run.
func NewSeen() *Seen {
	s := &Seen{times: map[uint64]uint16{}}
	s.hash.SetSeed(maphash.MakeSeed())
	return s
}

// next gives how often the id came before, and counts it.
func (s *Seen) next(parts ...string) int {
	s.hash.Reset()
	for _, p := range parts {
		_, _ = s.hash.WriteString(p) // never fails
		_ = s.hash.WriteByte(0)
	}
	key := s.hash.Sum64()
	n := s.times[key]
	if n < 1<<16-1 {
		s.times[key] = n + 1
	}
	return int(n)
}

func (f *File) noteAmounts(c *claims.Staged) {
	for name, cents := range c.Amounts() {
		if cents != nil {
			f.Amounts[name] += *cents
		}
	}
}

func itoa(n int) string { return strconv.Itoa(n) }
