package cli

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/skaiscraper/skai/internal/audit"
	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/identity/keys"
	"github.com/skaiscraper/skai/internal/platform/tenant"
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

// TestATrailSaysWhatACommandShowed so that an organisation knows what its operator
// looked at.
func TestATrailSaysWhatACommandShowed(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	titan, prowest := dbtest.Org(t, db, "titan"), dbtest.Org(t, db, "prowest")
	on(t, db, "", "key", "list", "--org", "titan").want(t, exitDone, "no API key")
	on(t, db, "", "import", "list", "--org", "titan").want(t, exitDone, "Nothing was imported")
	on(t, db, "", "import", "report", "01a205b5-ae52-713f-92e0-37b7a6333d61", "--org", "titan").want(t, exitFailed, "there is no run")
	for org, want := range map[*dbtest.Contractor][]string{
		&titan: {
			"SkaiScraper looked, by a command of the operator's, at the report of the import 01a205b5-ae52-713f-92e0-37b7a6333d61.",
			"SkaiScraper looked, by a command of the operator's, at the list of its imports.",
			"SkaiScraper looked, by a command of the operator's, at its API keys.",
		}, &prowest: nil,
	} {
		list, _, err := audit.New(db).Events(org.As(t, tenant.Owner), audit.EventFilter{Action: "organisation.looked", Limit: 10})
		var said []string
		for _, e := range list {
			said = append(said, e.Sentence())
		}
		if diff := cmp.Diff(want, said); diff != "" || err != nil {
			t.Errorf("%s %v", diff, err)
		}
	}
}
