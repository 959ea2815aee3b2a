package support

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/orgs"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
	"github.com/skaiscraper/skai/internal/platform/ui"
	"github.com/skaiscraper/skai/internal/platform/web"
)

// LeavePath is where an operator leaves the organisation they are in; package admin serves it.
const LeavePath = identity.AdminPath + "/support/leave"

// visit is an operator's look into an organisation.
type visit struct {
	ID     uuid.UUID
	Reason string
	EndsAt time.Time
	Open   bool // the organisation agrees still
	orgs.Place
	refused error `db:"-"` // why the request is no part of the look
}

// FromRequest lets an operator in who is in an organisation by its consent, and asks
// members about every other request; it is for web.Config's Authenticate. It returns
// fault.Forbidden, and as whose the refusal is shown, for what is no part of a look:
// everything that changes something, settings, and all once the consent has ended.
func (s *Service) FromRequest(members func(*http.Request) (context.Context, error)) func(*http.Request) (context.Context, error) {
	return func(r *http.Request) (context.Context, error) {
		ctx, err := members(r)
		if !fault.Is(err, fault.KindUnauthenticated) || identity.TokenOf(r) == "" {
			return ctx, err
		}
		theirs, no := s.operators.FromRequest(r)
		if no != nil {
			return nil, err
		}
		scope, _ := tenant.From(theirs)
		v, no := s.visit(r, scope)
		if errors.Is(no, postgres.ErrNoRow) {
			return nil, err // they are in no organisation
		}
		if no != nil {
			return nil, no
		}
		if !v.Open {
			return theirs, v.refused
		}
		return v.begin(r, scope), v.refused // which is shown inside, with the way out
	}
}

// visit gives the look that an operator's session is in, and writes what they ask for
// into the organisation's trail; postgres.ErrNoRow where it is in none.
func (s *Service) visit(r *http.Request, scope tenant.Scope) (visit, error) {
	return postgres.System(r.Context(), s.db, postgres.SignIn, func(ctx context.Context, tx pgx.Tx) (visit, error) {
		v, err := postgres.One[visit](ctx, tx, `
			SELECT a.id, a.reason, a.ends_at, a.ended_at IS NULL AND a.ends_at > now() AND a.operator_id IS NOT DISTINCT FROM s.operator_id AND o.suspended_at IS NULL AS open,
				o.id AS org_id, o.name AS org_name, o.time_zone, o.brand_color, o.brand_logo IS NOT NULL AS has_logo, o.updated_at AS brand_at
			FROM operator_sessions s JOIN support_access a ON a.org_id = s.support_org_id AND a.id = s.support_id JOIN orgs o ON o.id = a.org_id
			WHERE s.id = $1`, scope.SessionID)
		if err != nil {
			return v, err
		}
		v.refused = v.allows(r)
		if v.refused == nil && r.URL.Path != orgs.LogoPath { // which is a part of every page
			err = note(ctx, tx, v.OrgID, scope, "support.looked", r.URL.Path)
		}
		return v, err
	})
}

// allows refuses what is no part of a look.
func (v visit) allows(r *http.Request) error {
	path := r.URL.Path
	switch {
	case !v.Open:
		return fault.Forbidden("support.over", "%s does not let you in any more; ask again, on its page here, if you need to", v.OrgName)
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		return fault.Forbidden("support.reads", "you look into %s by its consent, which lets you read and change nothing", v.OrgName)
	case path == identity.SettingsPath, strings.HasPrefix(path, identity.SettingsPath+"/"), path == "/api/me":
		return fault.Forbidden("support.settings", "settings are no part of what %s agreed to", v.OrgName)
	}
	return nil
}

// begin gives the context of a request of the look.
func (v visit) begin(r *http.Request, operator tenant.Scope) context.Context {
	ctx := tenant.With(identity.WithZone(r.Context(), v.TimeZone), tenant.Scope{
		OrgID: v.OrgID, ActorID: operator.ActorID, ActorName: operator.ActorName, Role: tenant.Viewer, RoleName: "Support",
		Support: v.ID, RequestID: web.RequestID(r.Context()), SessionID: operator.SessionID,
	})
	shell := v.Shell()
	shell.Name, shell.Role, shell.Home = operator.ActorName, "Support", ui.Dashboard.URL
	shell.Visit = &ui.Visit{Org: v.OrgName, Why: v.Reason, Until: v.EndsAt, LeavePath: LeavePath}
	return ui.WithViewer(ctx, shell)
}
