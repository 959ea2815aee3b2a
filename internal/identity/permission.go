package identity

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

// Permission is one line of the matrix "who may do what". Every exported method
// of a room that does tenant work asks for one first, so that page, API, job and
// command share one gate.
type Permission string

// The permissions that something asks for.
const (
	ViewRecords     Permission = "records.view"
	EditRecords     Permission = "records.edit"    // create, edit, move stage
	ArchiveRecords  Permission = "records.archive" // a member: only their own
	ViewAmounts     Permission = "amounts.view"    // a claim's money: not for viewers
	EditAmounts     Permission = "amounts.edit"
	StepBack        Permission = "stages.back" // one stage back, out of cancelled, with a reason
	ExportLists     Permission = "lists.export"
	ViewAnalytics   Permission = "analytics.view" // figures over many records; a member: over their own
	Migrate         Permission = "migration.run"  // and the full export
	ViewAudit       Permission = "audit.view"
	EditSettings    Permission = "settings.edit"
	InvitePeople    Permission = "people.invite" // see the list of people, and invite; package people says whom
	ManagePeople    Permission = "people.manage" // change roles, remove
	EditRoles       Permission = "roles.edit"    // compose roles
	TransferOrg     Permission = "organisation.transfer"
	ManageKeys      Permission = "keys.manage"      // API keys
	ProvisionPeople Permission = "people.provision" // say who works here, as a directory does
	ManageSSO       Permission = "sso.manage"       // whoever names the identity provider could become anybody
)

var (
	everyone   = []tenant.Role{tenant.Owner, tenant.Admin, tenant.Manager, tenant.Member, tenant.Viewer}
	workers    = everyone[:4]
	leaders    = everyone[:3]
	stewards   = everyone[:2]
	permission = map[Permission]struct {
		roles []tenant.Role
		words string // what the person may not do, for the refusal
	}{
		ViewRecords:     {everyone, "see records"},
		EditRecords:     {workers, "create or change records"},
		ArchiveRecords:  {workers, "archive or restore records"},
		ViewAmounts:     {workers, "see amounts"},
		EditAmounts:     {leaders, "change amounts"},
		StepBack:        {leaders, "move a stage back"},
		ExportLists:     {leaders, "export lists"},
		ViewAnalytics:   {workers, "see figures over many records"},
		Migrate:         {stewards, "run a migration or a full export"},
		ViewAudit:       {stewards, "see the audit trail"},
		EditSettings:    {stewards, "change the organisation's settings"},
		InvitePeople:    {leaders, "see or invite people"},
		ManagePeople:    {stewards, "change people's roles or remove them"},
		EditRoles:       {everyone[:1], "compose roles"},
		TransferOrg:     {everyone[:1], "hand the organisation over"},
		ManageKeys:      {stewards, "see or manage API keys"},
		ProvisionPeople: {stewards, "say who works here, as a directory does"},
		ManageSSO:       {everyone[:1], "set up single sign-on"},
	}
)

// ownOfMembers are the permissions that members have on their own records alone.
var ownOfMembers = []Permission{ArchiveRecords, ViewAnalytics}

// keyScopes are the permissions that an API key may have: those that something
// below /api/ asks for, and that give no power over keys or settings; over people
// only what a directory needs.
var keyScopes = []Permission{ViewRecords, EditRecords, ArchiveRecords, ViewAmounts, EditAmounts, StepBack, ViewAnalytics, ViewAudit, ProvisionPeople}

// KeyScopes are the permissions that an API key may have.
func KeyScopes() []Permission { return slices.Clone(keyScopes) }

// LeastRole gives the smallest role that has all of some permissions, and has them
// on everybody's records: the role an API key has, which owns no records.
func LeastRole(list []Permission) tenant.Role {
	for _, role := range slices.Backward(everyone) {
		lacks := func(p Permission) bool {
			return !May(tenant.Scope{Role: role}, p) || role == tenant.Member && slices.Contains(ownOfMembers, p)
		}
		if !slices.ContainsFunc(list, lacks) {
			return role
		}
	}
	return tenant.Owner
}

// May tells whether an actor has a permission: the role has it, and neither a
// composed role nor an API key leaves it out.
func May(s tenant.Scope, p Permission) bool {
	return slices.Contains(permission[p].roles, s.Role) && (s.Only == nil || slices.Contains(s.Only, string(p)))
}

// Permissions gives all that an actor may do, by name.
func Permissions(s tenant.Scope) []Permission {
	may := []Permission{}
	for _, p := range slices.Sorted(maps.Keys(permission)) {
		if May(s, p) {
			may = append(may, p)
		}
	}
	return may
}

// Words says what a permission lets somebody do: "export lists".
func (p Permission) Words() string { return permission[p].words }

// Label is Words where they stand by themselves: "Export lists".
func (p Permission) Label() string {
	words := p.Words()
	if words == "" {
		return string(p)
	}
	return strings.ToUpper(words[:1]) + words[1:]
}

// WordsFor is Words, with what a role has on its own records alone.
func (p Permission) WordsFor(role tenant.Role) string {
	if role == tenant.Member && slices.Contains(ownOfMembers, p) {
		return p.Words() + ", their own only"
	}
	return p.Words()
}

// Can tells whether the actor of ctx has a permission: for pages that leave out what would be refused.
func Can(ctx context.Context, p Permission) bool {
	scope, ok := tenant.From(ctx)
	return ok && May(scope, p)
}

// Require refuses an actor without the permission: fault.Forbidden in words, or
// fault.Unauthenticated where nobody is signed in.
func Require(ctx context.Context, p Permission) error {
	scope, ok := tenant.From(ctx)
	if !ok {
		return fault.Unauthenticated("unauthenticated", "sign in first")
	}
	if !May(scope, p) {
		return refusal(scope, p)
	}
	return nil
}

// refusal says why an actor may not, and who can help.
func refusal(s tenant.Scope, p Permission) error {
	switch {
	case s.Key && slices.Contains(keyScopes, p):
		return fault.Forbidden("forbidden.scope", "this API key has not the scope %s and so can't %s; an owner or admin can make a key that has it", p, p.Words())
	case s.Key:
		return fault.Forbidden("forbidden.key", "no API key can %s; a person has to sign in for it", p.Words())
	case s.RoleName != "":
		return fault.Forbidden("forbidden", "in the role %s you can't %s; ask an owner of your organisation", s.RoleName, p.Words())
	default:
		return fault.Forbidden("forbidden", "as %s you can't %s; ask an owner or admin of your organisation", roleWords(s.Role), p.Words())
	}
}

// RequireOwn is Require for a permission that members have on their own records
// alone: those they created or are assigned to.
func RequireOwn(ctx context.Context, p Permission, own ...uuid.UUID) error {
	if err := Require(ctx, p); err != nil {
		return err
	}
	scope, _ := tenant.From(ctx)
	if scope.Role == tenant.Member && !slices.Contains(own, scope.ActorID) {
		return fault.Forbidden("forbidden.own", "as a member you can %s only where you created them or they are assigned to you; ask a manager", p.Words())
	}
	return nil
}

func roleWords(r tenant.Role) string {
	if r == tenant.Owner || r == tenant.Admin {
		return "an " + string(r)
	}
	return "a " + string(r)
}
