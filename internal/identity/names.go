package identity

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/postgres"
)

// Name is somebody who can be given work.
type Name struct {
	ID   uuid.UUID
	Name string
}

// QueuePeople puts the question who can be given work into a page's batch.
func QueuePeople(b *pgx.Batch, dst *[]Name) {
	postgres.Queue(b, dst, `SELECT id, name FROM people WHERE kind = 'member' AND active ORDER BY name_key, id`)
}

type zoneKey struct{}

// WithZone puts the time zone of the organisation into a context without a session:
// that of an API key, or of an operator's look.
func WithZone(ctx context.Context, name string) context.Context {
	return context.WithValue(ctx, zoneKey{}, name)
}

// Zone is the time zone of the organisation the person of the context looks at, or
// in which an API key acts; UTC for commands and jobs.
func Zone(ctx context.Context) *time.Location {
	session, ok := Current(ctx)
	if !ok {
		session.TimeZone, _ = ctx.Value(zoneKey{}).(string)
	}
	zone, err := time.LoadLocation(session.TimeZone)
	if err != nil {
		return time.UTC // orgs.Create refuses a zone that this machine does not know
	}
	return zone
}

// Stale is the refusal of a change to a record that somebody changed since the
// caller read it; kind is the record in a word ("contact"), name what it is called.
func Stale(ctx context.Context, kind, name, who string, at time.Time) error {
	return fault.Stale(kind+".stale", "%s was changed by %s on %s, after you opened it; compare both versions and save again what is right",
		name, who, at.In(Zone(ctx)).Format("January 2 at 3:04 PM"))
}
