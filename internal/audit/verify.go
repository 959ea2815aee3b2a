package audit

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/platform/postgres"
)

// Report is what checking an organisation's trail found.
type Report struct {
	Events   int64    `json:"events"`   // checked
	Unsealed int64    `json:"unsealed"` // of them, newer than the last seal
	Pruned   int64    `json:"pruned"`   // removed by the organisation's retention; their seals stand
	Seals    int64    `json:"seals"`    // checked
	Seal     int64    `json:"seal"`     // number of the last, 0 where there is none
	Hash     string   `json:"hash"`     // of the last, in hexadecimal: kept elsewhere, it proves that all before it is as it was
	Found    []string `json:"found"`
}

// mostFound is how many findings a report names.
const mostFound = 100

func (r *Report) find(format string, args ...any) {
	if len(r.Found) < mostFound {
		r.Found = append(r.Found, fmt.Sprintf(format, args...))
	}
}

// Seal is a link of an organisation's chain.
type Seal struct {
	Number     int64
	At         time.Time
	FirstEvent int64
	LastEvent  int64
	Previous   []byte
	Hash       []byte
	PrunedAt   *time.Time
}

const sealColumns = `number, at, first_event, last_event, previous, hash, pruned_at`

// canonical is the text an event's digest is made of, as audit.digest has it.
const canonical = `
	SELECT e.number, e.digest, jsonb_build_array(e.org_id, e.number, e.id, (extract(epoch FROM e.at) * 1000)::bigint, e.actor_id, e.actor, e.actor_kind,
		e.address, e.device, e.request_id, e.action, e.kind, e.table_name, e.record_id, e.target)::text
		|| coalesce((SELECT string_agg(jsonb_build_array(n.org_id, n.id, (extract(epoch FROM n.at) * 1000000)::bigint, n.actor_id, n.actor, n.request_id, n.table_name,
			n.record_id, n.label, n.operation, n.changes, n.run_id, n.row_count)::text, '' ORDER BY n.id)
			FROM audit_entries n WHERE n.event_id = e.id AND n.org_id = e.org_id), '')
	FROM audit_events e ORDER BY e.number`

// Verify checks the whole trail of the context's organisation: that each event and
// its rows are as they were written, none is missing and none was added, and that
// the chain of seals holds. seal and hash are a seal that was noted elsewhere, 0
// and "" for none. It reads one state of the database and changes nothing.
func (s *Service) Verify(ctx context.Context, seal int64, hash string) (Report, error) {
	return postgres.Snapshot(ctx, s.db, func(ctx context.Context, tx pgx.Tx) (Report, error) { return verify(ctx, tx, seal, hash) })
}

// VerifyOutside is Verify for what belongs to no organisation: accounts.
func (s *Service) VerifyOutside(ctx context.Context) (Report, error) {
	return postgres.System(ctx, s.db, postgres.App, func(ctx context.Context, tx pgx.Tx) (Report, error) {
		if _, err := tx.Exec(ctx, `SELECT set_config('app.org_id', $1, true)`, uuid.Nil.String()); err != nil {
			return Report{}, err
		}
		return verify(ctx, tx, 0, "")
	})
}

func verify(ctx context.Context, tx pgx.Tx, seal int64, hash string) (r Report, err error) {
	seals, err := postgres.Many[Seal](ctx, tx, `SELECT `+sealColumns+` FROM audit_seals ORDER BY number`)
	if err != nil {
		return r, err
	}
	digests, err := r.events(ctx, tx, seals)
	if err != nil {
		return r, err
	}
	r.chain(seals, digests)
	last, err := postgres.Value[int64](ctx, tx, `SELECT coalesce(max(last), 0) FROM audit_heads`)
	if err != nil {
		return r, err
	}
	if n := int64(len(digests)); n < last {
		r.find("events %d to %d are missing at the end", n+1, last)
	}
	loose, err := postgres.Value[int64](ctx, tx, `SELECT count(*) FROM audit_entries n WHERE NOT EXISTS (SELECT FROM audit_events e WHERE e.id = n.event_id)`)
	if err != nil {
		return r, err
	}
	if loose > 0 {
		r.find("%d rows of the trail belong to no event: they were put in, or their event was removed", loose)
	}
	if seal > 0 && (seal > int64(len(seals)) || hex.EncodeToString(seals[seal-1].Hash) != strings.ToLower(hash)) {
		r.find("seal %d is not the one that was noted elsewhere: the chain was made anew", seal)
	}
	return r, nil
}

