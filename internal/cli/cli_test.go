package cli

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/skaiscraper/skai/internal/cli/desk"
	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/orgs"
	"github.com/skaiscraper/skai/internal/platform/mail"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/trace"
	"github.com/skaiscraper/skai/internal/platform/trouble"
)

// TestMain runs the tests; started by a test with asProgram set, this program is
// skai itself, so that it can be killed.
func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		os.Exit(Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
	}
	dbtest.Main(m)
}

const asProgram = "SKAI_TEST_AS_PROGRAM"

// result is what a command did.
type result struct {
	code      int
	out, errs string
}

func run(t *testing.T, stdin string, args ...string) result {
	t.Helper()
	var out, errs bytes.Buffer
	code := Main(args, strings.NewReader(stdin), &out, &errs)
	return result{code, out.String(), errs.String()}
}

// on runs a command on a test's database in place of a private one.
func on(t *testing.T, db *postgres.DB, stdin string, args ...string) result {
	t.Helper()
	args = append(args, "--database-url", dbtest.URL(db, "skai_app"), "--data", t.TempDir())
	if !slices.ContainsFunc(args, func(a string) bool { return strings.Contains(a, "vault") }) { // one desk.Database, one master key
		key := filepath.Join(t.TempDir(), "master")
		if err := os.WriteFile(key, bytes.Repeat([]byte{7}, 32), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, "--vault-key-file", key)
	}
	return run(t, stdin, args...)
}

func (r result) want(t *testing.T, code int, words ...string) {
	t.Helper()
	if r.code != code {
		t.Errorf("exit code %d, want %d\n%s%s", r.code, code, r.out, r.errs)
	}
	for _, w := range words {
		if !strings.Contains(r.out+r.errs, w) {
			t.Errorf("%q is not in:\n%s%s", w, r.out, r.errs)
		}
	}
}

