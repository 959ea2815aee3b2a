package chat_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/skaiscraper/skai/internal/platform/chat"
	"github.com/skaiscraper/skai/internal/platform/outbound"
)

// TestEachProgramGetsItsForm says things to a receiver and looks at what it got, byte
// for byte as JSON.
func TestEachProgramGetsItsForm(t *testing.T) {
	t.Parallel()
	var got string
	status := http.StatusAccepted // which is what a workflow of Teams answers
	sink := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = string(body)
		if r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/json" || r.URL.RequestURI() != "/s3cret?sig=1" {
			t.Errorf("%s %s %v", r.Method, r.URL, r.Header)
		}
		w.WriteHeader(status)
	}))
	t.Cleanup(sink.Close)
	guard, err := outbound.Inside("127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	client := guard.Client(10 * time.Second)
	bad := chat.Message{Title: "Not ready: *one* & <!channel>", Lines: []string{"[Here](https://evil.example)", "Two."}}
	good := chat.Message{Title: "Ready again", Lines: []string{"After a minute."}, Good: true, Link: "https://skai.titan.example/status", Words: "See the status"}
	for _, c := range []struct {
		prefix string
		say    chat.Message
		want   string
	}{
		{"", bad, `{"text": "Not ready: *one* &amp; &lt;!channel&gt;\n[Here](https://evil.example)\nTwo."}`},
		{"", good, `{"text": "Ready again\nAfter a minute.\nhttps://skai.titan.example/status"}`},
		{"teams+", bad, `{"type": "message", "attachments": [{"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": null, "content": {
			"$schema": "http://adaptivecards.io/schemas/adaptive-card.json", "type": "AdaptiveCard", "version": "1.2", "msteams": {"width": "Full"}, "body": [
				{"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": "Not ready: *one* & <!channel>", "size": "Medium", "weight": "Bolder", "color": "Attention"}]},
				{"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": "[Here](https://evil.example)"}]},
				{"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": "Two."}]}]}}]}`},
		{"teams+", good, `{"type": "message", "attachments": [{"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": null, "content": {
			"$schema": "http://adaptivecards.io/schemas/adaptive-card.json", "type": "AdaptiveCard", "version": "1.2", "msteams": {"width": "Full"}, "body": [
				{"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": "Ready again", "size": "Medium", "weight": "Bolder", "color": "Good"}]},
				{"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": "After a minute."}]}],
			"actions": [{"type": "Action.OpenUrl", "title": "See the status", "url": "https://skai.titan.example/status"}]}}]}`},
	} {
		h := chat.At(c.prefix + sink.URL + "/s3cret?sig=1")
		if err := h.Check(guard); err != nil {
			t.Fatal(err)
		}
		if err := h.Say(t.Context(), client, c.say); err != nil {
			t.Fatal(err)
		}
		var is, want any
		if err := json.Unmarshal([]byte(c.want), &want); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(got), &is); err != nil || !reflect.DeepEqual(is, want) {
			t.Errorf("%q %s: %v\n%s", c.prefix, c.say.Title, err, cmp.Diff(want, is))
		}
	}
	status = http.StatusGone
	if err := chat.At(sink.URL+"/s3cret?sig=1").Say(t.Context(), client, good); err == nil || err.Error() != "answered 410 Gone" {
		t.Errorf("refused: %v", err)
	}
	sink.Close()
	if err := chat.At("teams+"+sink.URL+"/s3cret?sig=1").Say(t.Context(), client, good); err == nil || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("gone: %v", err)
	}
}

// TestAddressesOfChats are refused where they are none, with the prefix or without.
func TestAddressesOfChats(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]bool{
		"https://chat.example/s3cret": true, "teams+https://prod.logic.example:443/workflows/x?sig=s3cret": true,
		"teams+http://chat.example/s3cret": false, "teams+s3cret": false, "teams+teams+https://chat.example/s3cret": false, "slack+https://chat.example/s3cret": false, "": false,
	} {
		if err := chat.At(typed).Check(outbound.Guard{}); (err == nil) != want || err != nil && strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%q: %v", typed, err)
		}
	}
}
