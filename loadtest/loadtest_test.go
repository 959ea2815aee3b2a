package main

import (
	"bytes"
	"context"
	"encoding/json"
	"image/jpeg"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/skaiscraper/skai/internal/app"
	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/platform/capacity"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

var asks = regexp.MustCompile("send\\('(GET|POST)', ['`]([^'`?]*)")

// TestTheAddressesAreThere keeps the scripts from asking for what the program does not
// answer any more; it needs no k6.
func TestTheAddressesAreThere(t *testing.T) {
	t.Parallel()
	script, err := os.ReadFile("people.js")
	if err != nil {
		t.Fatal(err)
	}
	golden, err := os.ReadFile("../internal/app/testdata/routes.golden")
	if err != nil {
		t.Fatal(err)
	}
	routes := map[string]bool{}
	for line := range strings.Lines(string(golden)) {
		if f := strings.Fields(line); len(f) > 2 {
			routes[f[1]+" "+f[0]] = true
		}
	}
	found := asks.FindAllSubmatch(script, -1)
	for _, m := range found {
		for _, kind := range []string{"claims", "contacts", "leads"} { // what every list of kinds has
			path := strings.ReplaceAll(string(m[2]), "${kind}", kind)
			path, _, _ = strings.Cut(path, "${pick(lists")
			if path = regexp.MustCompile(`\$\{[^}]*\}`).ReplaceAllString(path, "{id}"); !routes[string(m[1])+" "+path] {
				t.Errorf("people.js asks for %s %s, which is not among the routes", m[1], path)
			}
		}
	}
	if len(found) < 20 {
		t.Errorf("only %d addresses were found in people.js", len(found))
	}
}

// TestPeopleAtWork has k6 be four people for some seconds: all is well, unless
// somebody else's data is in an answer. It is left out where bin/k6 is not built,
// which takes minutes; make load-smoke builds it.
func TestPeopleAtWork(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("../bin/k6"); err != nil {
		t.Skip("bin/k6 is not built")
	}
	db := dbtest.New(t)
	a, err := app.New(db, app.Config{Log: slog.New(slog.DiscardHandler), Version: "test", Vault: dbtest.Vault(t, db), Files: dbtest.Blobs(t, db, t.TempDir())})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(a.Handler())
	defer server.Close()
	people, photo := twoOrganisations(t, a), filepath.Join(t.TempDir(), "photo.jpg")
	if err := writePhoto(photo); err != nil {
		t.Fatal(err)
	}
	if _, err := dbtest.Super(t, db).Exec(t.Context(), `
		INSERT INTO claims (org_id, id, number, title, created_by, updated_by) SELECT org_id, gen_random_uuid(), 1, 'Roof', id, id FROM people WHERE kind = 'system'`); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, url string
		code      int
	}{
		{"well", server.URL, 0},
		{"leaking", leaking(t, server.URL), thresholdsCrossed},
	} {
		summary := filepath.Join(t.TempDir(), c.name+".json")
		k := exec.CommandContext(t.Context(), "../bin/k6", "run", "--no-usage-report", "--address", "", "--quiet", "smoke.js")
		k.Env = append(os.Environ(), "BASE_URL="+c.url, "PEOPLE="+people, "PHOTO="+photo, "SUMMARY="+summary, "USERS=4", "DURATION=6s", "THINK_MIN=0.02", "THINK_MAX=0.1")
		out, err := k.CombinedOutput()
		if k.ProcessState.ExitCode() != c.code {
			t.Fatalf("%s: k6 ended with %d, want %d: %v\n%s", c.name, k.ProcessState.ExitCode(), c.code, err, out)
		}
		var r capacity.Run
		if err := thresholds(summary, &r); err != nil {
			t.Fatal(err)
		}
		for _, limit := range r.Thresholds {
			if leaks := c.name == "leaking"; limit.Metric == "wrong_tenant" && limit.Held == leaks {
				t.Errorf("%s: somebody else's data was seen: %v", c.name, !limit.Held)
			}
		}
	}
}

