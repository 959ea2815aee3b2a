package people

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/platform/tenant"
	"github.com/skaiscraper/skai/internal/platform/ui"
	"github.com/skaiscraper/skai/internal/platform/web"
)

func listing(r *http.Request, q web.ListQuery, list []Entry, next string) ui.Listing {
	options := make([]ui.Option, len(states))
	for i, st := range states {
		options[i] = ui.Option{Value: string(st), Text: ui.Words(Entry{State: st}.word())}
	}
	l := ui.Listing{
		Table: ui.Table{Caption: "People", Query: q, Path: identity.PeoplePath, Columns: []ui.Column{
			{Title: "Name"}, {Title: "Role"}, {Title: "State"}, {Title: "Last seen", Width: ui.Roomy},
		}},
		Placeholder: "Search people by name or e-mail address", Next: next,
		Filters: []ui.Filter{{Name: "state", Label: "State", Options: options}},
	}
	if identity.Can(r.Context(), identity.ExportLists) {
		l.ExportURL = identity.PeoplePath + ".csv"
	}
	for _, e := range list {
		at := identity.PeoplePath
		if e.State == Invited {
			at = invitationsURL
		}
		l.Rows = append(l.Rows, ui.Row{URL: at + "/" + e.ID.String(), Cells: []templ.Component{
			ui.Strong(e.Name, emailOf(e)), ui.Text(roleOf(e)), stateOf(e), seen(e),
		}})
	}
	return l
}

// stateOf says first what somebody should do something about.
func stateOf(e Entry) templ.Component {
	if e.RefusedAt != nil {
		return ui.StagePill(ui.Red, "Refuses mails")
	}
	return ui.StagePill(e.tone(), ui.Words(e.word()))
}

// refusalWords says what is wrong with an address and what to do.
func refusalWords(e Entry, zone *time.Location) string {
	words := "This address refuses mails since " + e.RefusedAt.In(zone).Format("January 2, 2006") + ", so none are sent there. "
	if e.State == Invited {
		return words + "If there is a slip in the address, revoke the invitation and send one to the right address. If the address is right and works again, ask whoever runs SkaiScraper to take it off the list of addresses that refuse, then send the invitation again."
	}
	return words + "Have them choose another address in their account; if this one works again, ask whoever runs SkaiScraper to take it off the list of addresses that refuse."
}

func emailOf(e Entry) string {
	if e.Email == nil {
		return ""
	}
	return *e.Email
}

func roleOf(e Entry) string {
	if e.State == Placeholder {
		return ""
	}
	return identity.RoleName(e.Role)
}

func seen(e Entry) templ.Component {
	if e.LastSeenAt == nil {
		return ui.None()
	}
	return ui.Since(*e.LastSeenAt)
}

func (e Entry) tone() ui.Tone {
	switch e.State {
	case Active:
		return ui.Green
	case Invited:
		if e.Expired() {
			return ui.Red
		}
		return ui.Amber
	case Placeholder:
		return ui.Blue
	case Removed:
	}
	return ui.Neutral
}

func details(e Entry) []ui.Detail {
	at := func(t *time.Time) templ.Component {
		if t == nil {
			return nil
		}
		return ui.Time(*t)
	}
	list := []ui.Detail{
		{Label: "State", Value: ui.StagePill(e.tone(), ui.Words(e.word()))},
		{Label: "E-mail", Value: ui.Text(emailOf(e))},
		{Label: "Role", Value: ui.Text(roleOf(e))},
	}
	if e.State == Invited {
		return append(list, ui.Detail{Label: "Invited", Value: ui.Time(e.Since)}, ui.Detail{Label: "Good until", Value: at(e.ExpiresAt)})
	}
	return append(list, ui.Detail{Label: "Last seen", Value: at(e.LastSeenAt)}, ui.Detail{Label: "Since", Value: ui.Time(e.Since)})
}

// deed is what the person who looks may do to an entry.
type deed struct {
	roles      []tenant.Role // that they may give to the member
	remove     bool
	invitation bool // send again, revoke
	invite     bool // a placeholder
}

func deeds(scope tenant.Scope, e Entry) deed {
	order := identity.Roles()
	above := slices.Index(order, e.Role) < slices.Index(order, scope.Role)
	manages := identity.May(scope, identity.ManagePeople)
	switch e.State {
	case Active:
		if manages && !above && e.ID != scope.ActorID {
			return deed{roles: Gives(scope), remove: true}
		}
	case Invited:
		return deed{invitation: slices.Contains(Gives(scope), e.Role)}
	case Placeholder:
		return deed{invite: true}
	case Removed:
	}
	return deed{}
}

func roleOptions(roles []tenant.Role) []ui.Option {
	list := make([]ui.Option, len(roles))
	for i, r := range roles {
		list[i] = ui.Option{Value: string(r), Text: identity.RoleName(r)}
	}
	return list
}

func nameOptions(list []Entry) []ui.Option {
	options := make([]ui.Option, len(list))
	for i, e := range list {
		text := e.Name
		if e.State == Active {
			text += ", " + string(e.Role)
		}
		options[i] = ui.Option{Value: e.ID.String(), Text: text}
	}
	return options
}

// rowsTable shows a file's rows, each with what is wrong with it; the first of the
// file is its header.
func rowsTable(list []Checked) ui.Table {
	t := ui.Table{Caption: "Rows of the file", Columns: []ui.Column{{Title: "E-mail"}, {Title: "Row"}, {Title: "Name"}, {Title: "Role"}, {Title: "What is wrong"}}}
	for i, c := range list {
		wrong := ui.Text(problemWords(c))
		if len(c.Problems) == 0 {
			wrong = ui.Text("nothing")
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Strong(c.Email, ""), ui.Text(strconv.Itoa(i + 2)), ui.Text(c.Name), ui.Text(string(c.Role)), wrong}})
	}
	return t
}

// wrongRows is how many rows can't be invited.
func wrongRows(list []Checked) int {
	n := 0
	for _, c := range list {
		if len(c.Problems) > 0 {
			n++
		}
	}
	return n
}

// problemWords is what is wrong with a row, in one text.
func problemWords(c Checked) string {
	if err := c.Problems.Err(); err != nil {
		return web.Sentence(err.Error())
	}
	return ""
}