// events checks each event against its digest, and gives the digests, by number
// less one; nil for those that are missing. What was pruned is missing with reason.
func (r *Report) events(ctx context.Context, tx pgx.Tx, seals []Seal) (digests [][]byte, err error) {
	pruned := func(number int64) bool {
		for len(seals) > 0 && seals[0].LastEvent < number {
			seals = seals[1:]
		}
		return len(seals) > 0 && seals[0].FirstEvent <= number && seals[0].PrunedAt != nil
	}
	rows, err := tx.Query(ctx, canonical)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var number int64
		var digest []byte
		var text string
		if err := rows.Scan(&number, &digest, &text); err != nil {
			return nil, err
		}
		for next := int64(len(digests)) + 1; next < number; next++ {
			if pruned(next) {
				r.Pruned++
			} else {
				r.find("event %d is missing", next)
			}
			digests = append(digests, nil)
		}
		r.Events++
		if sum := sha256.Sum256([]byte(text)); string(sum[:]) != string(digest) {
			r.find("event %d, or one of its rows, is not as it was written", number)
		}
		digests = append(digests, digest)
	}
	return digests, rows.Err()
}

// chain checks the seals, each against the one before and against its events.
func (r *Report) chain(seals []Seal, digests [][]byte) {
	previous, next := make([]byte, sha256.Size), int64(1)
	r.Unsealed = int64(len(digests))
	for i, s := range seals {
		r.Seals++
		switch {
		case s.Number != int64(i)+1:
			r.find("seal %d stands where %d should", s.Number, i+1)
		case s.FirstEvent != next || string(s.Previous) != string(previous):
			r.find("seal %d does not follow from the one before", s.Number)
		case s.PrunedAt == nil && s.LastEvent > int64(len(digests)):
			r.find("seal %d is of events that are missing", s.Number)
		case s.PrunedAt == nil && s.sum(digests[s.FirstEvent-1:s.LastEvent]) != string(s.Hash):
			r.find("seal %d, of events %d to %d, does not hold", s.Number, s.FirstEvent, s.LastEvent)
		}
		previous, next = s.Hash, s.LastEvent+1
		r.Seal, r.Hash, r.Unsealed = s.Number, hex.EncodeToString(s.Hash), max(int64(len(digests))-s.LastEvent, 0)
	}
}

// sum is the hash of a seal over its events' digests, as audit.seal makes it.
func (s Seal) sum(digests [][]byte) string {
	list := make([]string, len(digests))
	for i, d := range digests {
		list[i] = hex.EncodeToString(d)
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%x:%d:%d:%d:%s", s.Previous, s.Number, s.FirstEvent, s.LastEvent, strings.Join(list, ",")))
	return string(sum[:])
}

// SealAll closes a link of each organisation's chain that has new events, and
// tells how many it closed. A job asks for it each minute.
func (s *Service) SealAll(ctx context.Context) (int64, error) {
	return postgres.System(ctx, s.db, postgres.Operator, func(ctx context.Context, tx pgx.Tx) (int64, error) {
		return postgres.Value[int64](ctx, tx, `SELECT audit.seal()`)
	})
}

// Prune removes the events that are older than their organisation keeps them, and
// tells how many. A job asks for it each day.
func (s *Service) Prune(ctx context.Context) (int64, error) {
	return postgres.System(ctx, s.db, postgres.Operator, func(ctx context.Context, tx pgx.Tx) (int64, error) {
		return postgres.Value[int64](ctx, tx, `SELECT audit.prune()`)
	})
}
