package sso

import (
	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/identity/sso/idp"
	"github.com/skaiscraper/skai/internal/platform/tenant"
	"github.com/skaiscraper/skai/internal/platform/ui"
	"github.com/skaiscraper/skai/internal/platform/web"
)

// details are a connection, with the addresses that go to the provider.
func details(c idp.Connection, base string) []ui.Detail {
	worked := ui.Text("not yet, as it is set up now")
	if c.WorkedAt != nil {
		worked = ui.Time(*c.WorkedAt)
	}
	list := []ui.Detail{
		{Label: "By", Value: ui.Text(map[string]string{idp.OIDC: "OpenID Connect", idp.SAML: "SAML 2.0"}[c.Kind])},
		{Label: "It calls itself", Value: ui.Text(c.Issuer)},
	}
	if c.Kind == idp.OIDC {
		list = append(list, ui.Detail{Label: "Client ID", Value: ui.Text(c.ClientID)},
			ui.Detail{Label: "Redirect URI, for there", Value: ui.Text(base + "/callback")},
			ui.Detail{Label: "Back-channel logout URI", Value: ui.Text(base + "/logout")})
	} else {
		list = append(list, ui.Detail{Label: "Entity ID and metadata, for there", Value: ui.Anchor(base+"/metadata", base+"/metadata")},
			ui.Detail{Label: "Reply URL (assertion consumer service)", Value: ui.Text(base + "/acs")},
			ui.Detail{Label: "Logout URL", Value: ui.Text(base + "/slo")})
	}
	return append(list, ui.Detail{Label: "New people are", Value: ui.Text(defaultWords(c))}, ui.Detail{Label: "Somebody came through it", Value: worked})
}

// defaultWords is the role of whoever comes the first time.
func defaultWords(c idp.Connection) string {
	if c.DefaultRole == nil {
		return "not let in"
	}
	return identity.RoleName(tenant.Role(*c.DefaultRole))
}

// breakGlass is the name of the owner whose password opens the door still.
func (v view) breakGlass() string {
	for _, o := range v.owners {
		if v.connection.BreakGlass != nil && o.Value == v.connection.BreakGlass.String() {
			return o.Text
		}
	}
	return "One owner"
}

func roleOptions() (list []ui.Option) {
	for _, r := range given {
		list = append(list, ui.Option{Value: string(r), Text: identity.RoleName(r)})
	}
	return list
}

func roleField(f *web.Form, c *idp.Connection) ui.Field {
	now := "member"
	if c != nil {
		now = ""
		if c.DefaultRole != nil {
			now = *c.DefaultRole
		}
	}
	return ui.FieldOf(f, "default_role", "Who comes the first time is", now).With(func(f *ui.Field) {
		f.Options = append(roleOptions(), ui.Option{Value: "", Text: "Not let in, unless invited or in a group with a role"})
	})
}

func claimField(f *web.Form, c *idp.Connection) ui.Field {
	now := "groups"
	if c != nil {
		now = c.GroupsClaim
	}
	return ui.FieldOf(f, "groups_claim", "Where their groups are", now).With(func(f *ui.Field) {
		f.Max, f.Hint = 200, "The claim, or SAML attribute, in which the identity provider sends a person's groups."
	})
}

// connectionFields are what an owner types of the identity provider, by kind.
func connectionFields(f *web.Form, c *idp.Connection, kind string) []ui.Field {
	var issuer, client, secretHint string
	if c != nil && c.Kind == idp.OIDC {
		issuer, client, secretHint = c.Issuer, c.ClientID, "Leave it empty to keep the one there is."
	}
	if kind == idp.SAML {
		return []ui.Field{ui.FieldOf(f, "metadata", "Its metadata", "").With(func(f *ui.Field) {
			f.Rows, f.Hint = 8, "The XML document, or the https address where it is. It is read once: give it again when the provider changes its certificate."
		})}
	}
	return []ui.Field{
		ui.FieldOf(f, "issuer", "Issuer", issuer).With(func(f *ui.Field) {
			f.Required, f.Max, f.Hint = true, 2000, "Its address, as it writes it itself: https://accounts.google.com"
		}),
		ui.FieldOf(f, "client_id", "Client ID", client).With(func(f *ui.Field) { f.Required, f.Max = true, 500 }),
		ui.FieldOf(f, "client_secret", "Client secret", "").With(func(f *ui.Field) {
			f.Type, f.Fill, f.Hint, f.Required, f.Max, f.Value = "password", "off", secretHint, c == nil || c.Kind != idp.OIDC, 2000, ""
		}),
	}
}
