package chat

import "encoding/json"

// teamsMessage is what the trigger "When a Teams webhook request is received" of a
// workflow takes: a message with cards.
type teamsMessage struct {
	Type        string       `json:"type"` // "message"
	Attachments []attachment `json:"attachments"`
}

type attachment struct {
	ContentType string  `json:"contentType"` // "application/vnd.microsoft.card.adaptive"
	ContentURL  *string `json:"contentUrl"`  // null
	Content     card    `json:"content"`
}

// card is an Adaptive Card of version 1.2, which is the one that brought rich text
// (adaptivecards.io/explorer).
type card struct {
	Schema  string     `json:"$schema"`
	Type    string     `json:"type"` // "AdaptiveCard"
	Version string     `json:"version"`
	Body    []richText `json:"body"`
	Actions []openURL  `json:"actions,omitempty"`
	Teams   teamsOnly  `json:"msteams"`
}

// richText is a paragraph. A TextBlock would read its text as Markdown.
type richText struct {
	Type    string    `json:"type"` // "RichTextBlock"
	Inlines []textRun `json:"inlines"`
}

type textRun struct {
	Type   string `json:"type"` // "TextRun"
	Text   string `json:"text"`
	Size   string `json:"size,omitempty"`
	Weight string `json:"weight,omitempty"`
	Color  string `json:"color,omitempty"`
}

type openURL struct {
	Type  string `json:"type"` // "Action.OpenUrl"
	Title string `json:"title"`
	URL   string `json:"url"`
}

type teamsOnly struct {
	Width string `json:"width"` // "Full"
}

// card is the form of Microsoft Teams.
func (m Message) card() ([]byte, error) {
	colour := "Attention"
	if m.Good {
		colour = "Good"
	}
	c := card{
		Schema: "http://adaptivecards.io/schemas/adaptive-card.json", Type: "AdaptiveCard", Version: "1.2", Teams: teamsOnly{"Full"},
		Body: []richText{{"RichTextBlock", []textRun{{"TextRun", m.Title, "Medium", "Bolder", colour}}}},
	}
	for _, line := range m.Lines {
		c.Body = append(c.Body, richText{"RichTextBlock", []textRun{{Type: "TextRun", Text: line}}})
	}
	if m.Link != "" {
		c.Actions = []openURL{{"Action.OpenUrl", m.Words, m.Link}}
	}
	return json.Marshal(teamsMessage{"message", []attachment{{ContentType: "application/vnd.microsoft.card.adaptive", Content: c}}})
}
