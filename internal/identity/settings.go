package identity

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/skaiscraper/skai/internal/orgs"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/ui"
	"github.com/skaiscraper/skai/internal/platform/web"
)

// maxUpload bounds the settings' form: a logo that is too large still gets an
// answer beside its field.
const maxUpload = 4 * orgs.MaxLogo

// place is a page of the settings.
type place struct{ title, words, url string }

func (s *Service) settingsPage(w http.ResponseWriter, r *http.Request) error {
	var places []place
	if Can(r.Context(), EditSettings) {
		places = append(places, place{"Organisation", "Its name, time zone, colour and logo, and how long people stay signed in.", organisationPath})
	}
	if Can(r.Context(), InvitePeople) {
		places = append(places, place{"People", "Who works here, invitations, roles.", PeoplePath})
	}
	if Can(r.Context(), ManagePeople) {
		places = append(places, place{"Roles", "What each role may do, roles of your own, and who has them.", RolesPath})
	}
	if Can(r.Context(), TransferOrg) {
		places = append(places, place{"Ownership", "Make somebody else an owner.", OwnershipPath})
	}
	if Can(r.Context(), ManageKeys) {
		places = append(places, place{"API keys", "With which other programs read and write here.", KeysPath})
	}
	if Can(r.Context(), ViewAudit) {
		places = append(places, place{"Audit trail", "Who changed what, and when.", AuditPath})
	}
	places = append(
		places,
		place{"Signed-in devices", "Where you are signed in, and signing out elsewhere.", ui.SessionsPath},
		place{"Password", "Choose another one.", passwordPath},
		place{"Second factor", "Passkeys, backup codes and trusted devices.", FactorsPath},
		place{"E-mail address", "The one you sign in with, and whether it is confirmed.", EmailPath},
	)
	return ui.Page(w, r, ui.Head{Title: "Settings", Section: ui.Settings}, settingsIndex(places))
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
		err = s.ChangePassword(r.Context(), f.Values.Get("current"), password, DeviceOf(r))
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
	list, err := s.Sessions(r.Context())
	if err != nil {
		return err
	}
	session, _ := Current(r.Context())
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
	if err := s.Revoke(r.Context(), id); err != nil {
		return err
	}
	web.SetFlash(w, r, web.Done, "That device is signed out.")
	return web.Redirect(w, r, ui.SessionsPath)
}

func (s *Service) revokeOthers(w http.ResponseWriter, r *http.Request) error {
	n, err := s.RevokeOthers(r.Context())
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

// DeviceWords names a browser and its system from what it says of itself:
// "Chrome on Windows". What it says can be made up; it helps its owner to know it.
func DeviceWords(agent string) string {
	first := func(words [][2]string, otherwise string) string {
		for _, w := range words {
			if strings.Contains(agent, w[0]) {
				return w[1]
			}
		}
		return otherwise
	}
	browser := first([][2]string{{"Edg", "Edge"}, {"OPR/", "Opera"}, {"Firefox/", "Firefox"}, {"FxiOS/", "Firefox"}, {"CriOS/", "Chrome"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"}}, "")
	system := first([][2]string{{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"Windows", "Windows"}, {"CrOS", "ChromeOS"}, {"Mac OS X", "Mac"}, {"Linux", "Linux"}}, "")
	switch {
	case browser != "" && system != "":
		return browser + " on " + system
	case browser != "" || system != "":
		return browser + system
	case agent == "":
		return "A program that does not say its name"
	}
	name, _, _ := strings.Cut(agent, " ")
	return name
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
