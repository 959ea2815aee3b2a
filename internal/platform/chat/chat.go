// Package chat says something in a chat program, by an incoming webhook that somebody
// made there. Slack's form, {"text": "..."}, is taken by Mattermost, Rocket.Chat and
// Google Chat too; a workflow of Microsoft Teams takes an Adaptive Card, and is told
// apart by the prefix of its address: teams+https://...
package chat

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/skaiscraper/skai/internal/platform/outbound"
)

// teamsPrefix stands before the address of a workflow of Microsoft Teams.
const teamsPrefix = "teams+"

// Hook is an incoming webhook. Its address is a secret: whoever has it can write there.
type Hook struct {
	address string
	teams   bool
}

// At is the webhook at an address, as the operator typed it.
func At(typed string) Hook {
	address, teams := strings.CutPrefix(typed, teamsPrefix)
	return Hook{address, teams}
}

// Check refuses an address that no request may go to, without repeating it.
func (h Hook) Check(g outbound.Guard) error { return g.CheckURL(h.address) }

// Message is what is said. Nothing of it is markup.
type Message struct {
	Title string
	Lines []string
	Good  bool   // it is good news
	Link  string // an address, "" is none
	Words string // what the link leads to
}

// Say says it, once. An error never holds the address.
func (h Hook) Say(ctx context.Context, client *http.Client, m Message) error {
	form := m.text
	if h.teams {
		form = m.card
	}
	body, err := form()
	if err != nil {
		return err
	}
	return outbound.Post(ctx, client, h.address, body, nil)
}

// plain makes text that is no markup in Slack's language, which the others share.
var plain = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// text is Slack's form.
func (m Message) text() ([]byte, error) {
	text := plain.Replace(strings.Join(append([]string{m.Title}, m.Lines...), "\n"))
	if m.Link != "" {
		text += "\n" + m.Link
	}
	return json.Marshal(map[string]string{"text": text})
}
