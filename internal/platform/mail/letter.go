package mail

import (
	"html/template"
	"strings"

	"github.com/google/uuid"

	"github.com/skaiscraper/skai/internal/platform/ui"
)

// Letter is a mail to one person.
type Letter struct {
	To      string   // one address
	Subject string   // one line
	Lines   []string // paragraphs before the button
	Button  string   // what the link does, "" is no link
	Path    string   // where the link leads, on this program's own site: "/dashboard"
	After   []string // paragraphs after the button
	Look    Look

	Kind   string    // what it is about, for the operator's list: "account.changed"
	Org    uuid.UUID // whose it is and whose budget it uses; zero is an account's
	Key    string    // of what asks for it; the same asks for the same letter, once. "" is one of its own
	Urgent bool      // it may use what is kept back of the day's budget
}

// Look is how the letter's organisation shows itself; the zero value is SkaiScraper's own.
type Look struct {
	Name   string // "" is SkaiScraper
	Colour string // "#0b5a6b"; "" is SkaiScraper's own
}

// ownColour is the one of the program's pages.
const ownColour = "#0b5a6b"

func (l Look) name() string {
	if l.Name == "" {
		return "SkaiScraper"
	}
	return oneLine(l.Name)
}

// text is the letter for a program that shows no HTML.
func (p *Post) text(l Letter) string {
	var b strings.Builder
	paragraph := func(s string) {
		b.WriteString(s)
		b.WriteString("\r\n\r\n")
	}
	for _, line := range l.Lines {
		paragraph(line)
	}
	if l.Button != "" {
		paragraph(l.Button + ":\r\n" + p.Link(l.Path))
	}
	for _, line := range l.After {
		paragraph(line)
	}
	b.WriteString("-- \r\n" + l.Look.name() + "\r\n")
	if l.Look.Name != "" {
		b.WriteString("sent by SkaiScraper\r\n")
	}
	return b.String()
}

// sheet is the letter as HTML. Mail programs drop style sheets, so each element
// has its own style; there is no picture, which would tell that it was opened.
var sheet = template.Must(template.New("letter").Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{{.Subject}}</title></head>
<body style="margin:0;background:#eef2f4;color:#17242b;font:16px/1.5 system-ui,-apple-system,'Segoe UI',sans-serif">
<div style="max-width:34rem;margin:0 auto;padding:24px 16px">
<p style="margin:0;padding:14px 20px;background:{{.Colour}};color:{{.OnColour}};font-weight:600;border-radius:8px 8px 0 0">{{.Name}}</p>
<div style="background:#fff;padding:20px;border-radius:0 0 8px 8px">
{{range .Lines}}<p style="margin:0 0 14px">{{.}}</p>
{{end}}{{if .Button}}<p style="margin:20px 0"><a href="{{.Link}}" style="display:inline-block;padding:12px 20px;background:{{.Colour}};color:{{.OnColour}};text-decoration:none;border-radius:6px;font-weight:600">{{.Button}}</a></p>
<p style="margin:0 0 14px;font-size:14px;color:#4c5b63;word-break:break-all">Or open {{.Link}}</p>
{{end}}{{range .After}}<p style="margin:0 0 14px">{{.}}</p>
{{end}}</div>
<p style="margin:14px 4px;font-size:13px;color:#4c5b63">{{if .Branded}}{{.Name}} works with SkaiScraper, which sent this.{{else}}SkaiScraper sent this.{{end}}</p>
</div></body></html>
`))

func (p *Post) html(l Letter) (string, error) {
	colour := l.Look.Colour
	if colour == "" {
		colour = ownColour
	}
	var b strings.Builder
	err := sheet.Execute(&b, map[string]any{
		"Subject": l.Subject, "Name": l.Look.name(), "Branded": l.Look.Name != "", "Lines": l.Lines, "After": l.After,
		"Button": l.Button, "Link": p.Link(l.Path),
		// The database keeps nothing else for a colour than six digits.
		"Colour": template.CSS(colour), "OnColour": template.CSS(ui.OnColour(colour)), //nolint:gosec // see above
	})
	return b.String(), err
}
