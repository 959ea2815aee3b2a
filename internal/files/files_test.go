package files_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/activity"
	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/files"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// site is a contractor with one record of each kind.
type site struct {
	dbtest.Door
	dbtest.Contractor

	db      *postgres.DB
	folder  string // of the store
	records []record
}

// record is one of the four kinds of record.
type record struct {
	page  string // "/claims/1f3a…"
	about activity.About
}

func (s site) claim() record { return s.records[0] }

func newSite(tb testing.TB, name string) site {
	tb.Helper()
	db := dbtest.Shared(tb)
	s := site{Contractor: dbtest.Org(tb, db, name), db: db, folder: tb.TempDir()}
	s.Door = dbtest.NewDoor(tb, files.New(db, dbtest.Blobs(tb, db, s.folder)).Routes)
	claim, contact, lead, property := uuid.New(), uuid.New(), uuid.New(), uuid.New()
	s.records = []record{
		{"/claims/" + claim.String(), activity.OfClaim(claim)},
		{"/contacts/" + contact.String(), activity.OfContact(contact)},
		{"/leads/" + lead.String(), activity.OfLead(lead)},
		{"/properties/" + property.String(), activity.OfProperty(property)},
	}
	s.do(s.As(tb, tenant.Manager), tb, `
		WITH me AS (SELECT id FROM people WHERE kind = 'system'),
		c AS (INSERT INTO contacts (org_id, id, last_name, created_by, updated_by) SELECT current_org(), $2, 'Ortiz', id, id FROM me),
		p AS (INSERT INTO properties (org_id, id, street, created_by, updated_by) SELECT current_org(), $4, '1 Elm St', id, id FROM me),
		l AS (INSERT INTO leads (org_id, id, title, created_by, updated_by) SELECT current_org(), $3, 'Roof', id, id FROM me)
		INSERT INTO claims (org_id, id, number, created_by, updated_by) SELECT current_org(), $1, 1, id, id FROM me`, claim, contact, lead, property)
	return s
}

func (s site) do(ctx context.Context, tb testing.TB, sql string, args ...any) {
	tb.Helper()
	if err := postgres.Do(ctx, s.db, func(ctx context.Context, tx pgx.Tx) error { _, err := tx.Exec(ctx, sql, args...); return err }); err != nil {
		tb.Fatal(err)
	}
}

// file is one that a form sends.
type file struct{ name, content string }

