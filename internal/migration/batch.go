package migration

import (
	"hash/maphash"
	"strconv"

	"github.com/skaiscraper/skai/internal/claims"
	"github.com/skaiscraper/skai/internal/migration/decode"
	"github.com/skaiscraper/skai/internal/platform/staging"
)

// batch is what a number of rows became, on its way into the temporary tables.
type batch struct {
	seen     *seen
	amounts  *amounts
	estimate *estimateFile

	ledger, problems                           staging.Buffer
	contacts, properties, leads, claims, files staging.Buffer
	lines                                      staging.Buffer
	rows                                       int64
}

// record appends a row of the file to the ledger. outcome "" is settled once
// the row's record is matched.
func (b *batch) record(fileNo, ordinal int, row *decode.Row, outcome string) {
	b.ledger.Int(int64(fileNo))
	b.ledger.Int(int64(ordinal))
	b.ledger.Int(int64(row.Line))
	b.ledger.TextOrNull(outcome)
	b.ledger.Bytes(row.Raw)
	b.ledger.EndRow()
	b.rows++
}

func (b *batch) complain(fileNo, ordinal int, problems []problem) {
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

func (b *batch) reset() {
	for _, buffer := range []*staging.Buffer{
		&b.ledger, &b.problems, &b.contacts, &b.properties, &b.leads, &b.claims, &b.files, &b.lines,
	} {
		buffer.Reset()
	}
	b.rows = 0
}

// seen counts how often each external id came by, in 10 bytes an id: a hash of
// 64 bits stands for it. Of 1,048,576 ids two share one with a chance of 1 in
// 33 million; they would then count as rows of one id and be told apart again
// by the database, which compares the ids themselves.
type seen struct {
	times map[uint64]uint16
	hash  maphash.Hash
}

func newSeen() *seen {
	s := &seen{times: map[uint64]uint16{}}
	s.hash.SetSeed(maphash.MakeSeed())
	return s
}

// next gives how often the id came before, and counts it.
func (s *seen) next(parts ...string) int {
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

// amounts are the sums of the money cells of the rows that were accepted, as
// read, in cents: one side of the reconciliation.
type amounts struct{ claims map[string]int64 }

func (b *batch) noteAmounts(_ *row, c *claims.Staged) {
	for name, cents := range c.Amounts() {
		if cents != nil {
			b.amounts.claims[name] += *cents
		}
	}
}

func itoa(n int) string { return strconv.Itoa(n) }
