package scim

import (
	"encoding/json"
	"strings"
	"testing"
)

// FuzzFilter reads any text as a filter: it is understood, or refused in words.
func FuzzFilter(f *testing.F) {
	for _, seed := range []string{`userName eq "pat@titan.test"`, `emails[type eq "work"].value eq "x"`, `active eq true`, `urn:ietf:params:scim:schemas:core:2.0:User:userName eq "a\"b"`, `a eq "\u0000"`, `][ eq "`, ``} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := parseFilter(text, "username", "emails.value", "active")
		if err != nil {
			if e := asError(err); e == nil || e.Type != "invalidFilter" || e.Detail == "" {
				t.Errorf("%q: %v", text, err)
			}
			return
		}
		if (got == filter{}) != (strings.TrimSpace(text) == "") && got.attribute == "" {
			t.Errorf("%q is read as nothing", text)
		}
	})
}

// FuzzPatch does any operations to a user: it is a user after that, or the sender's
// mistake is named.
func FuzzPatch(f *testing.F) {
	for _, seed := range []string{
		`[{"op":"replace","path":"active","value":"False"}]`, `[{"op":"Add","path":"emails[type eq \"work\"].value","value":"a@b"}]`, `[{"op":"remove","path":"name"}]`,
		`[{"op":"replace","value":{"name":{"givenName":"A"},"active":false}}]`, `[{"op":"add","path":"emails","value":[{"value":"x"},"y",3,null]}]`, `[{"op":"remove","path":"emails[","value":1}]`,
	} {
		f.Add(seed)
	}
	yes := truth(true)
	f.Fuzz(func(t *testing.T, operations string) {
		var p patch
		if json.Unmarshal([]byte(`{"Operations":`+operations+`}`), &p) != nil {
			return
		}
		u, err := patched(user{UserName: "pat", DisplayName: "Pat", Active: &yes, Emails: []email{{"a@b.test", "work", true}}}, p)
		if err != nil {
			if asError(err) == nil {
				t.Errorf("%s: %v", operations, err)
			}
			return
		}
		if u.ID != "" {
			t.Errorf("%s gives it the id %q", operations, u.ID)
		}
	})
}
