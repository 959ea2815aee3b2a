// Package settings serves the index of the settings, and those that are no room of
// their own: one's devices and password, and what the organisation says of itself.
package settings

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/orgs"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/limit"
	"github.com/skaiscraper/skai/internal/platform/ui"
	"github.com/skaiscraper/skai/internal/platform/web"
)

// Where the pages of this room are, beside those the shell knows.
const (
	settingsPath     = identity.SettingsPath
	organisationPath = settingsPath + "/organisation"
	passwordPath     = settingsPath + "/password"
)

// Service shows and changes these settings.
type Service struct {
	people *identity.Service
	orgs   *orgs.Service
}

// New gives the service.
func New(people *identity.Service, o *orgs.Service) *Service { return &Service{people, o} }

// Routes registers the pages.
func (s *Service) Routes(rt *web.Router) {
	member, edit := web.Access{}, web.Access{Permission: string(identity.EditSettings)}
	rt.Page("GET "+ui.SessionsPath, member, s.sessionsPage)
	rt.Page("POST "+ui.SessionsPath+"/revoke-others", member, s.revokeOthers)
	rt.Page("POST "+ui.SessionsPath+"/{id}/revoke", member, s.revoke)
	rt.Page("GET "+settingsPath, member, s.settingsPage)
	rt.Page("GET "+passwordPath, member, s.passwordPage)
	rt.Page("POST "+passwordPath, web.Access{Rate: limit.Auth}, s.passwordSubmit)
	rt.Page("GET "+organisationPath, edit, s.organisationPage)
	rt.Upload("POST "+organisationPath, edit, maxUpload, s.organisationSubmit)
	rt.Page("GET "+orgs.LogoPath, member, s.logo)
}

// maxUpload bounds the settings' form: a logo that is too large still gets an
// answer beside its field.
const maxUpload = 4 * orgs.MaxLogo

// entry is a page of the settings.
type entry struct{ title, words, url string }

func (s *Service) settingsPage(w http.ResponseWriter, r *http.Request) error {
	var entries []entry
	if identity.Can(r.Context(), identity.EditSettings) {
		entries = append(entries, entry{"Organisation", "Its name, time zone, colour and logo, and how long people stay signed in.", organisationPath})
	}
	if identity.Can(r.Context(), identity.InvitePeople) {
		entries = append(entries, entry{"People", "Who works here, invitations, roles.", identity.PeoplePath})
	}
	if identity.Can(r.Context(), identity.ManagePeople) {
		entries = append(entries, entry{"Roles", "What each role may do, roles of your own, and who has them.", identity.RolesPath})
	}
	if identity.Can(r.Context(), identity.TransferOrg) {
		entries = append(entries, entry{"Ownership", "Make somebody else an owner.", identity.OwnershipPath})
	}
	if identity.Can(r.Context(), identity.ManageKeys) {
		entries = append(entries, entry{"API keys", "With which other programs read and write here.", identity.KeysPath})
	}
	if identity.Can(r.Context(), identity.EditSettings) {
		entries = append(entries, entry{"Support access", "Whether those who run SkaiScraper may look into what is yours, and who did.", identity.SupportPath})
	}
	if identity.Can(r.Context(), identity.ManageSSO) {
		entries = append(entries, entry{"Single sign-on", "People sign in through your company's identity provider.", identity.SSOSettingsPath})
	}
	if identity.Can(r.Context(), identity.ViewAudit) {
		entries = append(entries, entry{"Audit trail", "Who changed what, and when.", identity.AuditPath}, entry{"Service level", "How fast and how reliably your organisation's requests are answered.", identity.OpsPath})
	}
	entries = append(
		entries,
		entry{"Signed-in devices", "Where you are signed in, and signing out elsewhere.", ui.SessionsPath},
		entry{"Password", "Choose another one.", passwordPath},
		entry{"Second factor", "Passkeys, an authenticator app, text messages, backup codes and trusted devices.", identity.FactorsPath},
		entry{"E-mail address", "The one you sign in with, and whether it is confirmed.", identity.EmailPath},
	)
	return ui.Page(w, r, ui.Head{Title: "Settings", Section: ui.Settings}, settingsIndex(entries))
}

func (s *Service) passwordPage(w http.ResponseWriter, r *http.Request) error {
	return passwordForm(w, r, http.StatusOK, web.NewForm(nil), "")
}

func passwordForm(w http.ResponseWriter, r *http.Request, status int, f *web.Form, refusal string) error {
	return ui.PageStatus(w, r, status, ui.Head{
		Title: "Password", Section: ui.Settings, Crumbs: []ui.Link{{Text: "Settings", URL: settingsPath}},
		Lead: "Changing it signs you out on every other device.",
	}, passwordCard(f, refusal))
}

func (s *Service) passwordSubmit(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ParseForm(r)
	if err != nil {
		return err
	}
	password := f.Values.Get("password") // a password keeps its blanks
	if password != f.Values.Get("again") {
		f.Fields.Add("again", "This is not the same as above. Type both again.")
	}
	if f.Err() == nil {
		err = s.people.ChangePassword(r.Context(), f.Values.Get("current"), password, identity.DeviceOf(r))
	}
	if refused := fault.As(err); refused != nil {
		for field, words := range refused.Fields {
			f.Fields.Add(field, "%s", web.Sentence(words))
		}
		if len(refused.Fields) == 0 {
			return passwordForm(w, r, refused.Kind.Status(), f, refused.Message)
		}
	} else if err != nil {
		return err
	}
	if f.Err() != nil {
		return passwordForm(w, r, http.StatusUnprocessableEntity, f, "")
	}
	web.SetFlash(w, r, web.Done, "Your password is changed, and your other devices are signed out.")
	return web.Redirect(w, r, settingsPath)
}

