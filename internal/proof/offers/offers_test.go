package offers_test

import (
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/skaiscraper/skai/internal/proof/offers"
)

func TestRead(t *testing.T) {
	t.Parallel()
	got, err := offers.Read(`<a href="/claims/1?x=2#y">One</a> <a href="https://example.com/away">Away</a> <button hx-post="/claims/1/stage">Move</button>
		<form method="post" action="/claims"><input name="title" value="Roof"><input type="checkbox" name="a" value="on"><input type="checkbox" name="b" checked value="on">
		<input type="file" name="photo"><textarea name="notes">Hail &amp; wind</textarea>
		<select name="kind"><option value="retail">Retail</option><option value="insurance" selected>Insurance</option></select>
		<select name="stage"><option value="">Choose</option><option value="intake">Intake</option></select>
		<button name="do" value="save">Save</button><button name="do" value="again">Again</button></form><form><input name="q"></form>`)
	want := []offers.Offer{
		{Method: "GET", Path: "/claims/1"},
		{Method: "GET"},
		{Method: "POST", Path: "/claims/1/stage"},
		{Method: "POST", Path: "/claims", Form: url.Values{
			"title": {"Roof"}, "b": {"on"}, "notes": {"Hail & wind"}, "kind": {"insurance"}, "stage": {"intake"}, "do": {"save"},
		}},
		{Method: "GET", Form: url.Values{"q": {""}}},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(err, diff)
	}
}
