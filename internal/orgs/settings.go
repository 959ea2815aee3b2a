package orgs

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/postgres"
)

// Settings are what an organisation says of itself. Whoever saves them has been
// asked for the permission by package identity, which stands above this one.
type Settings struct {
	Name       string
	TimeZone   string // an IANA name
	BrandColor string // "#0b5a6b", or "" for the program's own colours
	Logo       Logo   // a new logo, from ReadLogo; the zero value keeps the one there is
	NoLogo     bool   // takes the logo away
	// How long a session lasts, in minutes, without a request (from MinIdle to
	// MaxIdle) and at most (from MinLife to MaxLife); 0 keeps what there is.
	SessionIdleMinutes int
	SessionLifeMinutes int
}

// The bounds of a session's life, in minutes. The database has the same.
const (
	MinIdle = 15
	MaxIdle = 30 * 24 * 60
	MinLife = 60
	MaxLife = 90 * 24 * 60
)

var colourForm = regexp.MustCompile(`^#[0-9a-f]{6}$`)

// maxName is the longest name, in characters.
const maxName = 200

// zoneProblem says what is wrong with a time zone, "" for a good one.
func zoneProblem(name string) string {
	if _, err := time.LoadLocation(name); err != nil || name == "" || name == "Local" {
		return "is no time zone; an example: America/Denver"
	}
	return ""
}

func (st *Settings) check() error {
	problems := fault.Fields{}
	st.Name = strings.TrimSpace(st.Name)
	if st.Name == "" || utf8.RuneCountInString(st.Name) > maxName {
		problems.Add("name", "An organisation needs a name of at most %d characters, for example Titan Roofing", maxName)
	}
	if words := zoneProblem(st.TimeZone); words != "" {
		problems.Add("time_zone", "%q %s", st.TimeZone, words)
	}
	st.BrandColor = strings.ToLower(strings.TrimSpace(st.BrandColor))
	if st.BrandColor != "" && !colourForm.MatchString(st.BrandColor) {
		problems.Add("brand_color", "%q is no colour; write it as #0b5a6b, or leave it empty for SkaiScraper's own", st.BrandColor)
	}
	if n := st.SessionIdleMinutes; n != 0 && (n < MinIdle || n > MaxIdle) {
		problems.Add("session_idle", "a session that is not used ends after 15 minutes at the earliest and 30 days at the latest")
	}
	if n := st.SessionLifeMinutes; n != 0 && (n < MinLife || n > MaxLife) {
		problems.Add("session_life", "a session ends after an hour at the earliest and 90 days at the latest")
	}
	return problems.Err()
}

// Save changes the organisation of the scope.
// It returns fault.Invalid with what is wrong with each field.
func (s *Service) Save(ctx context.Context, st Settings) error {
	if err := st.check(); err != nil {
		return err
	}
	return postgres.Do(ctx, s.db, func(ctx context.Context, tx pgx.Tx) error {
		_, err := postgres.Exec(ctx, tx, `UPDATE orgs SET name = $1, time_zone = $2, brand_color = nullif($3, ''), updated_at = now(),
				session_idle_minutes = coalesce(nullif($4, 0), session_idle_minutes), session_life_minutes = coalesce(nullif($5, 0), session_life_minutes)
			WHERE id = current_org()`,
			st.Name, st.TimeZone, st.BrandColor, st.SessionIdleMinutes, st.SessionLifeMinutes)
		switch {
		case postgres.Constraint(err) == "orgs_session_idle_within_life":
			return fault.Invalid("session_idle", "a session that is not used can't last longer than one that is; choose a shorter time here, or a longer one below")
		case err != nil:
			return err
		case st.Logo.Data != nil:
			_, err = postgres.Exec(ctx, tx, `UPDATE orgs SET brand_logo = $1, brand_logo_type = $2 WHERE id = current_org()`, st.Logo.Data, st.Logo.Type)
		case st.NoLogo:
			_, err = postgres.Exec(ctx, tx, `UPDATE orgs SET brand_logo = NULL, brand_logo_type = NULL WHERE id = current_org()`)
		}
		return err
	})
}

// Logo gives the logo of the scope's organisation; fault.NotFound where it has none.
func (s *Service) Logo(ctx context.Context) (Logo, error) {
	logo, err := postgres.Read(ctx, s.db, func(ctx context.Context, tx pgx.Tx) (Logo, error) {
		return postgres.One[Logo](ctx, tx, `SELECT brand_logo_type AS type, brand_logo AS data FROM orgs WHERE id = current_org() AND brand_logo IS NOT NULL`)
	})
	if errors.Is(err, postgres.ErrNoRow) {
		return Logo{}, fault.NotFound("org.logo", "your organisation has no logo; an owner or admin can add one under Settings")
	}
	return logo, err
}

// AskForFactor has the people of some roles, whom package identity has checked,
// need a second factor from some days from now on; without roles nobody does.
func (s *Service) AskForFactor(ctx context.Context, roles []string, days int) error {
	return postgres.Do(ctx, s.db, func(ctx context.Context, tx pgx.Tx) error {
		_, err := postgres.Exec(ctx, tx, `
			UPDATE orgs SET factor_roles = $1, factor_from = CASE WHEN $1 = '{}'::text[] THEN NULL ELSE now() + make_interval(days => $2) END, updated_at = now()
			WHERE id = current_org()`, roles, days)
		return err
	})
}

// KeepTrail says for how many years, 1 to 7, the organisation keeps the events of
// its audit trail. The caller has checked who may.
func (s *Service) KeepTrail(ctx context.Context, years int) error {
	return postgres.Do(ctx, s.db, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE orgs SET audit_years = $1, updated_at = now() WHERE id = current_org() AND audit_years <> $1`, years)
		return err
	})
}

// MailReports says whether the organisation's owners get the weekly report by mail. The
// caller has checked who may.
func (s *Service) MailReports(ctx context.Context, on bool) error {
	return postgres.Do(ctx, s.db, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE orgs SET report_mail = $1, updated_at = now() WHERE id = current_org() AND report_mail <> $1`, on)
		return err
	})
}