func TestEveryFlagHasAVariableAndHelp(t *testing.T) {
	t.Parallel()
	parser, err := newParser(&commands{}, io.Discard, io.Discard, func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	flags := 0
	var visit func(n *kong.Node)
	visit = func(n *kong.Node) {
		if n.Help == "" {
			t.Errorf("%s has no help", n.FullPath())
		}
		for _, f := range n.Flags {
			flags++
			if f.Name == "help" || f.Name == "version" {
				continue
			}
			if len(f.Envs) != 1 || f.Help == "" {
				t.Errorf("%s --%s: variables %v, help %q", n.FullPath(), f.Name, f.Envs, f.Help)
			}
		}
		for _, p := range n.Positional {
			if p.Help == "" {
				t.Errorf("%s %s has no help", n.FullPath(), p.Name)
			}
		}
		for _, child := range n.Children {
			visit(child)
		}
	}
	visit(parser.Model.Node)
	if flags < 10 {
		t.Errorf("only %d flags were looked at", flags)
	}
}

func TestMailsInTheDataFolderAreRead(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	run(t, "", "mail", "read", "--data", data).want(t, exitDone)
	post, err := (&mailFlags{}).post(&desk.Globals{Listen: ":8085", Data: data})
	if err != nil {
		t.Fatal(err)
	}
	for _, subject := range []string{"First", "Second"} {
		if err := post.Send(t.Context(), mail.Letter{To: "pat@titan.example", Subject: subject, Lines: []string{"Hail."}, Button: "Open", Path: "/x"}); err != nil {
			t.Fatal(err)
		}
	}
	r := run(t, "", "mail", "read", "--data", data, "-n", "1")
	r.want(t, exitDone)
	if !strings.Contains(r.out, "to pat@titan.example  Second") || !strings.Contains(r.out, "http://localhost:8085/x") || strings.Contains(r.out, "First") {
		t.Errorf("prints %q", r.out)
	}
}

func TestBadConfigurationIsRefusedInWords(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args  []string
		words []string
	}{
		{[]string{"serve", "--listen", "8080"}, []string{"SKAI_LISTEN (--listen)", `"8080"`, "an example: SKAI_LISTEN=127.0.0.1:8080"}},
		{[]string{"serve", "--listen", "127.0.0.1:99999"}, []string{"SKAI_LISTEN", "an example"}},
		{[]string{"serve", "--listen", "example.com:80"}, []string{"SKAI_LISTEN", "an example"}},
		{[]string{"work", "--log", "xml"}, []string{"SKAI_LOG (--log)", `"xml"`, "an example: SKAI_LOG=json"}},
		{[]string{"work", "--log-level", "loud"}, []string{"SKAI_LOG_LEVEL (--log-level)", `"loud"`, "an example: SKAI_LOG_LEVEL=warn"}},
		{[]string{"work", "--data", ""}, []string{"SKAI_DATA (--data)", "an example: SKAI_DATA=/var/lib/skai"}},
		{[]string{"work", "--database-url", "postgres://skai_app:verysecret@db:99999/skai"}, []string{"DATABASE_URL (--database-url)", "an example: postgres://skai_app:secret@"}},
		{[]string{"work", "--database-url", "postgres://db/skai", "--owner-url", "nonsense"}, []string{"DATABASE_OWNER_URL (--owner-url)", "an example: postgres://skai_owner:secret@"}},
		{[]string{"work", "--owner-url", "postgres://db/skai"}, []string{"DATABASE_OWNER_URL", "DATABASE_URL is not"}},
		{[]string{"serve", "--secret", "short"}, []string{"SKAI_SECRET (--secret) has 5 characters", "an example"}},
		{[]string{"serve", "--smtp-url", "smtp://skai:verysecret@mail.example"}, []string{"SKAI_MAIL_FROM (--mail-from) is not", "an example"}},
		{[]string{"work", "--smtp-url", "smtp://skai:very/secret@mail.example", "--mail-from", "a@b.example"}, []string{"SKAI_SMTP_URL (--smtp-url)", "%2F", "an example: SKAI_SMTP_URL="}},
		{[]string{"work", "--smtp-url", "imap://mail.example", "--mail-from", "a@b.example"}, []string{"SKAI_SMTP_URL", "smtp:// or smtps://"}},
		{[]string{"work", "--smtp-url", "smtp://mail.example:25?tls=off", "--mail-from", "a@b.example"}, []string{"SKAI_SMTP_URL", "TLS off"}},
		{[]string{"serve", "--mail-from", "the office"}, []string{"SKAI_MAIL_FROM (--mail-from)", `"the office"`, "an example"}},
		{[]string{"serve", "--url", "https://skai.example/app"}, []string{"SKAI_URL (--url)", "without a path", "an example"}},
		{[]string{"srve"}, []string{"unexpected argument srve", "serve"}},
		{[]string{"serve", "--color"}, []string{"unknown flag --color"}},
		{[]string{"user", "create", "pat@example.com"}, []string{"--org", "--role"}},
	} {
		r := run(t, "", c.args...)
		r.want(t, exitFailed, append(c.words, "skai --help")...)
		if r.out != "" || strings.Contains(r.errs, "verysecret") {
			t.Errorf("%v: prints %q and %q", c.args, r.out, r.errs)
		}
	}
}

func TestHelpAndVersion(t *testing.T) {
	t.Parallel()
	run(t, "").want(t, exitDone, "Usage: skai <command>", "serve", "$SKAI_DATA")
	run(t, "", "--help").want(t, exitDone, "Usage: skai <command>")
	run(t, "", "user", "create", "--help").want(t, exitDone, "Usage: skai user create", "--org", "$SKAI_ORG")
	run(t, "", "--version").want(t, exitDone, desk.Version())
}