// leaking answers as the program does, with the other organisation's word in the lists
// of contacts.
func leaking(t *testing.T, to string) string {
	t.Helper()
	u, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(u)
			r.Out.Header.Set("Accept-Encoding", "identity")
			r.Out.Header["X-Forwarded-For"] = r.In.Header["X-Forwarded-For"]
		},
		ModifyResponse: func(r *http.Response) error {
			if r.Request.URL.Path != "/dashboard" {
				return nil
			}
			body, err := io.ReadAll(r.Body)
			if err != nil {
				return err
			}
			body = append(body, "<!-- mossgable quillfinch -->"...)
			r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
			r.Header.Set("Content-Length", strconv.Itoa(len(body)))
			return nil
		},
	}
	server := httptest.NewServer(proxy)
	t.Cleanup(server.Close)
	return server.URL
}

// twoOrganisations makes them with two people each, and the file that the scripts read.
func twoOrganisations(t *testing.T, a *app.App) string {
	t.Helper()
	var both []map[string]any
	for i, slug := range []string{"titan", "prowest"} {
		org, err := a.Orgs.Create(t.Context(), slug, strings.ToUpper(slug[:1])+slug[1:]+" Roofing", "America/Phoenix")
		if err != nil {
			t.Fatal(err)
		}
		var people []map[string]string
		for _, role := range []tenant.Role{tenant.Owner, tenant.Manager} {
			email := string(role) + "@" + slug + ".example.com"
			if _, err := a.People.CreateUser(t.Context(), identity.NewUser{Email: email, OrgSlug: slug, Role: role, Password: dbtest.Password, Verified: true}); err != nil {
				t.Fatal(err)
			}
			people = append(people, map[string]string{"email": email, "password": dbtest.Password, "role": string(role)})
		}
		both = append(both, map[string]any{"slug": slug, "name": org.Name, "id": org.ID, "word": []string{"quillfinch", "mossgable"}[i], "address": "198.51.100.7", "people": people})
	}
	data, err := json.Marshal(map[string]any{"organisations": both})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "people.json")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestThePhotoIsAJPEG(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "photo.jpg")
	if err := writePhoto(path); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path) //nolint:gosec // our own
	if err != nil {
		t.Fatal(err)
	}
	if _, err := jpeg.Decode(bytes.NewReader(append(data, "another"...))); err != nil || len(data) < 150_000 || len(data) > 250_000 {
		t.Errorf("%d bytes, %v", len(data), err)
	}
}

// TestFill fills an organisation as a load test's is.
func TestFill(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	titan, super := dbtest.Org(t, db, "titan"), dbtest.Super(t, db)
	folder := t.TempDir()
	i := &instance{folder: folder, look: super}
	if err := os.MkdirAll(i.data(), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(i.data(), "people-titan.json"), []byte(`[{"Org":"Titan","Name":"Pat","Email":"pat@titan.example.com","Password":"x","Role":"member"}]`), 0o600); err != nil {
		t.Fatal(err)
	}
	o := organisation{Slug: titan.Slug, Word: "quillfinch"}
	if err := i.fill(t.Context(), &o); err != nil {
		t.Fatal(err)
	}
	if o.ID != titan.ID.String() || o.Name != titan.Name || string(o.People) != `[{"email":"pat@titan.example.com","password":"x","role":"member"}]` {
		t.Errorf("%+v", o)
	}
	for table, column := range map[string]string{"contacts": "last_name", "properties": "name", "leads": "title", "claims": "title"} {
		var all, marked int
		if err := super.QueryRow(t.Context(), `SELECT count(*), count(*) FILTER (WHERE `+column+` LIKE '%quillfinch') FROM `+table+` WHERE org_id = $1`, titan.ID).Scan(&all, &marked); err != nil {
			t.Fatal(err)
		}
		if want := map[bool]int{true: claimsEach, false: claimsEach / 10}[table == "claims"]; all != want || marked != want {
			t.Errorf("%s: %d, of which %d have the word; want %d", table, all, marked, want)
		}
	}
}

