package incidents

import (
	"context"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/postgres"
)

// Notice is how long before its beginning maintenance has to be announced for what is
// down in it not to count as down. The database decides it (maintenance_windows.excused).
const Notice = 48 * time.Hour

// longest is how long a window may be.
const longest = 24 * time.Hour

// Maintenance is a window of work that was announced.
type Maintenance struct {
	ID          int64
	AnnouncedAt time.Time // as the database noted it
	StartsAt    time.Time
	EndsAt      time.Time
	What        string
	CancelledAt *time.Time
	Excused     bool // what is down in it does not count as down
}

// Ended is when it ended or will: where it was cancelled, then.
func (m Maintenance) Ended() time.Time {
	if m.CancelledAt != nil && m.CancelledAt.Before(m.EndsAt) {
		return *m.CancelledAt
	}
	return m.EndsAt
}

const maintenanceColumns = `id, announced_at, starts_at, ends_at, what, cancelled_at, excused`

// Announce writes down that there will be work, whole minutes. It returns fault.Invalid
// for one that has begun already, or takes longer than a day.
func (s *Service) Announce(ctx context.Context, from, to time.Time, what string) (Maintenance, error) {
	what = strings.TrimSpace(what)
	switch {
	case what == "" || len(what) > 500:
		return Maintenance{}, fault.Invalid("what", "say what will be done and what people will notice, in 500 characters at most")
	case !from.Equal(from.Truncate(time.Minute)) || !to.Equal(to.Truncate(time.Minute)):
		return Maintenance{}, fault.Invalid("from", "maintenance begins and ends at a whole minute")
	}
	m, err := postgres.System(ctx, s.db, postgres.Operator, func(ctx context.Context, tx pgx.Tx) (Maintenance, error) {
		return postgres.One[Maintenance](ctx, tx, `INSERT INTO maintenance_windows (starts_at, ends_at, what) VALUES ($1, $2, $3) RETURNING `+maintenanceColumns, from, to, what)
	})
	switch postgres.Constraint(err) {
	case "maintenance_windows_announced_before":
		return m, fault.Invalid("from", "maintenance is announced before it begins: %s has passed; what was down without it is an incident (skai incident open)", stamp(from))
	case "maintenance_windows_length":
		return m, fault.Invalid("to", "maintenance ends after it begins, and takes %.0f hours at most; announce several windows where that is not enough", longest.Hours())
	}
	return m, err
}

// Cancel calls maintenance off; one that has begun ends with it. It returns
// fault.NotFound where there is none with the number, or it is over or cancelled.
func (s *Service) Cancel(ctx context.Context, id int64) error {
	n, err := postgres.System(ctx, s.db, postgres.Operator, func(ctx context.Context, tx pgx.Tx) (int64, error) {
		return postgres.Exec(ctx, tx, `UPDATE maintenance_windows SET cancelled_at = now() WHERE id = $1 AND cancelled_at IS NULL AND ends_at > now()`, id)
	})
	if err == nil && n == 0 {
		return fault.NotFound("maintenance", "there is no maintenance %d that could be cancelled: it is over, or was cancelled before (skai maintenance list)", id)
	}
	return err
}

// Windows gives the maintenance that touches the time between two, the latest first.
func (s *Service) Windows(ctx context.Context, from, to time.Time) ([]Maintenance, error) {
	return postgres.System(ctx, s.db, postgres.Operator, func(ctx context.Context, tx pgx.Tx) ([]Maintenance, error) {
		return postgres.Many[Maintenance](ctx, tx, `SELECT `+maintenanceColumns+` FROM maintenance_windows WHERE ends_at > $1 AND starts_at < $2 ORDER BY starts_at DESC, id DESC`, from, to)
	})
}