// form writes a form with files as a browser does.
func form(tb testing.TB, list ...file) (contentType string, body *bytes.Buffer) {
	tb.Helper()
	body = &bytes.Buffer{}
	w := multipart.NewWriter(body)
	for _, f := range list {
		part, err := w.CreateFormFile("files", f.name)
		if err == nil {
			_, err = io.WriteString(part, f.content)
		}
		if err != nil {
			tb.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return w.FormDataContentType(), body
}

func (s site) post(ctx context.Context, path, contentType string, body io.Reader) dbtest.Answer {
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, path, body)
	r.Header.Set("Content-Type", contentType)
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return dbtest.Answer{Status: w.Code, Header: w.Header(), Body: w.Body.String()}
}

// add sends files to a record's page.
func (s site) add(ctx context.Context, tb testing.TB, to record, list ...file) dbtest.Answer {
	tb.Helper()
	contentType, body := form(tb, list...)
	return s.post(ctx, to.page+"/files", contentType, body)
}

// said is what the next page will say.
func said(tb testing.TB, a dbtest.Answer) string {
	tb.Helper()
	for _, c := range (&http.Response{Header: a.Header}).Cookies() {
		if strings.HasSuffix(c.Name, "flash") {
			b, err := base64.RawURLEncoding.DecodeString(c.Value)
			if err != nil {
				tb.Fatal(err)
			}
			return string(b[max(0, bytes.Index(b, []byte(`{"t":`))):])
		}
	}
	return ""
}

// list is what a record's page is given.
func (s site) list(ctx context.Context, tb testing.TB, of record) []files.File {
	tb.Helper()
	list, err := postgres.Read(ctx, s.db, func(ctx context.Context, tx pgx.Tx) (list []files.File, err error) {
		var b pgx.Batch
		if err := files.OfRecord(&b, of.about, &list); err != nil {
			return nil, err
		}
		err = postgres.Send(ctx, tx, &b)
		return list, err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return list
}

func (s site) names(ctx context.Context, tb testing.TB, of record) (names []string) {
	tb.Helper()
	for _, f := range s.list(ctx, tb, of) {
		names = append(names, f.Name)
	}
	return names
}

// objects counts what stands in the store.
func (s site) objects(tb testing.TB) int {
	tb.Helper()
	n := 0
	err := filepath.WalkDir(s.folder, func(_ string, e os.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			n++
		}
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return n
}

const (
	jpeg = "\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00\xff\xd9"
	pdf  = "%PDF-1.7\n%the scope of loss"
	heic = "\x00\x00\x00\x1cftypmif1\x00\x00\x00\x00mif1heicMiHB\x00\x00\x00\x08meta"
)

func TestFilesOfEachRecord(t *testing.T) {
	t.Parallel()
	s := newSite(t, "titan")
	ctx := s.As(t, tenant.Member)
	member, _ := tenant.From(ctx)
	for _, r := range s.records {
		a := s.add(ctx, t, r, file{"north slope.jpg", jpeg + r.page}, file{`C:\Scans\scope.pdf`, pdf + r.page})
		if a.Status != http.StatusSeeOther || a.Header.Get("Location") != r.page+"#photos" || !strings.Contains(said(t, a), "2 files are added.") {
			t.Fatalf("%s: %d to %q: %s %s", r.page, a.Status, a.Header.Get("Location"), said(t, a), a.Body)
		}
		list := s.list(ctx, t, r)
		if len(list) != 2 {
			t.Fatalf("%s: %d files", r.page, len(list))
		}
		scope, photo := list[0], list[1]
		if photo.Name != "north slope.jpg" || photo.Kind != files.Photo || *photo.Size != int64(len(jpeg+r.page)) || !photo.Kept || photo.CreatedBy != member.ActorID || photo.Who != "Member" || photo.TakenAt != nil {
			t.Errorf("%s: the photo is %+v", r.page, photo)
		}
		if scope.Name != "scope.pdf" || scope.Kind != files.Paper {
			t.Errorf("%s: the document is %+v", r.page, scope)
		}
		if got := s.Get(ctx, t, "/files/"+photo.ID.String()+"/content"); got.Status != http.StatusOK || got.Body != jpeg+r.page {
			t.Errorf("%s: the photo's bytes: %d, %q", r.page, got.Status, got.Body)
		}
	}
	s.do(ctx, t, `UPDATE claims SET lead_id = $1`, s.records[2].about.LeadID)
	if diff := cmp.Diff([]string{"scope.pdf", "north slope.jpg", "scope.pdf", "north slope.jpg"}, s.names(ctx, t, s.claim())); diff != "" {
		t.Errorf("a claim has the files of its lead, too: %s", diff)
	}
	history, err := postgres.Read(ctx, s.db, func(ctx context.Context, tx pgx.Tx) ([]string, error) {
		return postgres.Values[string](ctx, tx, `SELECT kind || ' ' || body FROM activities`)
	})
	if diff := cmp.Diff([]string{"file north slope.jpg\nscope.pdf", "file north slope.jpg\nscope.pdf", "file north slope.jpg\nscope.pdf", "file north slope.jpg\nscope.pdf"}, history); err != nil || diff != "" {
		t.Errorf("the history: %v %s", err, diff)
	}
	var nothing []files.File
	if err := files.OfRecord(&pgx.Batch{}, activity.About{}, &nothing); err == nil {
		t.Error("files of no record")
	}
}

// TestWhatKindOfFile sends what each kind begins with, under a name that says otherwise.
func TestWhatKindOfFile(t *testing.T) {
	t.Parallel()
	s := newSite(t, "titan")
	ctx := s.As(t, tenant.Manager)
	kinds := map[string]string{
		jpeg: "photo image/jpeg", "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR": "photo image/png", "RIFF\x24\x00\x00\x00WEBPVP8 ": "photo image/webp",
		heic: "photo image/heic", "\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic": "photo image/heic", pdf: "document application/pdf",
	}
	for content := range kinds {
		if a := s.add(ctx, t, s.claim(), file{"readme.txt", content}); a.Status != http.StatusSeeOther {
			t.Errorf("%q: %d %s", content, a.Status, a.Body)
		}
	}
	for _, f := range s.list(ctx, t, s.claim()) {
		got := s.Get(ctx, t, "/files/"+f.ID.String()+"/content")
		kind, err := postgres.Read(ctx, s.db, func(ctx context.Context, tx pgx.Tx) (string, error) {
			return postgres.Value[string](ctx, tx, `SELECT kind || ' ' || media_type FROM files WHERE id = $1`, f.ID)
		})
		if err != nil || kind != kinds[got.Body] {
			t.Errorf("%q is kept as %q, %v; want %q", got.Body, kind, err, kinds[got.Body])
		}
		delete(kinds, got.Body)
	}
	if len(kinds) > 0 {
		t.Errorf("not kept: %q", kinds)
	}
}

func TestWhatIsNotKept(t *testing.T) {
	t.Parallel()
	s := newSite(t, "titan")
	ctx := s.As(t, tenant.Manager)
	good := file{"good.jpg", jpeg}
	var many []file
	for n := range files.MaxFiles + 1 {
		many = append(many, file{fmt.Sprintf("roof %d.jpg", n), jpeg + fmt.Sprint(n)})
	}
	for words, list := range map[string][]file{
		"choose the photos or PDF documents to add":       {},
		"&#34;empty.jpg&#34; is empty":                    {good, {"empty.jpg", ""}},
		"&#34;roof.jpg&#34; is neither a photo":           {good, {"roof.jpg", "<html><script>alert(1)</script>"}},
		"&#34;scope.pdf&#34; is neither a photo":          {{"scope.pdf", "PK\x03\x04word/document.xml"}, good},
		"&#34;setup.heic&#34; is neither a photo":         {{"setup.heic", "MZ\x90\x00"}},
		"&#34;film.heic&#34; is neither a photo":          {{"film.heic", "\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00isommp42"}},
		"&#34;logo.png&#34; is neither a photo":           {{"logo.png", `<svg xmlns="http://www.w3.org/2000/svg"/>`}},
		"&#34;short.heic&#34; is neither a photo":         {{"short.heic", "\x00\x00\x00\x0cftypheic"}},
		"&#34;large.jpg&#34; is larger than 25 MB":        {good, {"large.jpg", jpeg + strings.Repeat("x", files.MaxFile)}, {"also good.jpg", jpeg + "2"}},
		"has more than 20 files":                          many,
		"&#34;a.jpg&#34; is empty; look whether it was c": {{"a.jpg", ""}, good, {"b.doc", "text"}},
	} {
		a := s.add(ctx, t, s.claim(), list...)
		if a.Status != http.StatusUnprocessableEntity || !strings.Contains(a.Body, words) || !strings.Contains(a.Body, `enctype="multipart/form-data"`) {
			t.Errorf("%q: %d %s", words, a.Status, a.Body)
		}
		if len(list) == 3 && !strings.Contains(a.Body, "None of the files was added") {
			t.Errorf("%q: it does not say that none was added", words)
		}
	}
	contentType, body := form(t, good, file{"second.jpg", jpeg + strings.Repeat("2", 100)})
	body.Truncate(body.Len() - 120)
	if a := s.post(ctx, s.claim().page+"/files", contentType, body); a.Status != http.StatusBadRequest || !strings.Contains(a.Body, "did not arrive whole") {
		t.Errorf("a form that ends in the middle: %d %s", a.Status, a.Body)
	}
	if a := s.post(ctx, s.claim().page+"/files", "application/x-www-form-urlencoded", strings.NewReader("files=roof.jpg")); a.Status != http.StatusUnprocessableEntity {
		t.Errorf("a form without files: %d", a.Status)
	}
	contentType, body = form(t, file{"film.jpg", jpeg})
	film := strings.NewReader(body.String()[:strings.Index(body.String(), jpeg)+len(jpeg)])
	if a := s.post(ctx, s.claim().page+"/files", contentType, io.MultiReader(film, io.LimitReader(zeros{}, 600<<20))); a.Status != http.StatusUnprocessableEntity || !strings.Contains(a.Body, "&#34;film.jpg&#34; is larger than 25 MB") {
		t.Errorf("a file larger than any form: %d %s", a.Status, a.Body)
	}
	if names, objects := s.names(ctx, t, s.claim()), s.objects(t); len(names) != 0 || objects != 0 {
		t.Errorf("kept: %v, and %d objects in the store", names, objects)
	}
}

// zeros has no end.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

func TestWhoAddsFiles(t *testing.T) {
	t.Parallel()
	s, prowest := newSite(t, "titan"), newSite(t, "prowest")
	good := file{"roof.jpg", jpeg}
	s.do(s.As(t, tenant.Manager), t, `UPDATE claims SET archived_at = now(), archived_by = created_by`)
	for what, c := range map[string]struct {
		ctx    context.Context
		to     record
		status int
		words  string
	}{
		"a viewer":                            {s.As(t, tenant.Viewer), s.records[2], http.StatusForbidden, "create or change records"},
		"nobody":                              {t.Context(), s.records[2], http.StatusSeeOther, ""},
		"to an archived claim":                {s.As(t, tenant.Owner), s.claim(), http.StatusConflict, "claim is archived"},
		"to another organisation's claim":     {prowest.As(t, tenant.Owner), s.claim(), http.StatusNotFound, "no such claim"},
		"to another organisation's contact":   {prowest.As(t, tenant.Owner), s.records[1], http.StatusNotFound, "no such contact"},
		"to another organisation's lead":      {prowest.As(t, tenant.Owner), s.records[2], http.StatusNotFound, "no such lead"},
		"to another organisation's property":  {prowest.As(t, tenant.Owner), s.records[3], http.StatusNotFound, "no such property"},
		"to a claim that never was":           {s.As(t, tenant.Owner), record{page: "/claims/" + uuid.NewString()}, http.StatusNotFound, "no such claim"},
		"to an address that is no record's":   {s.As(t, tenant.Owner), record{page: "/claims/x"}, http.StatusNotFound, ""},
		"bad ones, to another organisation's": {prowest.As(t, tenant.Owner), record{page: s.records[2].page}, http.StatusNotFound, "no such lead"},
	} {
		list := []file{good}
		if strings.HasPrefix(what, "bad") {
			list = []file{{"roof.jpg", "text"}}
		}
		a := s.add(c.ctx, t, c.to, list...)
		if a.Status != c.status || !strings.Contains(a.Body, c.words) {
			t.Errorf("%s: %d %s", what, a.Status, a.Body)
		}
		if status := a.Status; status == http.StatusSeeOther && !strings.HasPrefix(a.Header.Get("Location"), "/sign-in") {
			t.Errorf("%s: to %s", what, a.Header.Get("Location"))
		}
	}
	for _, r := range s.records {
		if names := s.names(s.As(t, tenant.Owner), t, r); len(names) != 0 {
			t.Errorf("%s has %v", r.page, names)
		}
	}
	if n := s.objects(t); n != 0 {
		t.Errorf("%d objects are in the store", n)
	}
}

func TestTheSameFileIsKeptOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t, "titan")
	ctx := s.As(t, tenant.Member)
	first := s.add(ctx, t, s.claim(), file{"roof.jpg", jpeg}, file{"copy of roof.jpg", jpeg})
	if words := said(t, first); !strings.Contains(words, "roof.jpg is added. copy of roof.jpg is here already, and not kept twice.") {
		t.Errorf("twice in a form: %s", words)
	}
	again := s.add(ctx, t, s.claim(), file{"roof.jpg", jpeg}, file{"new.jpg", jpeg + "new"})
	if words := said(t, again); again.Status != http.StatusSeeOther || !strings.Contains(words, "new.jpg is added. roof.jpg is here already") {
		t.Errorf("again, with another: %d %s", again.Status, words)
	}
	only := s.add(ctx, t, s.claim(), file{"roof.jpg", jpeg})
	if words := said(t, only); only.Status != http.StatusSeeOther || strings.Contains(words, "added") || !strings.Contains(words, "roof.jpg is here already") {
		t.Errorf("again, alone: %d %s", only.Status, words)
	}
	if diff := cmp.Diff([]string{"new.jpg", "roof.jpg"}, s.names(ctx, t, s.claim())); diff != "" {
		t.Error(diff)
	}
	if s.add(ctx, t, s.records[2], file{"roof.jpg", jpeg}); len(s.names(ctx, t, s.records[2])) != 1 {
		t.Error("another record has it, too")
	}
	if n := s.objects(t); n != 4 { // two files, each with its key
		t.Errorf("%d objects are in the store", n)
	}
	contentType, body := form(t, file{"at once.jpg", jpeg + "at once"})
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			if a := s.post(ctx, s.claim().page+"/files", contentType, bytes.NewReader(body.Bytes())); a.Status != http.StatusSeeOther {
				t.Errorf("at once: %d %s", a.Status, a.Body)
			}
		})
	}
	all.Wait()
	if diff := cmp.Diff([]string{"at once.jpg", "new.jpg", "roof.jpg"}, s.names(ctx, t, s.claim())); diff != "" {
		t.Error(diff)
	}
}

