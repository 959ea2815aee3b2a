package cli

import (
	"strings"
	"testing"

	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/identity/keys"
)

func TestKeysByCommand(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	dbtest.Org(t, db, "titan")
	on(t, db, "", "key", "list", "--org", "titan").want(t, exitDone, "titan has no API key yet")
	made := on(t, db, "", "key", "create", "--org", "titan", "--name", "Zapier", "--scope", "records.view", "--scope", "records.edit")
	made.want(t, exitDone, "may records.view, records.edit", "shown only now")
	token, err := keys.ParseToken(strings.TrimSpace(made.out)) // standard output is the key and nothing else
	if err != nil {
		t.Fatalf("prints %q: %v", made.out, err)
	}
	list := on(t, db, "", "key", "list", "--org", "titan")
	list.want(t, exitDone, token.Prefix(), "Zapier", "never used", "good")
	if strings.Contains(list.out, token.Secret()) {
		t.Error("the list shows the key")
	}
	id, _, _ := strings.Cut(list.out, " ")
	run(t, token.Secret()+"\n", "key", "check").want(t, exitDone, "is a whole API key")
	run(t, token.Secret()[:61]+"\n", "key", "check").want(t, exitFailed, "mistyped")
	run(t, "", "key", "check").want(t, exitFailed, "no API key came")
	for _, c := range []struct {
		words string
		args  []string
	}{
		{"there is an API key called Zapier already", []string{"key", "create", "--org", "titan", "--name", "Zapier", "--scope", "records.view"}},
		{`"keys.manage" is nothing that an API key can have`, []string{"key", "create", "--org", "titan", "--name", "Two", "--scope", "keys.manage"}},
		{"0 for a key that is good until it is revoked", []string{"key", "create", "--org", "titan", "--name", "Two", "--scope", "records.view", "--days", "999"}},
		{`there is no organisation "nobody"`, []string{"key", "list", "--org", "nobody"}},
		{"no such API key", []string{"key", "revoke", "01a205b5-ae52-713f-92e0-37b7a6333d61", "--org", "titan"}},
	} {
		on(t, db, "", c.args...).want(t, exitFailed, c.words)
	}
	on(t, db, "", "key", "revoke", "zapier", "--org", "titan").want(t, exitFailed)
	on(t, db, "", "key", "revoke", id, "--org", "titan").want(t, exitDone, "opens nothing any more")
	on(t, db, "", "key", "list", "--org", "titan").want(t, exitDone, "revoked")
}
