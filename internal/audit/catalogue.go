package audit

import (
	"slices"
	"strings"
)

// Action is a kind of event: what its name means, and which addresses lead to it.
type Action struct {
	Name   string // "claim.archived"
	Words  string // what the actor did, before the target: "archived the claim"
	Routes []string
	Noted  bool // it changes no row that the trail of rows keeps, so the answer writes it
}

// catalogue lists the actions of the program; those on the four records and what
// rows alone tell are made below.
var catalogue = append(records(), []Action{
	{Name: "activity.created", Words: "wrote down the activity", Routes: []string{"POST /activity", "POST /api/activities"}},
	{Name: "activity.done", Words: "ticked off the activity", Routes: []string{"POST /activity/{id}/done", "PUT /api/activities/{id}/done"}},
	{Name: "key.created", Words: "made the API key", Routes: []string{"POST /settings/keys", "POST /api/keys"}},
	{Name: "key.updated", Words: "changed the API key", Routes: []string{"POST /settings/keys/{id}", "PUT /api/keys/{id}"}},
	{Name: "key.revoked", Words: "revoked the API key", Routes: []string{"POST /settings/keys/{id}/revoke", "POST /api/keys/{id}/revoke"}},
	{Name: "invitation.created", Words: "invited", Routes: []string{"POST /settings/people/invite", "POST /settings/people/invite-many", "POST /api/people/invitations"}},
	{Name: "invitation.renewed", Words: "sent again the invitation of", Routes: []string{"POST /settings/people/invitations/{id}/again", "POST /api/people/invitations/{id}/again"}},
	{Name: "invitation.revoked", Words: "took back the invitation of", Routes: []string{"POST /settings/people/invitations/{id}/revoke", "DELETE /api/people/invitations/{id}"}},
	{Name: "invitation.accepted", Words: "accepted the invitation of", Routes: []string{"POST /invitation"}},
	{Name: "person.removed", Words: "removed the person", Routes: []string{"POST /settings/people/{id}/remove", "DELETE /api/people/{id}"}},
	{Name: "person.role_changed", Words: "changed the role of", Routes: []string{"POST /settings/people/{id}/role", "PUT /api/people/{id}/role"}},
	{Name: "person.role_given", Words: "gave a composed role to", Routes: []string{"POST /settings/roles/{id}/people", "PUT /api/roles/{id}/people/{person}"}},
	{Name: "person.role_taken", Words: "took a composed role from", Routes: []string{"POST /settings/roles/{id}/people/{person}/remove", "DELETE /api/roles/{id}/people/{person}"}},
	{Name: "role.created", Words: "composed the role", Routes: []string{"POST /settings/roles", "POST /api/roles"}},
	{Name: "role.updated", Words: "changed the role", Routes: []string{"POST /settings/roles/{id}", "PUT /api/roles/{id}"}},
	{Name: "role.deleted", Words: "deleted the role", Routes: []string{"POST /settings/roles/{id}/delete", "DELETE /api/roles/{id}"}},
	{Name: "organisation.updated", Words: "changed the settings of", Routes: []string{"POST /settings/organisation"}},
	{Name: "organisation.transferred", Words: "handed over", Routes: []string{"POST /settings/ownership"}},
	{Name: "organisation.factors_asked", Words: "changed who needs a second factor in", Routes: []string{"POST /settings/factors/policy"}},
	{Name: "organisation.retention_changed", Words: "changed how long the trail is kept of", Routes: []string{"POST /settings/audit/retention"}},
	{Name: "organisation.reports_mailed", Words: "changed whether weekly reports are mailed to the owners of", Routes: []string{"POST /settings/ops/reports/mail"}},
	{Name: "organisation.push_set", Words: "had events sent to another address", Routes: []string{"POST /settings/audit/push"}},
	{Name: "organisation.push_removed", Words: "had events sent nowhere any more", Routes: []string{"POST /settings/audit/push/remove"}},
	{Name: "directory.person_created", Words: "made a member, by the directory,", Routes: []string{"POST /api/scim/v2/Users"}},
	{Name: "directory.person_changed", Words: "changed, by the directory,", Routes: []string{"PUT /api/scim/v2/Users/{id}", "PATCH /api/scim/v2/Users/{id}"}},
	{Name: "directory.person_removed", Words: "removed, by the directory,", Routes: []string{"DELETE /api/scim/v2/Users/{id}"}},
	{Name: "directory.group_created", Words: "made the directory's group", Routes: []string{"POST /api/scim/v2/Groups"}},
	{Name: "directory.group_changed", Words: "changed the directory's group", Routes: []string{"PUT /api/scim/v2/Groups/{id}", "PATCH /api/scim/v2/Groups/{id}"}},
	{Name: "directory.group_removed", Words: "deleted the directory's group", Routes: []string{"DELETE /api/scim/v2/Groups/{id}"}},
	{Name: "sso.domain_added", Words: "named the e-mail domain", Routes: []string{"POST /settings/sso/domains"}},
	{Name: "sso.domain_checked", Words: "looked into DNS for the e-mail domain", Routes: []string{"POST /settings/sso/domains/{id}/check"}},
	{Name: "sso.domain_removed", Words: "removed the e-mail domain", Routes: []string{"POST /settings/sso/domains/{id}/remove"}},
	{Name: "sso.connected", Words: "set up the identity provider", Routes: []string{"POST /settings/sso/connection"}},
	{Name: "sso.removed", Words: "removed the identity provider", Routes: []string{"POST /settings/sso/connection/remove"}},
	{Name: "sso.unlinked", Words: "had forgotten who is who at the identity provider", Routes: []string{"POST /settings/sso/connection/unlink"}},
	{Name: "sso.group_set", Words: "gave a role to the group", Routes: []string{"POST /settings/sso/groups"}},
	{Name: "sso.group_removed", Words: "took the role from the group", Routes: []string{"POST /settings/sso/groups/{id}/remove"}},
	{Name: "sso.required_changed", Words: "changed whether passwords open the door of", Routes: []string{"POST /settings/sso/required"}},
	{Name: "organisation.suspended", Words: "suspended, for the operator of the platform,", Routes: []string{"POST /admin/organisations/{id}/suspend"}},
	{Name: "organisation.resumed", Words: "opened again, for the operator of the platform,", Routes: []string{"POST /admin/organisations/{id}/resume"}},
	{Name: "organisation.plan_changed", Words: "changed, for the operator of the platform, the plan of", Routes: []string{"POST /admin/organisations/{id}/plan"}},
	{Name: "support.asked", Words: "asked, for the operator of the platform, to look in", Routes: []string{"POST /admin/organisations/{id}/support"}},
	{Name: "support.withdrawn", Words: "took back, for the operator of the platform, the request to look in, or ended the look", Routes: []string{"POST /admin/organisations/{id}/support/{access}/withdraw"}},
	{Name: "support.entered", Words: "came in, for the operator of the platform, by your consent", Routes: []string{"POST /admin/organisations/{id}/support/{access}/enter"}, Noted: true},
	{Name: "support.looked", Words: "looked, for the operator of the platform, at"},
	{Name: "support.left", Words: "left, for the operator of the platform", Routes: []string{"POST /admin/support/leave"}, Noted: true},
	{Name: "support.agreed", Words: "agreed that the operator of the platform looks in", Routes: []string{"POST /settings/support/{id}/agree"}},
	{Name: "support.declined", Words: "declined that the operator of the platform looks in", Routes: []string{"POST /settings/support/{id}/decline"}},
	{Name: "support.ended", Words: "ended the look of the operator of the platform", Routes: []string{"POST /settings/support/{id}/end"}},
	{Name: "organisation.listed", Words: "downloaded the list of organisations", Routes: []string{"GET /admin/organisations.csv"}, Noted: true},
	{Name: "job.retried", Words: "had a background job done again", Routes: []string{"POST /admin/jobs/{id}/retry"}, Noted: true},
	{Name: "job.dropped", Words: "took a background job out of the queue", Routes: []string{"POST /admin/jobs/{id}/drop"}, Noted: true},
	{Name: "operator.signed_in", Words: "signed in to run the platform"},
	{Name: "session.refused", Words: "was not let in by single sign-on"},
	{Name: "account.confirmed", Words: "confirmed the e-mail address of the account", Routes: []string{"POST /sign-in/confirm"}},
	{Name: "account.password_changed", Words: "changed the password of the account", Routes: []string{"POST /settings/password"}},
	{Name: "account.password_reset", Words: "set a new password by a mailed link, of the account", Routes: []string{"POST /sign-in/reset"}},
	{Name: "account.address_asked", Words: "asked for a mail to confirm an address", Routes: []string{"POST /settings/email", "POST /settings/email/again"}, Noted: true},
	{Name: "factor.added", Words: "added the second factor", Routes: []string{"POST /settings/factors/app", "POST /settings/factors/phone", "POST /settings/factors/passkey", "POST /sign-in/enrol", "POST /sign-in/enrol/app"}},
	{Name: "factor.removed", Words: "removed the second factor", Routes: []string{"POST /settings/factors/{id}/remove"}},
	{Name: "factor.codes_made", Words: "made new backup codes", Routes: []string{"POST /settings/factors/codes"}, Noted: true},
	{Name: "factor.devices_forgotten", Words: "took the trust from all devices", Routes: []string{"POST /settings/factors/distrust"}, Noted: true},
	{Name: "session.refreshed", Words: "showed the password once more", Routes: []string{"POST /settings/confirm"}, Noted: true},
	{Name: "session.opened", Words: "signed in"},
	{Name: "session.confirmed", Words: "showed the second factor of a sign-in"},
	{Name: "session.switched", Words: "came over from another organisation", Routes: []string{"POST /switch"}},
	{Name: "session.ended", Words: "signed out, or was", Routes: []string{"POST /sign-out", "POST /settings/sessions/{id}/revoke", "POST /settings/sessions/revoke-others"}},
	{Name: "session.failed", Words: "was not let in: the password was wrong"},
	{Name: "access.refused", Words: "was refused", Noted: true},
	{Name: "person.exported", Words: "downloaded the list of people", Routes: []string{"GET /settings/people.csv"}, Noted: true},
	{Name: "import.exported", Words: "downloaded the rows an import set aside", Routes: []string{"GET /migration/runs/{run}/errors/{file}"}, Noted: true},
	{Name: "file.added", Words: "added the file", Routes: []string{"POST /claims/{id}/files", "POST /contacts/{id}/files", "POST /leads/{id}/files", "POST /properties/{id}/files"}},
	{Name: "file.archived", Words: "removed the file", Routes: []string{"POST /files/{id}/archive"}},
	{Name: "file.downloaded", Words: "downloaded a file", Routes: []string{"GET /files/{id}/content"}, Noted: true},
	{Name: "level.exported", Words: "downloaded the service level", Routes: []string{"GET /settings/ops.csv", "GET /settings/ops/traces.csv", "GET /settings/ops/errors.csv", "GET /settings/ops/report.pdf"}, Noted: true},
	{Name: "error.resolved", Words: "said of an error that it is resolved", Routes: []string{"POST /settings/ops/errors/{id}/resolve"}, Noted: true},
	{Name: "error.reopened", Words: "opened an error again", Routes: []string{"POST /settings/ops/errors/{id}/reopen"}, Noted: true},
	{Name: "trail.exported", Words: "downloaded the audit trail", Routes: []string{"GET /settings/audit.csv", "GET /settings/audit.jsonl"}, Noted: true},
	{Name: "organisation.exported", Words: "exported everything of the organisation, by a command"},
	{Name: "organisation.looked", Words: "looked, by a command of the operator's, at"},
	{Name: "import.published", Words: "imported records"},
	{Name: "trail.begun", Words: "began to write events; the changes before stand in this one"},
}...)