func TestRemovingAFile(t *testing.T) {
	t.Parallel()
	s, prowest := newSite(t, "titan"), newSite(t, "prowest")
	owner, member := s.As(t, tenant.Owner), s.As(t, tenant.Member)
	s.add(owner, t, s.claim(), file{"owner's.jpg", jpeg})
	s.add(member, t, s.claim(), file{"member's.jpg", jpeg + "2"})
	list := s.list(owner, t, s.claim())
	theirs, owners := "/files/"+list[0].ID.String(), "/files/"+list[1].ID.String()
	for what, c := range map[string]struct {
		ctx    context.Context
		path   string
		status int
	}{
		"a viewer":                       {s.As(t, tenant.Viewer), owners, http.StatusForbidden},
		"a member, the owner's":          {member, owners, http.StatusForbidden},
		"another organisation's owner":   {prowest.As(t, tenant.Owner), owners, http.StatusNotFound},
		"an owner, one that never was":   {owner, "/files/" + uuid.NewString(), http.StatusNotFound},
		"an owner, what is no file's id": {owner, "/files/x", http.StatusNotFound},
	} {
		if a := s.Post(c.ctx, t, c.path+"/archive", nil); a.Status != c.status {
			t.Errorf("%s: %d %s", what, a.Status, a.Body)
		}
	}
	if n := len(s.names(owner, t, s.claim())); n != 2 {
		t.Fatalf("%d files are left", n)
	}
	for range 2 { // the second time nothing is left to do
		for path, by := range map[string]context.Context{theirs: member, owners: s.As(t, tenant.Manager)} {
			if a := s.Post(by, t, path+"/archive", nil); a.Status != http.StatusSeeOther || a.Header.Get("Location") != s.claim().page+"#photos" {
				t.Errorf("%s: %d %s", path, a.Status, a.Body)
			}
			if a := s.Get(owner, t, path+"/content"); a.Status != http.StatusNotFound {
				t.Errorf("the bytes of a removed file: %d", a.Status)
			}
		}
	}
	if names := s.names(owner, t, s.claim()); len(names) != 0 {
		t.Errorf("left: %v", names)
	}
	if a := s.add(owner, t, s.claim(), file{"back.jpg", jpeg}); !strings.Contains(said(t, a), "back.jpg is added") || len(s.names(owner, t, s.claim())) != 1 {
		t.Errorf("added again: %d %s", a.Status, said(t, a))
	}
}

// exif is a JPEG that says when it was taken, and where the clock stood (zone may be "").
func exif(at, zone string) string {
	value := at + "\x00"
	offsets := zone + "\x00"
	entry := func(tag, kind uint16, count, v uint32) []byte {
		b := binary.BigEndian.AppendUint16(nil, tag)
		b = binary.BigEndian.AppendUint16(b, kind)
		b = binary.BigEndian.AppendUint32(b, count)
		return binary.BigEndian.AppendUint32(b, v)
	}
	const sub = 8 + 2 + 12 + 4 // where the directory of EXIF stands
	data := uint32(sub + 2 + 2*12 + 4)
	var t bytes.Buffer
	t.WriteString("MM\x00\x2a\x00\x00\x00\x08")
	t.Write([]byte{0, 1})
	t.Write(entry(0x8769, 4, 1, sub)) // the directory of EXIF
	t.Write([]byte{0, 0, 0, 0, 0, 2})
	t.Write(entry(0x9003, 2, uint32(len(value)), data))                      //nolint:gosec // DateTimeOriginal, some 20 bytes
	t.Write(entry(0x9011, 2, uint32(len(offsets)), data+uint32(len(value)))) //nolint:gosec // OffsetTimeOriginal, some 7
	t.Write([]byte{0, 0, 0, 0})
	t.WriteString(value + offsets)
	app := "Exif\x00\x00" + t.String()
	return "\xff\xd8\xff\xe1" + string(binary.BigEndian.AppendUint16(nil, uint16(len(app)+2))) + app + "\xff\xd9" //nolint:gosec // some 90 bytes
}

func TestWhenAPhotoWasTaken(t *testing.T) {
	t.Parallel()
	s := newSite(t, "titan")
	ctx := s.As(t, tenant.Member)
	want := map[string]string{
		exif("2026:04:17 15:30:00", "-05:00"):    "2026-04-17T20:30:00Z",
		exif("2026:04:17 15:30:01", ""):          "2026-04-17T22:30:01Z", // as the office's clock, in Arizona
		exif("0000:00:00 00:00:00", ""):          "",
		exif("2199:01:01 00:00:00", ""):          "", // a clock that was never set
		exif("yesterday in the rain", ""):        "",
		jpeg:                                     "",
		exif("2026:04:17 15:30:02", "")[:60]:     "", // cut off
		"\xff\xd8\xff\xe1\x00\x08Exif\x00\x00MM": "",
	}
	for content := range want {
		if a := s.add(ctx, t, s.claim(), file{"roof.jpg", content}); a.Status != http.StatusSeeOther {
			t.Errorf("%q: %d %s", content, a.Status, a.Body)
		}
	}
	list := s.list(ctx, t, s.claim())
	if len(list) != len(want) {
		t.Errorf("%d of %d are kept", len(list), len(want))
	}
	for _, f := range list {
		content, got := s.Get(ctx, t, "/files/"+f.ID.String()+"/content").Body, ""
		if f.TakenAt != nil {
			got = f.TakenAt.UTC().Format("2006-01-02T15:04:05Z07:00")
		}
		if got != want[content] {
			t.Errorf("%q was taken at %q, want %q", content, got, want[content])
		}
	}
}
