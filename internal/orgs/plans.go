package orgs

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/limit"
	"github.com/skaiscraper/skai/internal/platform/postgres"
)

// The plans, as the tables check. An organisation begins with Standard.
const (
	Standard   = "standard"
	Enterprise = "enterprise"
)

// Plans are all of them.
func Plans() []string { return []string{Standard, Enterprise} }

// Limits of a plan's rates, as the table checks.
const (
	maxQuota  = 100_000
	maxWindow = 24 * time.Hour
)

// Rate is how often members of an organisation with the plan may do what the preset
// counts.
type Rate struct {
	Plan    string
	Preset  limit.Preset
	Rate    limit.Rate
	Default bool // as the program has it, without a word of the operator's
}

// SetPlan gives an organisation another plan; it holds from the next request on. It is
// the operator's. It returns fault.NotFound for an unknown slug and fault.Invalid for
// an unknown plan.
func (s *Service) SetPlan(ctx context.Context, slug, plan string) (Org, error) {
	if err := knownPlan(plan); err != nil {
		return Org{}, err
	}
	org, err := s.BySlug(ctx, slug)
	if err != nil {
		return Org{}, err
	}
	_, err = postgres.System(ctx, s.db, postgres.Operator, func(ctx context.Context, tx pgx.Tx) (int64, error) {
		return postgres.Exec(ctx, tx, `UPDATE orgs SET plan = $2, updated_at = now() WHERE id = $1 AND plan <> $2`, org.ID, plan)
	})
	org.Plan = plan
	return org, err
}

// Rates are those of every plan and preset, for the operator's commands.
func (s *Service) Rates(ctx context.Context) ([]Rate, error) {
	type row struct {
		Plan, Preset   string
		Quota, Seconds int
	}
	set, err := postgres.System(ctx, s.db, postgres.Operator, func(ctx context.Context, tx pgx.Tx) ([]row, error) {
		return postgres.Many[row](ctx, tx, `SELECT plan, preset, quota, seconds FROM plan_rates`)
	})
	if err != nil {
		return nil, err
	}
	list := []Rate{}
	for _, plan := range Plans() {
		for _, preset := range limit.Presets() {
			rate, _ := preset.Rate()
			r := Rate{plan, preset, rate, true}
			if i := slices.IndexFunc(set, func(r row) bool { return r.Plan == plan && r.Preset == string(preset) }); i >= 0 {
				r.Rate, r.Default = limit.Rate{Quota: set[i].Quota, Window: time.Duration(set[i].Seconds) * time.Second}, false
			}
			list = append(list, r)
		}
	}
	return list, nil
}

// SetRate says how often members of organisations with a plan may do something: quota
// times within the window, whole seconds of a day at most. It holds from their next
// request on.
func (s *Service) SetRate(ctx context.Context, plan string, preset limit.Preset, rate limit.Rate) error {
	problems := fault.Fields{}
	if rate.Quota < 1 || rate.Quota > maxQuota {
		problems.Add("quota", "%d is not between 1 and %d", rate.Quota, maxQuota)
	}
	if rate.Window < time.Second || rate.Window > maxWindow || rate.Window%time.Second != 0 {
		problems.Add("window", "%s is not whole seconds between 1s and 24h, for example 1m", rate.Window)
	}
	if err := problems.Err(); err != nil {
		return err
	}
	return s.changeRate(ctx, plan, preset, func(ctx context.Context, tx pgx.Tx) (int64, error) {
		return postgres.Exec(ctx, tx, `
			INSERT INTO plan_rates (plan, preset, quota, seconds) VALUES ($1, $2, $3, $4)
			ON CONFLICT (plan, preset) DO UPDATE SET quota = excluded.quota, seconds = excluded.seconds`, plan, string(preset), rate.Quota, int(rate.Window.Seconds()))
	})
}

// ResetRate gives a plan's preset back what the program has by itself.
func (s *Service) ResetRate(ctx context.Context, plan string, preset limit.Preset) error {
	return s.changeRate(ctx, plan, preset, func(ctx context.Context, tx pgx.Tx) (int64, error) {
		return postgres.Exec(ctx, tx, `DELETE FROM plan_rates WHERE plan = $1 AND preset = $2`, plan, string(preset))
	})
}

func (s *Service) changeRate(ctx context.Context, plan string, preset limit.Preset, change func(context.Context, pgx.Tx) (int64, error)) error {
	if err := knownPlan(plan); err != nil {
		return err
	}
	if !slices.Contains(limit.Presets(), preset) {
		names := []string{}
		for _, p := range limit.Presets() {
			names = append(names, string(p))
		}
		return fault.Invalid("preset", "%q is none; there are %s", preset, strings.Join(names, ", "))
	}
	_, err := postgres.System(ctx, s.db, postgres.Operator, change)
	return err
}

func knownPlan(plan string) error {
	if !slices.Contains(Plans(), plan) {
		return fault.Invalid("plan", "%q is none; there are %s", plan, strings.Join(Plans(), ", "))
	}
	return nil
}
