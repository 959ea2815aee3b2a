package people

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/skaiscraper/skai/internal/platform/sheet"

	"github.com/google/uuid"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/limit"
	"github.com/skaiscraper/skai/internal/platform/tenant"
	"github.com/skaiscraper/skai/internal/platform/ui"
	"github.com/skaiscraper/skai/internal/platform/web"
)

// Where the pages are, beside the list.
const (
	invitePath     = identity.PeoplePath + "/invite"
	manyPath       = identity.PeoplePath + "/invite-many"
	invitationsURL = identity.PeoplePath + "/invitations"
	invitationPath = "/invitation"
)

var (
	settings = ui.Link{Text: "Settings", URL: "/settings"}
	crumbs   = []ui.Link{settings, {Text: "People", URL: identity.PeoplePath}}
)

// Routes registers the pages and operations.
func (s *Service) Routes(rt *web.Router) {
	invite := web.Access{Permission: string(identity.InvitePeople)}
	manage := web.Access{Permission: string(identity.ManagePeople)}
	transfer := web.Access{Permission: string(identity.TransferOrg)}
	rt.Page("GET "+identity.PeoplePath, invite, s.listPage)
	rt.Stream("GET "+identity.PeoplePath+".csv", web.Access{Permission: string(identity.ExportLists)}, s.export)
	rt.Page("GET "+invitePath, invite, s.invitePage)
	rt.Page("POST "+invitePath, invite, s.inviteSubmit)
	rt.Page("GET "+manyPath, invite, s.manyPage)
	rt.Upload("POST "+manyPath, invite, 4*maxCSV, s.manySubmit)
	rt.Page("GET "+identity.PeoplePath+"/{id}", invite, s.personPage)
	rt.Page("POST "+identity.PeoplePath+"/{id}/role", manage, s.roleSubmit)
	rt.Page("POST "+identity.PeoplePath+"/{id}/remove", manage, s.removeSubmit)
	rt.Page("GET "+invitationsURL+"/{id}", invite, s.personPage)
	rt.Page("POST "+invitationsURL+"/{id}/again", invite, s.againSubmit)
	rt.Page("POST "+invitationsURL+"/{id}/revoke", invite, s.revokeSubmit)
	rt.Page("GET "+identity.OwnershipPath, transfer, s.ownershipPage)
	rt.Page("POST "+identity.OwnershipPath, web.Access{Permission: string(identity.TransferOrg), Rate: limit.Auth}, s.ownershipSubmit)
	rt.Page("GET "+invitationPath, web.Access{Audience: web.Public}, s.offerPage)
	rt.Page("POST "+invitationPath, web.Access{Audience: web.Public, Rate: limit.Auth, By: web.ByField("token")}, s.offerSubmit)
	s.operations(rt)
}

var spec = web.ListSpec{Filters: []string{"state"}}

// ask reads the list as a query wants it, a page at a time: an organisation has
// hundreds of people, not thousands, so the page is cut here.
func (s *Service) ask(r *http.Request, q web.ListQuery) (list []Entry, next string, err error) {
	if !isState(q.Filter("state")) {
		return nil, "", fault.Invalid("state", "there is no state %q; it is one of active, invited, placeholder, removed", q.Filter("state"))
	}
	all, err := s.List(r.Context(), State(q.Filter("state")), q.Q)
	if err != nil {
		return nil, "", err
	}
	return cut(all, q)
}

func cut(all []Entry, q web.ListQuery) (list []Entry, next string, err error) {
	var after uuid.UUID
	if _, found, err := web.ReadCursor(q, &after); err != nil {
		return nil, "", err
	} else if found {
		all = all[slices.IndexFunc(all, func(e Entry) bool { return e.ID == after })+1:]
	}
	if len(all) <= q.Limit {
		return all, "", nil
	}
	list = all[:q.Limit]
	next, err = web.NewCursor(q, false, list[q.Limit-1].ID)
	return list, next, err
}

func (s *Service) listPage(w http.ResponseWriter, r *http.Request) error {
	q, err := web.ParseList(r.URL.Query(), spec)
	if err != nil {
		return err
	}
	list, next, err := s.ask(r, q)
	if err != nil {
		return err
	}
	return ui.Page(w, r, ui.Head{
		Title: "People", Section: ui.Settings, Crumbs: []ui.Link{settings},
		Lead: "Who works here, who is invited, and names that imports brought.",
	}, listPage(listing(r, q, list, next)))
}

