// Package incidents opens and closes the service's incidents by rule, keeps the windows
// of maintenance that were announced, and tells whoever looks after the installation.
//
// An incident is everybody's: it names no organisation and holds nothing of one. Rules
// look each minute (Evaluate), in a job that any process may do. They go by what stands
// in the database, so that it is the same whoever looks, and nothing is forgotten by a
// restart. Where no process works nobody looks; what probes bring afterwards opens the
// incident with the times at which it was.
package incidents

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/mail"
	"github.com/skaiscraper/skai/internal/platform/postgres"
)

// Severity says how soon somebody has to act.
type Severity string

// The severities, as Google's Site Reliability Workbook has them.
const (
	Page   Severity = "page"   // now, at night too
	Ticket Severity = "ticket" // within a few days
)

// Words is the severity for people who are not on call.
func (s Severity) Words() string {
	if s == Page {
		return "serious"
	}
	return "minor"
}

// byHand is the rule of what no rule sees.
const byHand = "operator"

// Incident is a time in which the service was not as it should be.
type Incident struct {
	ID        int64
	Rule      string // "reach", "burn.errors", "part.storage", "operator"
	Severity  Severity
	Title     string
	Seen      string             // what was seen, in words for everybody; "" is nothing beside the title
	Figures   map[string]float64 // what was seen, for the operator
	OpenedAt  time.Time          // when it began
	NoticedAt time.Time          // when the rule saw it, which may be long after
	ClosedAt  *time.Time         // nil is: it goes on
	Notes     []Note             `db:"-"`
}

// Note is what somebody wrote of an incident.
type Note struct {
	IncidentID int64
	At         time.Time
	Words      string
	Public     bool // on the page for everybody
}

// Open tells whether it goes on.
func (i Incident) Open() bool { return i.ClosedAt == nil }

// Lasted is how long it went on, or has until now.
func (i Incident) Lasted(now time.Time) time.Duration {
	if i.ClosedAt != nil {
		now = *i.ClosedAt
	}
	return max(now.Sub(i.OpenedAt), 0)
}

// FigureWords are the figures in a line: "failed 12, looks 12".
func (i Incident) FigureWords() string {
	list := make([]string, 0, len(i.Figures))
	for _, name := range slices.Sorted(maps.Keys(i.Figures)) {
		list = append(list, fmt.Sprintf("%s %.4g", strings.ReplaceAll(name, "_", " "), i.Figures[name]))
	}
	return strings.Join(list, ", ")
}

// Service keeps incidents and maintenance, and tells of them.
type Service struct {
	db     *postgres.DB
	post   *mail.Post
	to     Alerts
	client *http.Client
}

// New gives the service. post sends mails, to says who is told.
func New(db *postgres.DB, post *mail.Post, to Alerts) *Service {
	return &Service{db, post, to, to.Guard.Client(tellPatience)}
}

const columns = `id, rule, severity, title, seen, figures, opened_at, noticed_at, closed_at`

// List gives the incidents that went on at some time between two, the newest first,
// with their notes; of public ones it gives those notes alone that are for everybody.
func (s *Service) List(ctx context.Context, from, to time.Time, public bool) ([]Incident, error) {
	return postgres.System(ctx, s.db, postgres.Operator, func(ctx context.Context, tx pgx.Tx) ([]Incident, error) {
		list, err := postgres.Many[Incident](ctx, tx, `
			SELECT `+columns+` FROM incidents WHERE opened_at < $2 AND coalesce(closed_at, 'infinity') >= $1 ORDER BY opened_at DESC, id DESC`, from, to)
		if err != nil || len(list) == 0 {
			return list, err
		}
		at := map[int64]int{}
		for i, one := range list {
			at[one.ID] = i
		}
		notes, err := postgres.Many[Note](ctx, tx, `
			SELECT incident_id, at, words, public FROM incident_notes WHERE incident_id = ANY ($1) AND (public OR NOT $2) ORDER BY id`, slices.Collect(maps.Keys(at)), public)
		for _, n := range notes {
			i := &list[at[n.IncidentID]]
			i.Notes = append(i.Notes, n)
		}
		return list, err
	})
}

