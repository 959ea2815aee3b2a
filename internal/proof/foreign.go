package proof

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"github.com/google/uuid"

	"github.com/skaiscraper/skai/internal/platform/web"
	"github.com/skaiscraper/skai/internal/proof/openapi"
)

// reach is one way of asking for what is the other organisation's. with makes the
// request around a stand-in for each of the other's ids and words, so that the
// same request can be made for what never existed.
type reach struct {
	place string // path, query, body, header
	with  func(standIn func(string) string) request
}

// itself sends the other organisation's ids and words as they are.
func itself(s string) string { return s }

// nowhere gives, for each id and word, one that never existed, and the same one each time.
func nowhere() func(string) string {
	known := map[string]string{}
	return func(s string) string {
		if known[s] == "" {
			if _, err := uuid.Parse(s); err == nil {
				known[s] = uuid.Must(uuid.NewV7()).String()
			} else {
				known[s] = "canaryx" + strings.ReplaceAll(uuid.NewString(), "-", "")[:6]
			}
		}
		return known[s]
	}
}

// kept are the fields of a form or a body that say who wrote, not what is meant.
var kept = map[string]bool{"id": true, "key": true, "created_by": true, "updated_by": true}

// reaches gives the ways in which somebody at work in me can reach for other's by
// a route.
func reaches(r web.Route, op openapi.Operation, me, other *canary) []reach {
	mine, theirs := me.seen[key(r)], other.seen[key(r)]
	var all []reach
	if mine.path != theirs.path {
		all = append(all, reach{"path", func(standIn func(string) string) request {
			return requestOf(r, sample{path: uuids.ReplaceAllStringFunc(theirs.path, standIn), form: theirs.form, json: theirs.json})
		}})
	}
	if swapped(mine.form, theirs.form, other, itself) != nil {
		all = append(all, reach{"body", func(standIn func(string) string) request {
			return requestOf(r, sample{path: mine.path, form: swapped(mine.form, theirs.form, other, standIn)})
		}})
	}
	if swappedJSON(mine.json, other, itself) != nil {
		all = append(all, reach{"body", func(standIn func(string) string) request {
			return requestOf(r, sample{path: mine.path, json: swappedJSON(mine.json, other, standIn)})
		}})
	}
	if r.Method == http.MethodGet {
		all = append(all, reach{"query", func(standIn func(string) string) request {
			q := requestOf(r, mine)
			q.query = query(op, other, standIn)
			return q
		}})
	}
	return append(all, reach{"header", func(standIn func(string) string) request {
		q := requestOf(r, mine)
		org := standIn(other.org.ID.String())
		q.header = map[string]string{
			"X-Org-ID": org, "X-Organization-ID": org, "X-Tenant-ID": org, "X-Skai-Org": org, "X-User-ID": standIn(other.ids["person"]),
			"X-Forwarded-Host": standIn(other.word) + ".example", "X-Original-URL": "/claims/" + standIn(other.ids["claim"]),
		}
		return q
	}})
}

func requestOf(r web.Route, s sample) request {
	q := request{method: r.Method, path: s.path, json: s.json, multipart: r.Kind == web.KindUpload}
	if r.Method != http.MethodGet && s.json == nil && r.Kind != web.KindAPI {
		q.form = s.form
		if q.form == nil {
			q.form = url.Values{}
		}
	}
	return q
}

// swapped puts the other's ids into a form where it holds ids of one's own, and
// the other's word where it names a record by words; nil where it holds neither.
func swapped(mine, theirs url.Values, other *canary, standIn func(string) string) url.Values {
	form, found := url.Values{}, false
	for name, values := range mine {
		form[name] = append([]string(nil), values...)
		for i, v := range values {
			if kept[name] || len(theirs[name]) <= i || !uuids.MatchString(v) {
				continue
			}
			form[name][i], found = standIn(theirs[name][i]), true
		}
	}
	for _, name := range byWords {
		if mine.Has(name) {
			form.Set(name, standIn(other.word))
			form.Del(name + "_id")
			found = true
		}
	}
	if !found {
		return nil
	}
	return form
}

// byWords are the fields of forms in which a record is named by a part of its name.
var byWords = []string{"contact", "property", "lead", "adjuster", "owner"}

func swappedJSON(mine []byte, other *canary, standIn func(string) string) []byte {
	var object map[string]any
	if json.Unmarshal(mine, &object) != nil {
		return nil
	}
	found := false
	for name := range object {
		kind := strings.TrimSuffix(name, "_id")
		switch kind {
		case "owner", "adjuster":
			kind = "contact"
		case "assignee":
			kind = "person"
		}
		if id := other.ids[kind]; id != "" && kind != name && !kept[name] {
			object[name], found = standIn(id), true
		}
	}
	if !found {
		return nil
	}
	text, err := json.Marshal(object)
	if err != nil {
		return nil
	}
	return text
}

// query names the other's ids and words in every filter that an operation has, or
// that a page may have.
func query(op openapi.Operation, other *canary, standIn func(string) string) url.Values {
	q := url.Values{}
	names := []string{"q", "assignee", "owner", "contact", "property", "lead", "claim", "record", "person", "carrier", "tag", "source", "cursor", "org_id", "run"}
	if op.Parameters != nil {
		names = nil
		for _, parameter := range op.Parameters {
			if parameter.In == "query" {
				names = append(names, parameter.Name)
			}
		}
	}
	for _, name := range names {
		switch kind := strings.TrimSuffix(name, "_id"); {
		case kind == "org":
			q.Set(name, standIn(other.org.ID.String()))
		case kind == "assignee", kind == "person", kind == "actor":
			q.Set(name, standIn(other.ids["person"]))
		case kind == "record", kind == "owner":
			q.Set(name, standIn(other.ids["contact"]))
		case other.ids[kind] != "":
			q.Set(name, standIn(other.ids[kind]))
		case name == "q", name == "tag", name == "carrier", name == "source", name == "city":
			q.Set(name, standIn(other.word))
		}
	}
	if op.Parameters == nil {
		q.Del("cursor")
	}
	return q
}