func (s *Service) export(w http.ResponseWriter, r *http.Request) error {
	q, err := web.ParseList(r.URL.Query(), spec)
	if err != nil {
		return err
	}
	if !isState(q.Filter("state")) {
		return fault.Invalid("state", "there is no state %q", q.Filter("state"))
	}
	if err := identity.Require(r.Context(), identity.ExportLists); err != nil {
		return err
	}
	list, err := s.List(r.Context(), State(q.Filter("state")), q.Q)
	if err != nil {
		return err
	}
	name := "people-" + time.Now().In(identity.Zone(r.Context())).Format(time.DateOnly) + ".csv"
	return sheet.ExportCSV(w, name, csvHeader, func(row func(...sheet.Cell) error) error {
		for _, e := range list {
			if err := row(csvRow(e)...); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Service) invitePage(w http.ResponseWriter, r *http.Request) error {
	return s.inviteForm(w, r, http.StatusOK, web.NewForm(url.Values{"placeholder": {r.URL.Query().Get("placeholder")}}), "")
}

func (s *Service) inviteForm(w http.ResponseWriter, r *http.Request, status int, f *web.Form, refusal string) error {
	names, err := s.placeholders(r.Context())
	if err != nil {
		return err
	}
	scope, _ := tenant.From(r.Context())
	return ui.PageStatus(w, r, status, ui.Head{
		Title: "Invite somebody", Section: ui.Settings, Crumbs: crumbs, Lead: "They get a mail with a link that works for 7 days.",
	}, inviteCard(f, refusal, Gives(scope), names))
}

func (s *Service) inviteSubmit(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ParseForm(r)
	if err != nil {
		return err
	}
	in := Invitation{Email: f.Need("email", "the e-mail address"), Name: f.Text("name"), Role: tenant.Role(f.Need("role", "the role"))}
	if id, ok := f.ID("placeholder"); ok {
		in.Placeholder = &id
	}
	if f.Err() == nil {
		_, err = s.Invite(r.Context(), in)
	}
	if refused := fault.As(err); refused != nil {
		noteAll(f, refused)
		if len(refused.Fields) == 0 {
			return s.inviteForm(w, r, refused.Kind.Status(), f, refused.Message)
		}
	} else if err != nil {
		return err
	}
	if f.Err() != nil {
		return s.inviteForm(w, r, http.StatusUnprocessableEntity, f, "")
	}
	web.SetFlash(w, r, web.Done, "%s is invited.", in.Email)
	return web.Redirect(w, r, identity.PeoplePath)
}

func noteAll(f *web.Form, refused *fault.Error) {
	for field, words := range refused.Fields {
		f.Fields.Add(field, "%s", web.Sentence(words))
	}
}

func (s *Service) manyPage(w http.ResponseWriter, r *http.Request) error {
	return manyForm(w, r, http.StatusOK, web.NewForm(nil), nil)
}

func manyForm(w http.ResponseWriter, r *http.Request, status int, f *web.Form, checked []Checked) error {
	return ui.PageStatus(w, r, status, ui.Head{
		Title: "Invite many", Section: ui.Settings, Crumbs: crumbs, Lead: "From a CSV file. First you see what would happen; nobody is invited by that.",
	}, manyCard(f, checked))
}

// manySubmit checks a file and shows what would happen; with "invite" it does it.
func (s *Service) manySubmit(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ParseForm(r)
	if err != nil {
		return err
	}
	text, err := fileOf(r, f)
	if err != nil {
		return err
	}
	f.Values.Set("rows", text)
	list, err := readCSV(text)
	if err == nil && f.Has("invite") {
		if _, err = s.Invite(r.Context(), list...); err == nil {
			web.SetFlash(w, r, web.Done, "%d people are invited.", len(list))
			return web.Redirect(w, r, identity.PeoplePath+"?state=invited")
		}
	}
	refused := fault.As(err)
	if refused != nil && refused.Kind == fault.KindInvalid && refused.Fields["file"] != "" {
		noteAll(f, refused)
		return manyForm(w, r, http.StatusUnprocessableEntity, f, nil)
	}
	status := http.StatusOK
	if refused != nil && (refused.Code == "invitations" || refused.Kind == fault.KindInvalid) {
		status, err = refused.Kind.Status(), nil // since it was looked at, something changed: show it anew
	}
	if err != nil {
		return err
	}
	checked, err := s.Check(r.Context(), list...)
	if refused = fault.As(err); refused != nil && refused.Kind == fault.KindInvalid {
		noteAll(f, refused)
		return manyForm(w, r, http.StatusUnprocessableEntity, f, nil)
	}
	if err != nil {
		return err
	}
	return manyForm(w, r, status, f, checked)
}

// fileOf is the text of the file, or of the form that showed it the first time.
func fileOf(r *http.Request, f *web.Form) (string, error) {
	file, _, err := r.FormFile("file")
	if errors.Is(err, http.ErrMissingFile) || errors.Is(err, http.ErrNotMultipart) {
		return f.Values.Get("rows"), nil
	}
	if err != nil {
		return "", err
	}
	defer func() { _ = file.Close() }() // it was only read
	data, err := io.ReadAll(io.LimitReader(file, maxCSV+1))
	if err == nil && len(data) > maxCSV {
		err = fault.Invalid("file", "the file has more than %d kB; send it in parts", maxCSV>>10)
	}
	return string(data), err
}

func (s *Service) personPage(w http.ResponseWriter, r *http.Request) error {
	id, err := web.PathID(r, "id")
	if err != nil {
		return err
	}
	e, err := s.Get(r.Context(), id)
	if err != nil {
		return err
	}
	scope, _ := tenant.From(r.Context())
	return ui.Page(w, r, ui.Head{Title: e.Name, Section: ui.Settings, Crumbs: crumbs}, personCard(e, deeds(scope, e)))
}

func (s *Service) roleSubmit(w http.ResponseWriter, r *http.Request) error {
	id, err := web.PathID(r, "id")
	if err != nil {
		return err
	}
	f, err := web.ParseForm(r)
	if err != nil {
		return err
	}
	role := f.Need("role", "the role")
	if err := f.Err(); err != nil {
		return err
	}
	if err := s.SetRole(r.Context(), id, tenant.Role(f.Text("was")), tenant.Role(role)); err != nil {
		return err
	}
	web.SetFlash(w, r, web.Done, "The role is changed. It holds from their next click on.")
	return web.Redirect(w, r, identity.PeoplePath+"/"+id.String())
}

func (s *Service) removeSubmit(w http.ResponseWriter, r *http.Request) error {
	return s.act(w, r, s.Remove, "They are removed, and signed out here.")
}

func (s *Service) againSubmit(w http.ResponseWriter, r *http.Request) error {
	return s.act(w, r, s.Again, "The invitation goes out again, with a new link.")
}

func (s *Service) revokeSubmit(w http.ResponseWriter, r *http.Request) error {
	return s.act(w, r, s.Revoke, "The invitation is revoked; its link opens nothing any more.")
}

func (s *Service) ownershipPage(w http.ResponseWriter, r *http.Request) error {
	return s.ownershipForm(w, r, http.StatusOK, web.NewForm(nil), "")
}

func (s *Service) ownershipForm(w http.ResponseWriter, r *http.Request, status int, f *web.Form, refusal string) error {
	if err := identity.Require(r.Context(), identity.TransferOrg); err != nil {
		return err
	}
	members, err := s.List(r.Context(), Active, "")
	if err != nil {
		return err
	}
	scope, _ := tenant.From(r.Context())
	members = slices.DeleteFunc(members, func(e Entry) bool { return e.ID == scope.ActorID })
	return ui.PageStatus(w, r, status, ui.Head{
		Title: "Ownership", Section: ui.Settings, Crumbs: []ui.Link{settings}, Lead: "Make somebody else an owner. Owners may do everything.",
	}, ownershipCard(f, refusal, members))
}

func (s *Service) ownershipSubmit(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ParseForm(r)
	if err != nil {
		return err
	}
	to, ok := f.ID("person")
	if !ok {
		f.Fields.Add("person", "Choose who becomes an owner.")
	}
	if f.Err() == nil {
		err = s.Transfer(r.Context(), to, f.Bool("stay"), f.Values.Get("current"), identity.DeviceOf(r))
	}
	if refused := fault.As(err); refused != nil {
		noteAll(f, refused)
		if len(refused.Fields) == 0 {
			return s.ownershipForm(w, r, refused.Kind.Status(), f, refused.Message)
		}
	} else if err != nil {
		return err
	}
	if f.Err() != nil {
		return s.ownershipForm(w, r, http.StatusUnprocessableEntity, f, "")
	}
	web.SetFlash(w, r, web.Done, "The organisation has another owner.")
	return web.Redirect(w, r, "/settings") // an admin can't open this page any more
}