func TestOrganisationsAndPeople(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	on(t, db, "", "org", "list").want(t, exitDone, "no organisation yet")
	on(t, db, "", "org", "create", "titan", "--name", "Titan Roofing", "--time-zone", "America/Phoenix").want(t, exitDone, "Titan Roofing (titan)")
	on(t, db, "", "org", "create", "titan", "--name", "Another").want(t, exitFailed, `there is an organisation "titan" already`)
	on(t, db, "", "org", "create", "Ti tan", "--name", "", "--time-zone", "Mars").want(t, exitFailed, "slug", "name", "time_zone")
	on(t, db, "", "org", "list").want(t, exitDone, "titan", "America/Phoenix")

	made := on(t, db, "", "user", "create", "pat@example.com", "--org", "titan", "--role", "owner")
	made.want(t, exitDone, "pat@example.com")
	password := regexp.MustCompile(`[a-z2-7]{5}(-[a-z2-7]{5}){3}`).FindString(made.out)
	people := identity.New(db, orgs.New(db))
	if _, err := people.SignIn(t.Context(), "pat@example.com", password, identity.Device{}); err != nil {
		t.Errorf("the printed password %q does not sign in: %v", password, err)
	}
	on(t, db, "", "user", "create", "pat@example.com", "--org", "titan", "--role", "owner").want(t, exitFailed, "is a member of Titan Roofing already")
	on(t, db, "", "user", "create", "pat@example.com", "--org", "nobody", "--role", "owner").want(t, exitFailed, `no organisation "nobody"`, "skai org list")
	on(t, db, "", "user", "create", "pat@example.com", "--org", "titan", "--role", "boss").want(t, exitFailed, "--role must be one of", "boss")

	typed := on(t, db, "a sentence of my own\n", "user", "create", "kim@example.com", "--org", "titan", "--role", "viewer", "--name", "Kim", "--password-stdin")
	typed.want(t, exitDone, "kim@example.com")
	if strings.Contains(typed.out, "a sentence") {
		t.Error("a password that was given is printed")
	}
	if _, err := people.SignIn(t.Context(), "kim@example.com", "a sentence of my own", identity.Device{}); err != nil {
		t.Error(err)
	}
	on(t, db, "short\n", "user", "create", "lee@example.com", "--org", "titan", "--role", "viewer", "--password-stdin").want(t, exitFailed, "12 characters")
	on(t, db, "", "user", "create", "lee@example.com", "--org", "titan", "--role", "viewer", "--password-stdin").want(t, exitFailed, "no password came")

	on(t, db, "", "org", "create", "prowest", "--name", "Pro West").want(t, exitDone)
	second := on(t, db, "", "user", "create", "pat@example.com", "--org", "prowest", "--role", "admin")
	second.want(t, exitDone, "with the password they have")
	if regexp.MustCompile(`[a-z2-7]{5}(-[a-z2-7]{5}){3}`).MatchString(second.out) {
		t.Error("a password is printed that does not hold")
	}
}

func TestMigrateAnOperatorsDatabase(t *testing.T) {
	t.Parallel()
	owner, app := dbtest.Bare(t)
	data := t.TempDir()
	run(t, "", "org", "list", "--data", data, "--database-url", app).want(t, exitFailed, "lacks", "DATABASE_OWNER_URL", "skai migrate")
	run(t, "", "migrate", "--data", data, "--database-url", app).want(t, exitFailed, "DATABASE_OWNER_URL is not set", "postgres://skai_owner:secret@")
	run(t, "", "migrate", "--data", data, "--database-url", app, "--owner-url", owner).want(t, exitDone, "migrations ran", "up to date")
	run(t, "", "migrate", "--data", data, "--database-url", app, "--owner-url", owner).want(t, exitDone, "0 migrations ran")
	run(t, "", "org", "list", "--data", data, "--database-url", app).want(t, exitDone, "no organisation yet")
	run(t, "", "org", "list", "--data", data, "--database-url", owner).want(t, exitFailed, "use skai_app")
}

func TestRoutesAreListed(t *testing.T) {
	t.Parallel()
	run(t, "", "routes").want(t, exitDone, "/api/health/ready", "public", "/settings/audit", "audit.view", "100 % registered through one door")
	var told struct {
		Routes  []map[string]string `json:"routes"`
		Count   int                 `json:"count"`
		OneDoor int                 `json:"one_door"`
	}
	if err := json.Unmarshal([]byte(run(t, "", "routes", "--json").out), &told); err != nil {
		t.Fatal(err)
	}
	if told.Count != len(told.Routes) || told.OneDoor != told.Count {
		t.Errorf("%d routes listed, %d counted, %d through one door", len(told.Routes), told.Count, told.OneDoor)
	}
	if !slices.ContainsFunc(told.Routes, func(r map[string]string) bool {
		return r["pattern"] == "/sign-in" && r["method"] == "POST" && r["audience"] == "public" && r["preset"] == "auth"
	}) {
		t.Errorf("POST /sign-in is not in %v", told.Routes)
	}
}

