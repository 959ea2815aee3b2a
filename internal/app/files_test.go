package app_test

import (
	"bytes"
	"crypto/sha256"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

// TestKeptFilesAreDownloaded gets a file whole and in part, as those who may, and as
// those who may not.
func TestKeptFilesAreDownloaded(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	titan, prowest := dbtest.Org(t, db, "titan"), dbtest.Org(t, db, "prowest")
	store := testFiles(t, db)
	a := buildWith(t, db, store)
	ctx := titan.As(t, tenant.Owner)
	data := []byte(strings.Repeat("0123456789", 20_000))
	sum := sha256.Sum256(data)
	if err := store.Put(ctx, sum[:], bytes.NewReader(data)); err != nil {
		t.Fatal(err)
	}
	scope, _ := tenant.From(ctx)
	photo, document, away := uuid.New(), uuid.New(), uuid.New()
	super := dbtest.Super(t, db)
	for id, kind := range map[uuid.UUID]string{photo: "photo", document: "document"} {
		if _, err := super.Exec(t.Context(), `INSERT INTO files (org_id, id, kind, name, size, sha256, created_by, updated_by) VALUES ($1, $2, $3, 'roof <1>; "x".html', $4, $5, $6, $6)`,
			titan.ID, id, kind, len(data), sum[:], scope.ActorID); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := super.Exec(t.Context(), `INSERT INTO files (org_id, id, kind, name, source_url, created_by, updated_by) VALUES ($1, $2, 'photo', 'far.jpg', 'https://example.com', $3, $3)`, titan.ID, away, scope.ActorID); err != nil {
		t.Fatal(err)
	}
	get := func(g guest, id uuid.UUID, ranged string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, "/files/"+id.String()+"/content", nil)
		r.Header = g.header.Clone()
		if ranged != "" {
			r.Header.Set("Range", ranged)
		}
		w := httptest.NewRecorder()
		g.handler.ServeHTTP(w, r)
		return w
	}
	viewer, member, other := comeIn(t, a, titan, tenant.Viewer), comeIn(t, a, titan, tenant.Member), comeIn(t, a, prowest, tenant.Owner)
	whole := get(member, photo, "")
	h := whole.Header()
	if whole.Code != 200 || !bytes.Equal(whole.Body.Bytes(), data) || h.Get("Content-Type") != "application/octet-stream" || !strings.HasPrefix(h.Get("Content-Disposition"), "attachment;") ||
		!strings.Contains(h.Get("Content-Security-Policy"), "sandbox") || h.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%d, %d bytes, %v", whole.Code, whole.Body.Len(), h)
	}
	for ranged, want := range map[string]string{"bytes=70000-70009": string(data[70000:70010]), "bytes=-5": string(data[len(data)-5:]), "bytes=199999-": "9"} {
		if got := get(member, photo, ranged); got.Code != http.StatusPartialContent || got.Body.String() != want {
			t.Errorf("%s: %d %q", ranged, got.Code, got.Body)
		}
	}
	if got := get(member, document, ""); got.Code != 200 {
		t.Errorf("a member gets a document: %d", got.Code)
	}
	for what, got := range map[string]*httptest.ResponseRecorder{"a document, by a viewer": get(viewer, document, ""), "a photo, by a viewer": get(viewer, photo, "")} {
		if got.Code != http.StatusForbidden {
			t.Errorf("%s: %d", what, got.Code)
		}
	}
	for what, got := range map[string]*httptest.ResponseRecorder{
		"of another organisation": get(other, photo, ""), "that is elsewhere": get(member, away, ""), "that never was": get(member, uuid.New(), ""),
	} {
		if got.Code != http.StatusNotFound {
			t.Errorf("one %s: %d", what, got.Code)
		}
	}
	noted, err := postgres.Value[int](t.Context(), super, `SELECT count(*)::int FROM audit_events WHERE action = 'file.downloaded' AND org_id = $1`, titan.ID)
	if err != nil || noted != 5 {
		t.Errorf("the trail has %d downloads, %v", noted, err)
	}
}

// TestPhotosOnARecordsPage adds photos as a person does who has the page before them.
func TestPhotosOnARecordsPage(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	titan := dbtest.Org(t, db, "titan")
	a := build(t, db)
	member, viewer := comeIn(t, a, titan, tenant.Member), comeIn(t, a, titan, tenant.Viewer)
	for _, many := range []string{"claims", "leads", "contacts", "properties"} {
		made := member.send(t, "POST", "/api/"+many, map[string]map[string]any{
			"claims": {"title": "Hail"}, "leads": {"title": "Hail"}, "contacts": {"last_name": "Ortiz"}, "properties": {"address": map[string]any{"street": "1 Elm St"}},
		}[many])
		page := "/" + many + "/" + dbtest.Decode[struct{ ID string }](t, made, http.StatusCreated).ID
		empty := member.send(t, "GET", page, nil).Body
		if !strings.Contains(empty, `action="`+page+`/files" enctype="multipart/form-data"`) || !strings.Contains(empty, "No photos or documents yet") || !strings.Contains(empty, " multiple") {
			t.Fatalf("%s offers to add none", page)
		}
		if got := member.send(t, "POST", page+"/files", twoFiles(t)); got.Status != http.StatusSeeOther || got.Header.Get("Location") != page+"#photos" {
			t.Fatalf("%s: %d to %q: %s", page, got.Status, got.Header.Get("Location"), got.Body)
		}
		full := member.send(t, "GET", page, nil).Body
		for _, want := range []string{`download="scope.pdf"`, "/content", "Document · 1 kB · Member", "Remove scope.pdf?", "File added"} {
			if !strings.Contains(full, want) {
				t.Errorf("%s has no %q", page, want)
			}
		}
		seen := viewer.send(t, "GET", page, nil).Body
		if !strings.Contains(seen, "scope.pdf") || strings.Contains(seen, "/content") || strings.Contains(seen, "multipart/form-data") || strings.Contains(seen, "Remove") {
			t.Errorf("a viewer sees the names on %s, and no more", page)
		}
		if got := viewer.send(t, "POST", page+"/files", twoFiles(t)); got.Status != http.StatusForbidden {
			t.Errorf("a viewer adds to %s: %d", page, got.Status)
		}
		member.send(t, "POST", page+"/archive", url.Values{})
		if closed := member.send(t, "GET", page, nil).Body; strings.Contains(closed, "multipart/form-data") || !strings.Contains(closed, "scope.pdf") {
			t.Errorf("%s is archived and offers to add files, or shows none", page)
		}
	}
}
