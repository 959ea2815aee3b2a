package contacts

import (
	"context"
	"strings"
	"time"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/platform/ui"
	"github.com/skaiscraper/skai/internal/platform/web"
)

// below is the quiet line under a name in the list: the company a person works for.
func (c *Contact) below() string {
	if c.Company == c.Name {
		return ""
	}
	return c.Company
}

// lead is the line under the name on the contact's page.
func (c *Contact) lead() string {
	if c.below() == "" {
		return ui.Words(c.Role)
	}
	return ui.Words(c.Role) + " · " + c.Company
}

// place is where the contact is, in short.
func (c *Contact) place() string {
	switch {
	case c.City == "":
		return c.AddressTyped
	case c.State == "":
		return c.City
	}
	return c.City + ", " + c.State
}

// listed is the time a list shows: when it was added or archived.
func (c *Contact) listed() time.Time {
	if c.ArchivedAt != nil {
		return *c.ArchivedAt
	}
	return c.CreatedAt
}

// mayAdd tells whether the page offers new records that belong to the contact.
func (c *Full) mayAdd(ctx context.Context) bool {
	return c.ArchivedAt == nil && identity.Can(ctx, identity.EditRecords)
}

func (c *Full) olderURL() string {
	if c.History.Older == "" {
		return ""
	}
	return c.URL() + "?" + web.ListQuery{Filters: map[string][]string{"older": {c.History.Older}}}.Values().Encode()
}

// lines are the contact's fields as its page shows them.
func (c *Full) lines() []ui.Detail {
	lines := []ui.Detail{
		{Label: "Phones", Value: ui.Some(len(c.Phones), phones(c.Phones))},
		{Label: "E-mail", Value: ui.Some(len(c.Emails), emails(c.Emails))},
		{Label: "Mailing address", Value: ui.Text(c.Line())},
	}
	if c.AddressTyped != "" && !strings.EqualFold(c.AddressTyped, c.Line()) {
		lines = append(lines, ui.Detail{Label: "Address as it came", Value: ui.Text(c.AddressTyped)})
	}
	lines = append(
		lines,
		ui.Detail{Label: "First name", Value: ui.Text(c.FirstName)}, ui.Detail{Label: "Last name", Value: ui.Text(c.LastName)},
		ui.Detail{Label: "Company", Value: ui.Text(c.Company)}, ui.Detail{Label: "Role", Value: ui.Text(ui.Words(c.Role))},
		ui.Detail{Label: "Source", Value: ui.Text(c.Source)}, ui.Detail{Label: "Tags", Value: ui.Some(len(c.Tags), ui.TagLinks(c.Tags, path))},
		ui.Detail{Label: "Added", Value: ui.When(c.CreatedAt, c.CreatedByName)},
		ui.Detail{Label: "Changed", Value: ui.When(c.UpdatedAt, c.UpdatedByName)},
	)
	if c.Notes != "" {
		lines = append(lines, ui.Detail{Label: "Notes", Value: ui.Multiline(c.Notes)})
	}
	return lines
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}