func TestAnAddressInUseIsNamed(t *testing.T) {
	t.Parallel()
	l, err := listen(t.Context(), "SKAI_LISTEN (--listen)", "127.0.0.1:0", "127.0.0.1:8081")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	run(t, "", "serve", "--data", t.TempDir(), "--listen", l.Addr().String()).want(t, exitFailed, "SKAI_LISTEN", l.Addr().String(), "another program", "127.0.0.1:8081")
	run(t, "", "work", "--data", t.TempDir(), "--metrics-listen", l.Addr().String()).want(t, exitFailed, "SKAI_METRICS_LISTEN", l.Addr().String(), "another program", "127.0.0.1:9091")
	run(t, "", "serve", "--data", t.TempDir(), "--metrics-listen", "0.0.0.0:9090").want(t, exitFailed, "SKAI_METRICS_LISTEN", "can be reached from outside", "127.0.0.1:9090")
	run(t, "", "serve", "--data", t.TempDir(), "--listen", "192.0.2.1:80").want(t, exitFailed, "SKAI_LISTEN", "192.0.2.1:80", "an example")
}

func TestTracesOfNobodyAreTheOperators(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	tr, err := trace.New(db, trace.Config{})
	if err != nil {
		t.Fatal(err)
	}
	on(t, db, "", "traces", "list").want(t, exitDone, "There is none.")
	ctx := tr.Begin(t.Context(), oteltrace.SpanKindServer)
	if _, err := db.Exec(ctx, "SELECT 1"); err != nil {
		t.Fatal(err)
	}
	tr.End(ctx, trace.Ended{Name: "POST /sign-in", Status: 500, Failed: true})
	tr.End(tr.Begin(t.Context(), oteltrace.SpanKindServer), trace.Ended{Name: "GET /claims", Org: dbtest.Org(t, db, "titan").ID, Status: 500, Failed: true})
	if err := tr.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	list := on(t, db, "", "traces", "list", "--only-failed")
	list.want(t, exitDone, "POST /sign-in  failed", " 500 ")
	if strings.Contains(list.out, "/claims") {
		t.Errorf("an organisation's is there too: %s", list.out)
	}
	id := regexp.MustCompile(`[0-9a-f-]{36}`).FindString(list.out)
	on(t, db, "", "traces", "show", id).want(t, exitDone, "POST /sign-in", "########", "SELECT 1")
	on(t, db, "", "traces", "show", "01a205b5-ae52-713f-92e0-37b7a6333d61").want(t, exitFailed, "there is no trace")
	on(t, db, "", "traces", "show", "first").want(t, exitFailed, "invalid UUID")
}

func TestTheOperatorSeesErrorsOfAll(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	r := trouble.New(db, "v1", nil)
	on(t, db, "", "errors", "list").want(t, exitDone, "There is none.")
	r.Note(trouble.Seen{Org: dbtest.Org(t, db, "titan").ID, Place: "GET /claims", Request: "r1", Err: io.EOF})
	r.Note(trouble.Seen{Org: dbtest.Org(t, db, "prowest").ID, Place: "GET /claims", Err: io.EOF})
	r.Note(trouble.Seen{Place: "POST /sign-in", Err: io.ErrUnexpectedEOF})
	if err := r.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	on(t, db, "", "errors", "list").want(t, exitDone, "titan ", "prowest ", "GET /claims  error: EOF", "POST /sign-in  error: unexpected EOF")
	line := regexp.MustCompile(`(?m)^.* titan .*$`).FindString(on(t, db, "", "errors", "list").out)
	id := regexp.MustCompile(`[0-9a-f-]{36}`).FindString(line)
	on(t, db, "", "errors", "show", id).want(t, exitDone, "titan: 1 times, 0 people", "prowest: 1 times", "releases v1 to v1, open, request r1")
	on(t, db, "", "errors", "resolve", id).want(t, exitDone, "It is resolved.")
	if got := on(t, db, "", "errors", "list"); strings.Contains(got.out, "GET /claims") {
		t.Errorf("it is still there: %s", got.out)
	}
	on(t, db, "", "errors", "list", "--resolved").want(t, exitDone, "titan ", "prowest ")
	on(t, db, "", "errors", "resolve", "--reopen", id).want(t, exitDone, "It is open again.")
	on(t, db, "", "errors", "list").want(t, exitDone, "titan ", "prowest ")
	on(t, db, "", "errors", "show", "01a205b5-ae52-713f-92e0-37b7a6333d61").want(t, exitFailed, "there is no error")
	on(t, db, "", "errors", "resolve", "first").want(t, exitFailed, "invalid UUID")
}