// silent are the addresses that change something and leave no event, each with
// the reason.
var silent = map[string]string{
	"POST /preferences":             "how dense lists are, in the browser's own cookie",
	"POST /sign-in":                 "the session it opens is the event, or the failure",
	"POST /sign-in/passkey":         "the session it opens is the event",
	"POST /sign-in/second":          "the session it completes is the event",
	"POST /sign-in/second/message":  "it only sends a code; the session it completes is the event",
	"POST /api/probe":               "a probe's figures, of no organisation",
	"POST /sign-in/sso":             "it only leads on to the identity provider",
	"POST /sign-in/sso/{id}/acs":    "the session it opens is the event, or the refusal",
	"POST /sign-in/sso/{id}/logout": "the sessions it ends are the events",
	"POST /sign-in/forgot":          "asked for by anybody, for any address; what the mailed link changes is the event",
}

// records are the actions on contacts, properties, leads and claims.
func records() (list []Action) {
	for _, r := range [][2]string{{"contact", "contacts"}, {"property", "properties"}, {"lead", "leads"}, {"claim", "claims"}} {
		one, many := r[0], "/"+r[1]
		list = append(list,
			Action{Name: one + ".created", Words: "added the " + one, Routes: []string{"POST " + many, "POST /api" + many}},
			Action{Name: one + ".updated", Words: "changed the " + one, Routes: []string{"POST " + many + "/{id}", "PUT /api" + many + "/{id}"}},
			Action{Name: one + ".archived", Words: "archived the " + one, Routes: []string{"POST " + many + "/{id}/archive", "POST /api" + many + "/{id}/archive"}},
			Action{Name: one + ".restored", Words: "restored the " + one, Routes: []string{"POST " + many + "/{id}/restore", "POST /api" + many + "/{id}/restore"}},
			Action{Name: one + ".exported", Words: "downloaded the list of " + r[1], Routes: []string{"GET " + many + ".csv"}, Noted: true})
	}
	for _, one := range []string{"lead", "claim"} {
		list = append(list, Action{
			Name: one + ".stage_changed", Words: "moved to another stage the " + one,
			Routes: []string{"POST /" + one + "s/{id}/stage", "POST /api/" + one + "s/{id}/stage"},
		})
	}
	return list
}

var byName, byRoute = index()

func index() (names, routes map[string]Action) {
	names, routes = map[string]Action{}, map[string]Action{}
	for _, a := range catalogue {
		names[a.Name] = a
		for _, r := range a.Routes {
			routes[r] = a
		}
	}
	return names, routes
}

// Catalogue gives the actions that have a name of their own, by name. Commands and
// jobs have others, made of what their rows are: "estimate.created".
func Catalogue() []Action {
	list := slices.Clone(catalogue)
	slices.SortFunc(list, func(a, b Action) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// Silent tells why an address ("POST /preferences") that changes something leaves
// no event; "" where it leaves one.
func Silent(route string) string { return silent[route] }

// ActionOf names what an address does; "" for one that only shows something.
func ActionOf(method, pattern string) string { return byRoute[method+" "+pattern].Name }

// words says what somebody did, of any action.
func words(action string) string {
	if a, ok := byName[action]; ok {
		return a.Words
	}
	noun, verb, _ := strings.Cut(action, ".")
	return map[string]string{"created": "added", "updated": "changed", "deleted": "deleted"}[verb] + " the " + strings.ReplaceAll(noun, "_", " ")
}
