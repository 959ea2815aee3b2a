package claims

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/leads"
	"github.com/skaiscraper/skai/internal/platform/money"
	"github.com/skaiscraper/skai/internal/platform/ui"
)

// heading names the claim on its page: "C-17 Delgado, full replacement".
func (c *Claim) heading() string {
	return strings.TrimSpace(c.Name() + " " + leads.Or(c.Title, leads.Or(c.Contact, c.Property)))
}

// line is the sentence under the heading.
func (c *Claim) line() string {
	parts := []string{ui.Words(c.Stage), ui.Words(c.Kind)}
	for _, part := range []string{c.Carrier, c.Assignee} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, " · ")
}

// below is the quiet line under the heading in the list: who it is about, where
// the heading does not say so.
func (c *Claim) below() string {
	if strings.Contains(c.heading(), c.Contact) {
		return ""
	}
	return c.Contact
}

// listed is the time a list shows: when it was added or archived.
func (c *Claim) listed() time.Time {
	if c.ArchivedAt != nil {
		return *c.ArchivedAt
	}
	return c.CreatedAt
}

// people are who the claim is about, with the way to reach them.
func (c *Full) people() []ui.Detail {
	list := []ui.Detail{
		{Label: "Contact", Value: leads.Person(c.Contact, leads.Link(c.Contact, "/contacts/", c.ContactID), c.ContactPhone)},
		{Label: "Property", Value: leads.Link(c.Property, "/properties/", c.PropertyID)},
		{Label: "Adjuster", Value: leads.Person(c.Adjuster, leads.Link(c.Adjuster, "/contacts/", c.AdjusterID), c.AdjusterPhone)},
	}
	if c.LeadID != nil {
		list = append(list, ui.Detail{Label: "Lead", Value: leads.Link(c.Lead, "/leads/", c.LeadID)})
	}
	return list
}

// lines are the claim's fields as its page shows them.
func (c *Full) lines() []ui.Detail {
	stage := []templ.Component{ui.StagePill(c.Stage.Tone(), ui.Words(c.Stage)), leads.Space(), ui.Since(c.StageChangedAt)}
	if c.StageBefore != "" {
		stage = append(stage, leads.Space(), ui.Text("before: "+ui.Words(c.StageBefore)))
	}
	lines := []ui.Detail{{Label: "Stage", Value: templ.Join(stage...)}}
	if c.SourceStage != "" {
		lines = append(lines, ui.Detail{Label: "Stage as it came", Value: ui.Text(c.SourceStage)})
	}
	lines = append(
		lines,
		ui.Detail{Label: "Next action", Value: ui.Text(c.NextAction)}, ui.Detail{Label: "Next action on", Value: ui.Day(c.NextActionOn)},
		ui.Detail{Label: "Assignee", Value: ui.Text(c.Assignee)}, ui.Detail{Label: "Priority", Value: ui.Text(ui.Words(c.Priority))},
		ui.Detail{Label: "Kind", Value: ui.Text(ui.Words(c.Kind))}, ui.Detail{Label: "Carrier", Value: ui.Text(c.Carrier)},
		ui.Detail{Label: "Claim number", Value: ui.Text(c.ClaimNumber)}, ui.Detail{Label: "Policy number", Value: ui.Text(c.PolicyNumber)},
		ui.Detail{Label: "Date of loss", Value: ui.Day(c.DateOfLoss)}, ui.Detail{Label: "Peril", Value: ui.Text(ui.Words(c.Peril))},
		ui.Detail{Label: "Work", Value: ui.Text(c.WorkType)}, ui.Detail{Label: "Source", Value: ui.Text(c.Source)},
		ui.Detail{Label: "Tags", Value: leads.Tags(path, c.Tags)},
		ui.Detail{Label: "Added", Value: templ.Join(ui.Time(c.CreatedAt), leads.By(c.CreatedByName))},
		ui.Detail{Label: "Changed", Value: templ.Join(ui.Time(c.UpdatedAt), leads.By(c.UpdatedByName))},
	)
	if c.Notes != "" {
		lines = append(lines, ui.Detail{Label: "Notes", Value: ui.Multiline(c.Notes)})
	}
	return lines
}

// owed is what is left to come in: RCV less the deductible, plus supplements,
// less what was paid; nil where RCV is not known.
func (c *Claim) owed() *money.Cents {
	if c.RCV == nil {
		return nil
	}
	left := *c.RCV
	for _, add := range []struct {
		of   *money.Cents
		sign money.Cents
	}{{c.Deductible, -1}, {c.Supplements, 1}, {c.Paid, -1}} {
		if add.of != nil {
			left += add.sign * *add.of
		}
	}
	return &left
}

func (c *Claim) moves() leads.Moves {
	m := leads.Moves{Action: c.URL() + "/stage", Forward: ui.Choices(c.Stage.Next(c.Kind)...), Back: ui.Choices(c.back()...), Reason: "Needed where the claim goes back"}
	if c.Stage == StageCancelled {
		m.Reason = "Why the claim is taken up again"
	}
	return m
}

// filesURL is the part of the page with all of the claim's files.
func (c *Full) filesURL() string { return c.URL() + "?tab=files" }

// tabs are the parts of a claim's page.
func (c *Full) tabs(ctx context.Context, tab string) []ui.Tab {
	lines := 0
	for _, e := range c.Estimates {
		lines += e.LineCount
	}
	tabs := []ui.Tab{
		{Text: "Overview", URL: c.URL(), Active: tab == ""},
		{Text: "Photos and files", URL: c.filesURL(), Count: len(c.Files), Active: tab == "files"},
	}
	if identity.Can(ctx, identity.ViewAmounts) {
		tabs = slices.Insert(tabs, 1, ui.Tab{Text: "Estimates", URL: c.URL() + "?tab=estimates", Count: lines, Active: tab == "estimates"})
	}
	if identity.Can(ctx, identity.ViewAudit) {
		tabs = append(tabs, ui.Tab{Text: "Audit", URL: c.URL() + "?tab=audit", Active: tab == "audit"})
	}
	return tabs
}