// OpenByHand opens an incident that no rule sees, which began at a time. It returns
// fault.Invalid for one without a title, or that begins in the future.
func (s *Service) OpenByHand(ctx context.Context, title string, severity Severity, began, now time.Time) (Incident, error) {
	title = strings.TrimSpace(title)
	switch {
	case title == "" || len(title) > 200:
		return Incident{}, fault.Invalid("title", "the title has to say what is wrong, in 200 characters at most")
	case severity != Page && severity != Ticket:
		return Incident{}, fault.Invalid("severity", "%q is no severity; it is page (somebody has to act now) or ticket (within days)", string(severity))
	case began.After(now):
		return Incident{}, fault.Invalid("began", "it can't begin in the future; what is planned is maintenance (skai maintenance add)")
	}
	return postgres.System(ctx, s.db, postgres.Operator, func(ctx context.Context, tx pgx.Tx) (Incident, error) {
		return s.open(ctx, tx, Incident{Rule: byHand, Severity: severity, Title: title, OpenedAt: began, NoticedAt: now})
	})
}

// CloseByHand closes an incident that was opened by hand; one that a rule opened is
// closed by its rule, or it would be opened again the next minute. It returns
// fault.NotFound where there is none with the number, fault.Conflict where it is closed.
func (s *Service) CloseByHand(ctx context.Context, id int64, at time.Time) error {
	_, err := postgres.System(ctx, s.db, postgres.Operator, func(ctx context.Context, tx pgx.Tx) (struct{}, error) {
		i, err := one(ctx, tx, id)
		switch {
		case err != nil:
			return struct{}{}, err
		case i.Rule != byHand:
			return struct{}{}, fault.Conflict("incident", "the rule %s opened incident %d and closes it by itself; write what you know with skai incident note %d", i.Rule, id, id)
		case !i.Open():
			return struct{}{}, fault.Conflict("incident", "incident %d was closed %s", id, stamp(*i.ClosedAt))
		}
		return struct{}{}, s.end(ctx, tx, i, at)
	})
	return err
}

// WriteNote writes what somebody knows of an incident; one that is public stands on the
// page for everybody.
func (s *Service) WriteNote(ctx context.Context, id int64, words string, public bool) error {
	words = strings.TrimSpace(words)
	if words == "" || len(words) > 2000 {
		return fault.Invalid("text", "a note has between 1 and 2,000 characters")
	}
	_, err := postgres.System(ctx, s.db, postgres.Operator, func(ctx context.Context, tx pgx.Tx) (int64, error) {
		if _, err := one(ctx, tx, id); err != nil {
			return 0, err
		}
		return postgres.Exec(ctx, tx, `INSERT INTO incident_notes (incident_id, words, public) VALUES ($1, $2, $3)`, id, words, public)
	})
	return err
}

func one(ctx context.Context, tx pgx.Tx, id int64) (Incident, error) {
	i, err := postgres.One[Incident](ctx, tx, `SELECT `+columns+` FROM incidents WHERE id = $1 FOR UPDATE`, id)
	if errors.Is(err, postgres.ErrNoRow) {
		return i, fault.NotFound("incident", "there is no incident %d; skai incident list has their numbers", id)
	}
	return i, err
}

// open writes an incident down and has it told, both or neither. One that is over
// already is told once, as over.
func (s *Service) open(ctx context.Context, tx pgx.Tx, i Incident) (Incident, error) {
	if i.Figures == nil {
		i.Figures = map[string]float64{}
	}
	i, err := postgres.One[Incident](ctx, tx, `
		INSERT INTO incidents (rule, severity, title, seen, figures, opened_at, noticed_at, closed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING `+columns,
		i.Rule, i.Severity, i.Title, i.Seen, i.Figures, i.OpenedAt, i.NoticedAt, i.ClosedAt)
	if err != nil {
		return i, err
	}
	if !i.Open() {
		return i, tell(ctx, tx, i, Closed, i.NoticedAt)
	}
	return i, tell(ctx, tx, i, Opened, i.NoticedAt)
}

// end closes an incident at a time, and has it told.
func (s *Service) end(ctx context.Context, tx pgx.Tx, i Incident, at time.Time) error {
	if at.Before(i.OpenedAt) {
		at = i.OpenedAt
	}
	if _, err := postgres.Exec(ctx, tx, `UPDATE incidents SET closed_at = $2 WHERE id = $1`, i.ID, at); err != nil {
		return err
	}
	return tell(ctx, tx, i, Closed, at)
}

// stamp is a time for mails and commands.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }
