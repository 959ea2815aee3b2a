package web_test

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/web"
)

var claimsList = web.ListSpec{Sorts: []string{"number", "created_at"}, Filters: []string{"stage", "carrier"}}

func parse(t *testing.T, query string) web.ListQuery {
	t.Helper()
	v, err := url.ParseQuery(query)
	if err != nil {
		t.Fatal(err)
	}
	q, err := web.ParseList(v, claimsList)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func TestParseList(t *testing.T) {
	t.Parallel()
	got := parse(t, "q=+hail+&sort=-number&stage=filed&stage=build&carrier=&limit=200")
	want := web.ListQuery{Q: "hail", Sort: "-number", Limit: 200, Filters: url.Values{"stage": {"filed", "build"}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if q := parse(t, ""); q.Limit != web.DefaultLimit || q.Narrowed() {
		t.Errorf("an empty query is %+v", q)
	}
	for query, field := range map[string]string{
		"limit=201": "limit", "limit=0": "limit", "limit=x": "limit",
		"sort=password": "sort", "sort=--number": "sort", "stge=filed": "stge", "q=%00": "q", "q=%ff": "q",
	} {
		v, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		_, err = web.ParseList(v, claimsList)
		if f := fault.As(err); f == nil || f.Fields[field] == "" {
			t.Errorf("%s: got %v, want a problem of %s", query, err, field)
		}
	}
}

func TestListLinks(t *testing.T) {
	t.Parallel()
	q := parse(t, "q=hail&sort=number&stage=filed&stage=build&cursor=abc")
	for name, c := range map[string]struct{ got, want web.ListQuery }{
		"sort turns round": {q.SortBy("number"), parse(t, "q=hail&sort=-number&stage=filed&stage=build")},
		"sort back":        {q.SortBy("number").SortBy("number"), parse(t, "q=hail&sort=number&stage=filed&stage=build")},
		"other column":     {q.SortBy("created_at"), parse(t, "q=hail&sort=created_at&stage=filed&stage=build")},
		"one filter less":  {q.Without("stage", "filed"), parse(t, "q=hail&sort=number&stage=build")},
		"set a filter":     {q.With("stage", "build"), parse(t, "q=hail&sort=number&stage=build")},
		"unset a filter":   {q.With("stage", ""), parse(t, "q=hail&sort=number")},
		"cleared":          {q.Cleared(), parse(t, "sort=number")},
		"another page":     {q.At("def"), parse(t, "q=hail&sort=number&stage=filed&stage=build&cursor=def")},
	} {
		if diff := cmp.Diff(c.want, c.got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if got, want := q.URL("/claims"), "/claims?cursor=abc&q=hail&sort=number&stage=filed&stage=build"; got != want {
		t.Errorf("the links changed the query they were made from: %s, want %s", got, want)
	}
	if got := (web.ListQuery{}).URL("/claims"); got != "/claims" {
		t.Errorf("an empty query is %s", got)
	}
}

func TestListParams(t *testing.T) {
	t.Parallel()
	q, err := web.ListParams{Sort: "-number", Limit: 50}.Query(url.Values{"stage": {"filed"}}, claimsList)
	if err != nil || q.URL("") != "?sort=-number&stage=filed" {
		t.Errorf("got %s, %v", q.URL(""), err)
	}
	if _, err := (web.ListParams{Sort: "secret", Limit: 50}).Query(nil, claimsList); !fault.Is(err, fault.KindInvalid) {
		t.Errorf("an unknown column: got %v", err)
	}
}

func TestCursorRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		q := web.ListQuery{Sort: rapid.SampledFrom([]string{"", "number", "-created_at"}).Draw(t, "sort")}
		back := rapid.Bool().Draw(t, "back")
		name := strings.ReplaceAll(rapid.String().Draw(t, "name"), "\x00", "") // no row has a NUL
		n := rapid.Int64().Draw(t, "n")
		at := time.Unix(rapid.Int64Range(-1e9, 4e9).Draw(t, "s"), rapid.Int64Range(0, 999_999).Draw(t, "us")*1000).UTC()
		id := uuid.UUID(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "id"))
		c, err := web.NewCursor(q, back, name, n, at, nil, id)
		if err != nil {
			t.Fatal(err)
		}
		var (
			name2  string
			n2     int64
			at2    time.Time
			absent *string
			id2    uuid.UUID
		)
		back2, found, err := web.ReadCursor(q.At(c), &name2, &n2, &at2, &absent, &id2)
		if err != nil || !found || back2 != back || name2 != name || n2 != n || !at2.Equal(at) || absent != nil || id2 != id {
			t.Fatalf("got %v %v %q %d %v %v %v %v", back2, found, name2, n2, at2, absent, id2, err)
		}
	})
}

func TestBadCursors(t *testing.T) {
	t.Parallel()
	q := web.ListQuery{Sort: "number"}
	good, err := web.NewCursor(q, false, "a", uuid.New())
	if err != nil {
		t.Fatal(err)
	}
	other, err := web.NewCursor(web.ListQuery{Sort: "created_at"}, false, "a", uuid.New())
	if err != nil {
		t.Fatal(err)
	}
	code := func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
	for name, cursor := range map[string]string{
		"cut":               good[:len(good)-3],
		"not base64":        "!" + good,
		"for another order": other,
		"not JSON":          code("x"),
		"a wrong type":      code(`{"s":"number","v":[1,"0193"]}`),
		"too few values":    code(`{"s":"number","v":["a"]}`),
		"not an id":         code(`{"s":"number","v":["a","b"]}`),
		"a NUL":             code(`{"s":"number","v":["\u0000","` + uuid.NewString() + `"]}`),
		"huge":              code(`{"s":"number","v":["` + string(make([]byte, 5000)) + `"]}`),
	} {
		var number string
		var id uuid.UUID
		if _, _, err := web.ReadCursor(q.At(cursor), &number, &id); !fault.Is(err, fault.KindInvalid) {
			t.Errorf("%s: got %v, want a refusal", name, err)
		}
	}
	if _, found, err := web.ReadCursor(q); found || err != nil {
		t.Errorf("no cursor: got %v, %v", found, err)
	}
}

func TestPageJSON(t *testing.T) {
	t.Parallel()
	for want, p := range map[string]web.Page[int]{
		`{"items":[],"next_cursor":null}`:     web.NewPage[int](nil, ""),
		`{"items":[1,2],"next_cursor":"abc"}`: web.NewPage([]int{1, 2}, "abc"),
	} {
		b, err := json.Marshal(p)
		if err != nil || string(b) != want {
			t.Errorf("got %s, %v, want %s", b, err, want)
		}
	}
}
