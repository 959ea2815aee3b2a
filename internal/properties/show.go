package properties

import (
	"context"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/platform/list"
	"github.com/skaiscraper/skai/internal/platform/ui"
	"github.com/skaiscraper/skai/internal/platform/web"
)

// title is what the property is called: its name, or where it is.
func (p *Property) title() string {
	switch {
	case p.Name != "":
		return p.Name
	case p.Street != "" && p.Unit != "":
		return p.Street + " " + p.Unit
	case p.Street != "":
		return p.Street
	}
	return p.Address
}

// below is the quiet line under the title in the list.
func (p *Property) below() string {
	if p.Name != "" {
		return p.Address
	}
	return ""
}

// lead is the line under the title on the property's page.
func (p *Property) lead() string {
	place := strings.TrimSpace(strings.Trim(p.City+", "+p.State, ", ") + " " + p.ZIP)
	if p.Name != "" {
		place = p.Address
	}
	if p.Kind != "" && place != "" {
		return kindWords(p.Kind) + " · " + place
	}
	return kindWords(p.Kind) + place
}

// listed is the time a list shows: when it was added or archived.
func (p *Property) listed() time.Time {
	if p.ArchivedAt != nil {
		return *p.ArchivedAt
	}
	return p.CreatedAt
}

func (p *Full) olderURL() string {
	if p.History.Older == "" {
		return ""
	}
	return p.URL() + "?" + web.ListQuery{Filters: map[string][]string{"older": {p.History.Older}}}.Values().Encode()
}

// listView is the list page.
func listView(ctx context.Context, q web.ListQuery, l List) ui.Listing {
	view := ui.Listing{
		Table:       ui.Table{Caption: "Properties", Query: q, Path: path, Columns: listColumns(q), Empty: noProperties(q)},
		Placeholder: "Search properties by address, name or owner",
		Prev:        l.Newer, Next: l.Older, Note: list.CappedWords(l.Capped),
	}
	for _, f := range []struct {
		name, label string
		texts       []string
	}{{"city", "City", l.Cities}, {"zip", "ZIP", l.ZIPs}} {
		if len(f.texts) < list.DistinctMost { // else the search finds them
			view.Filters = append(view.Filters, ui.Filter{Name: f.name, Label: f.label, Options: ui.Texts(f.texts)})
		}
	}
	view.Filters = append(view.Filters, ui.Filter{Name: "kind", Label: "Kind", Options: kindOptions()},
		ui.Filter{Name: "archived", Label: "Archived", Options: []ui.Option{{Value: "yes", Text: "Archived"}}})
	if identity.Can(ctx, identity.ExportLists) {
		view.ExportURL = path + ".csv"
	}
	for _, p := range l.Rows {
		view.Rows = append(view.Rows, ui.Row{URL: p.URL(), Cells: []templ.Component{
			ui.Strong(p.title(), p.below()), ui.Text(strings.Trim(p.City+", "+p.State, ", ")), ui.Text(p.ZIP), ui.Text(p.Owner), ui.Text(kindWords(p.Kind)),
			ui.Text(p.RoofMaterial), ui.Text(number(p.Squares)), ui.Dated(p.listed()),
		}})
	}
	return view
}

func listColumns(q web.ListQuery) []ui.Column {
	address, created := ui.Column{Title: "Address", Sort: "address"}, ui.Column{Title: "Added", Sort: "created_at", Width: ui.Roomy}
	if q.Filter("archived") == "yes" { // has one order
		address.Sort, created = "", ui.Column{Title: "Archived", Width: ui.Roomy}
	}
	return []ui.Column{
		address,
		{Title: "City"},
		{Title: "ZIP", Width: ui.Roomy},
		{Title: "Owner"},
		{Title: "Kind", Width: ui.Wide},
		{Title: "Roof", Width: ui.Wide},
		{Title: "Squares", Right: true, Width: ui.Wide},
		created,
	}
}

// lines are the property's fields as its page shows them.
func (p *Full) lines() []ui.Detail {
	lines := []ui.Detail{{Label: "Address", Value: ui.Text(p.Line())}}
	if p.AddressTyped != "" && !strings.EqualFold(p.AddressTyped, p.Line()) {
		lines = append(lines, ui.Detail{Label: "Address as it came", Value: ui.Text(p.AddressTyped)})
	}
	lines = append(
		lines,
		ui.Detail{Label: "Owner", Value: p.ownerLink()}, ui.Detail{Label: "Kind", Value: ui.Text(kindWords(p.Kind))},
		ui.Detail{Label: "County", Value: ui.Text(p.County)}, ui.Detail{Label: "ZIP", Value: ui.Some(len(p.ZIP), zipLink(p.ZIP, p.Plus4))},
		ui.Detail{Label: "Position", Value: ui.Text(p.position())}, ui.Detail{Label: "Tags", Value: ui.Some(len(p.Tags), ui.TagLinks(p.Tags, path))},
		ui.Detail{Label: "Added", Value: ui.When(p.CreatedAt, p.CreatedByName)}, ui.Detail{Label: "Changed", Value: ui.When(p.UpdatedAt, p.UpdatedByName)},
	)
	if p.Notes != "" {
		lines = append(lines, ui.Detail{Label: "Notes", Value: ui.Multiline(p.Notes)})
	}
	return lines
}

// roof are the fields of the building.
func (p *Full) roof() []ui.Detail {
	return []ui.Detail{
		{Label: "Squares", Value: ui.Text(number(p.Squares))},
		{Label: "Pitch", Value: ui.Text(p.Pitch)},
		{Label: "Roof material", Value: ui.Text(p.RoofMaterial)},
		{Label: "Roof age", Value: ui.Text(years(p.RoofAge))},
		{Label: "Stories", Value: ui.Text(number(p.Stories))},
		{Label: "Year built", Value: ui.Text(number(p.YearBuilt))},
		{Label: "Living area", Value: ui.Text(feet(p.SquareFeet))},
	}
}

func (p *Full) ownerLink() templ.Component {
	if p.OwnerID == nil {
		return nil
	}
	return ui.Anchor(p.Owner, "/contacts/"+p.OwnerID.String())
}

// position is where the property is and how sure that is.
func (p *Property) position() string {
	if p.Latitude == nil || p.Longitude == nil || p.PositionPrecision == nil {
		return ""
	}
	return number(p.Latitude) + ", " + number(p.Longitude) + " (" + *p.PositionPrecision + ")"
}

func years(n *int) string {
	switch {
	case n == nil:
		return ""
	case *n == 1:
		return "1 year"
	}
	return number(n) + " years"
}

func feet(n *int) string {
	if n == nil {
		return ""
	}
	return ui.Count(int64(*n)) + " sq ft"
}