func (s *Service) sessionsPage(w http.ResponseWriter, r *http.Request) error {
	list, err := s.people.Sessions(r.Context())
	if err != nil {
		return err
	}
	session, _ := identity.Current(r.Context())
	return ui.Page(w, r, ui.Head{
		Title: "Signed-in devices", Section: ui.Settings, Crumbs: []ui.Link{{Text: "Settings", URL: settingsPath}},
		Lead: "Every browser in which you are signed in. End those you don't know, then change your password.",
	}, sessionList(list, session.ID))
}

func (s *Service) revoke(w http.ResponseWriter, r *http.Request) error {
	id, err := web.PathID(r, "id")
	if err != nil {
		return err
	}
	if err := s.people.Revoke(r.Context(), id); err != nil {
		return err
	}
	web.SetFlash(w, r, web.Done, "That device is signed out.")
	return web.Redirect(w, r, ui.SessionsPath)
}

func (s *Service) revokeOthers(w http.ResponseWriter, r *http.Request) error {
	n, err := s.people.RevokeOthers(r.Context())
	if err != nil {
		return err
	}
	web.SetFlash(w, r, web.Done, "%s signed out.", devices(n))
	return web.Redirect(w, r, ui.SessionsPath)
}

func devices(n int64) string {
	if n == 1 {
		return "1 other device is"
	}
	return fmt.Sprintf("%d other devices are", n)
}

func (s *Service) organisationPage(w http.ResponseWriter, r *http.Request) error {
	return s.organisationForm(w, r, http.StatusOK, nil)
}

func (s *Service) organisationForm(w http.ResponseWriter, r *http.Request, status int, f *web.Form) error {
	org, err := s.orgs.Current(r.Context())
	if err != nil {
		return err
	}
	v, _ := ui.ViewerFrom(r.Context())
	return ui.PageStatus(w, r, status, ui.Head{
		Title: "Organisation", Section: ui.Settings, Crumbs: []ui.Link{{Text: "Settings", URL: settingsPath}},
	}, organisationCard(f, org, v.Org.LogoURL))
}

func (s *Service) organisationSubmit(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ParseForm(r)
	if err != nil {
		return err
	}
	st := orgs.Settings{
		Name: f.Need("name", "the organisation's name"), TimeZone: f.Need("time_zone", "the time zone"),
		BrandColor: f.Text("brand_color"), NoLogo: f.Bool("no_logo"),
	}
	idle, _ := f.Int("session_idle", orgs.MinIdle, orgs.MaxIdle)
	life, _ := f.Int("session_life", orgs.MinLife, orgs.MaxLife)
	st.SessionIdleMinutes, st.SessionLifeMinutes = int(idle), int(life)
	if st.Logo, err = logoOf(r, f); err != nil {
		return err
	}
	if f.Err() == nil {
		err = s.SaveOrganisation(r.Context(), st)
		if refused := fault.As(err); refused != nil && refused.Kind == fault.KindInvalid {
			for field, words := range refused.Fields {
				f.Fields.Add(field, "%s", web.Sentence(words))
			}
		} else if err != nil {
			return err
		}
	}
	if f.Err() != nil {
		return s.organisationForm(w, r, http.StatusUnprocessableEntity, f)
	}
	web.SetFlash(w, r, web.Done, "The organisation's settings are saved.")
	return web.Redirect(w, r, organisationPath)
}

// logoOf is the logo a form brings, the zero value where the person chose no
// file. What is wrong with it is noted in the form.
func logoOf(r *http.Request, f *web.Form) (orgs.Logo, error) {
	file, _, err := r.FormFile("logo")
	if errors.Is(err, http.ErrMissingFile) || errors.Is(err, http.ErrNotMultipart) {
		return orgs.Logo{}, nil
	}
	if err != nil {
		return orgs.Logo{}, err
	}
	defer func() { _ = file.Close() }() // it was only read
	data, err := io.ReadAll(file)
	if err != nil || len(data) == 0 {
		return orgs.Logo{}, err
	}
	logo, err := orgs.ReadLogo(data)
	if refused := fault.As(err); refused != nil {
		f.Fields.Add("logo", "%s", web.Sentence(refused.Fields["logo"]))
		return orgs.Logo{}, nil
	}
	return logo, err
}

// logo serves the organisation's logo. An SVG is a document that could run
// scripts or load other things: the policy forbids both, and puts it into an
// origin of its own should somebody open it by its address.
func (s *Service) logo(w http.ResponseWriter, r *http.Request) error {
	logo, err := s.orgs.Logo(r.Context())
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", logo.Type)
	// Opened by itself, a picture is a page of this site: nothing in it may run or
	// load, and the browser saves it rather than shows it.
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox")
	h.Set("Content-Disposition", `attachment; filename="logo`+logo.Extension()+`"`)
	if r.URL.Query().Has("v") { // the address changes with the logo
		h.Set("Cache-Control", "private, max-age=31536000, immutable")
	}
	_, err = w.Write(logo.Data)
	return err
}

// SaveOrganisation changes what the organisation says of itself.
// It returns fault.Forbidden without the permission, and fault.Invalid with what
// is wrong with each field.
func (s *Service) SaveOrganisation(ctx context.Context, st orgs.Settings) error {
	if err := identity.Require(ctx, identity.EditSettings); err != nil {
		return err
	}
	return s.orgs.Save(ctx, st)
}