const measured = `metric_name,timestamp,metric_value,check,error_code,expected_response,method,name,scenario,status,extra_tags,metadata
http_req_duration,1000500,30,,,true,GET,GET /claims,soak,200,kind=work&org=titan,
http_req_failed,1000500,0,,,true,GET,GET /claims,soak,200,kind=work&org=titan,
http_req_duration,1001500,500,,,true,POST,POST /sign-in,soak,303,kind=sign-in&org=titan,
sign_in,1001500,500,,,,,,soak,,,
http_req_duration,1012000,90,,,false,GET,GET /claims,soak,503,kind=work&org=prowest,
http_req_failed,1012000,1,,,false,GET,GET /claims,soak,503,kind=work&org=prowest,
vus,1012000,4,,,,,,soak,,,
checks,1012000,0,is answered,,,,,soak,,,
checks,1012000,1,is answered,,,,,soak,,,
journeys,1012000,1,,,,,,soak,,journey=list,
wrong_tenant,1012500,2,,,,,,soak,,,
`

func TestWhatK6WroteIsAddedUp(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "k6.csv")
	if err := os.WriteFile(path, []byte(measured), 0o600); err != nil {
		t.Fatal(err)
	}
	c := newTally()
	if err := c.read(path); err != nil {
		t.Fatal(err)
	}
	r := capacity.Run{Import: &capacity.Import{Second: 1011, Seconds: 3}}
	c.fill(&r)
	start := time.Unix(1000, 0)
	addSamples(&r, 1000, []sample{
		{at: start, skai: 5, postgres: 2, connections: 3, busy: 1}, {at: start.Add(time.Second), skai: 5.5, postgres: 2.2, skaiMB: 40, connections: 5, busy: 1.5},
	})
	if r.All.Requests != 2 || r.All.Failed != 1 || r.All.P50 != 30 || r.All.P95 != 90 || r.SignIn.Requests != 1 || r.SignIn.Max != 500 {
		t.Errorf("all %+v, signing in %+v", r.All, r.SignIn)
	}
	if r.Checks != 2 || r.Failing["is answered"] != 1 || r.Refused["GET /claims 503"] != 1 || r.WrongTenant != 2 || r.Journeys["list"] != 1 || len(r.Routes) != 2 {
		t.Errorf("%+v", r)
	}
	first, second := r.Windows[0], r.Windows[1]
	if first.Requests != 1 || first.SignIns != 1 || first.SkaiCPU != 0.5 || first.PostgresCPU != 0.2 || first.Connections != 5 || first.Busy != 0.5 || first.Importing {
		t.Errorf("the first ten seconds %+v", first)
	}
	if second.Failed != 1 || second.People != 4 || !second.Importing || second.Sampled != 0 {
		t.Errorf("the second %+v", second)
	}
	var page bytes.Buffer
	if err := writeHTML(&page, &r); err != nil {
		t.Fatal(err)
	}
	for _, words := range []string{"Not all limits held", "<path d=\"M", "GET /claims 503: 1", `width="`} {
		if !strings.Contains(page.String(), words) {
			t.Errorf("the page has no %q", words)
		}
	}
	if strings.Contains(page.String(), "http") || strings.Contains(page.String(), "ZgotmplZ") {
		t.Error("the page loads something, or a value was refused")
	}
}

// TestProcessorTimeIsSeen keeps a processor busy and sees it in /proc.
func TestProcessorTimeIsSeen(t *testing.T) {
	t.Parallel()
	before, err := processor(os.Getpid(), false)
	if err != nil {
		t.Skipf("no /proc: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for n := 0; ; n++ {
		now, err := processor(os.Getpid(), false)
		if err != nil || ctx.Err() != nil {
			t.Fatalf("%v, %v", err, ctx.Err())
		}
		if now > before+0.05 {
			break
		}
	}
	if mb := kilobytes("/proc/self/status", "VmRSS:"); mb < 1000 {
		t.Errorf("%g kB in memory", mb)
	}
}
