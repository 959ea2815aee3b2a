package leads

import (
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/platform/phone"
	"github.com/skaiscraper/skai/internal/platform/ui"
	"github.com/skaiscraper/skai/internal/platform/web"
)

// line is the sentence under the title on the lead's page.
func (l *Full) line() string {
	parts := []string{ui.Words(l.Stage), ui.Words(l.Kind)}
	if l.Assignee != "" {
		parts = append(parts, l.Assignee)
	}
	return strings.Join(parts, " · ")
}

// below is the quiet line under the title in the list: who it is about, where
// the title does not say so.
func (l *Lead) below() string {
	if strings.Contains(l.Title, l.Contact) {
		return ""
	}
	return l.Contact
}

// listed is the time a list shows: when it was added or archived.
func (l *Lead) listed() time.Time {
	if l.ArchivedAt != nil {
		return *l.ArchivedAt
	}
	return l.CreatedAt
}

func (l *Full) olderURL() string { return OlderURL(l.URL(), l.History.Older) }

// OlderURL is a record's page with the entries of its history before these.
func OlderURL(url, cursor string) string {
	if cursor == "" {
		return ""
	}
	return url + "?" + web.ListQuery{Filters: map[string][]string{"older": {cursor}}}.Values().Encode()
}

// lines are the lead's fields as its page shows them.
func (l *Full) lines() []ui.Detail {
	lines := []ui.Detail{
		{Label: "Stage", Value: templ.Join(ui.StagePill(l.Stage.Tone(), ui.Words(l.Stage)), Space(), ui.Since(l.StageChangedAt))},
	}
	if l.SourceStage != "" {
		lines = append(lines, ui.Detail{Label: "Stage as it came", Value: ui.Text(l.SourceStage)})
	}
	if l.DeadReason != "" {
		lines = append(lines, ui.Detail{Label: "Lost because", Value: ui.Text(l.DeadReason)})
	}
	lines = append(
		lines,
		ui.Detail{Label: "Contact", Value: Person(l.Contact, Link(l.Contact, "/contacts/", l.ContactID), l.ContactPhone)},
		ui.Detail{Label: "Property", Value: Link(l.Property, "/properties/", l.PropertyID)},
		ui.Detail{Label: "Estimated value", Value: ui.MoneyOr(l.EstimatedValue)},
		ui.Detail{Label: "Follow up on", Value: ui.Day(l.FollowUpOn)},
		ui.Detail{Label: "Assignee", Value: ui.Text(l.Assignee)},
		ui.Detail{Label: "Kind", Value: ui.Text(ui.Words(l.Kind))},
		ui.Detail{Label: "Source", Value: ui.Text(l.Source)},
		ui.Detail{Label: "Temperature", Value: ui.Text(ui.Words(l.Temperature))},
		ui.Detail{Label: "Urgency", Value: ui.Text(ui.Words(l.Urgency))},
		ui.Detail{Label: "Tags", Value: Tags(path, l.Tags)},
		ui.Detail{Label: "Added", Value: templ.Join(ui.Time(l.CreatedAt), By(l.CreatedByName))},
		ui.Detail{Label: "Changed", Value: templ.Join(ui.Time(l.UpdatedAt), By(l.UpdatedByName))},
	)
	if l.Notes != "" {
		lines = append(lines, ui.Detail{Label: "Notes", Value: ui.Multiline(l.Notes)})
	}
	return lines
}

// Person is the link to a contact with its number to call, in E.164 form, where
// there is one.
func Person(name string, link templ.Component, e164 string) templ.Component {
	if name == "" || e164 == "" {
		return link
	}
	return templ.Join(link, Space(), ui.Phone(phone.Format(e164), e164))
}

// listNote says what an order leaves out.
func listNote(q web.ListQuery, capped string) string {
	if column, _ := q.Order(); column == "follow_up_on" {
		return strings.TrimSpace("In the order of their follow-up; leads without a day to follow up are not in it. " + capped)
	}
	return capped
}

// Moves are the stages a record can be moved to, as its page offers them.
type Moves struct {
	Action        string // where the form is sent
	Forward, Back []ui.Option
	Reason        string // what the reason is for, at the field
}

func (l *Full) moves() Moves {
	return Moves{Action: l.URL() + "/stage", Forward: ui.Choices(l.Stage.Next()...), Back: ui.Choices(l.Stage.Back()...), Reason: "Needed where the lead is lost or goes back"}
}

func assigneeFilter(people []identity.Name) ui.Filter {
	return ui.Filter{Name: "assignee", Label: "Assignee", Options: PeopleOptions(people)}
}
