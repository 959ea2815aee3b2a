package factors

import (
	"net/http"
	"net/url"

	"github.com/google/uuid"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/ui"
	"github.com/skaiscraper/skai/internal/platform/web"
)

// newPhonePage asks for a telephone's number.
func (s *Service) newPhonePage(w http.ResponseWriter, r *http.Request) error {
	return s.newPhoneForm(w, r, http.StatusOK, web.NewForm(nil), uuid.Nil)
}

// newPhoneForm asks for the number, or with an id for the code that was sent to it.
func (s *Service) newPhoneForm(w http.ResponseWriter, r *http.Request, status int, f *web.Form, id uuid.UUID) error {
	if ok, err := confirmed(w, r, phonePath); !ok {
		return err
	}
	return ui.PageStatus(w, r, status, ui.Head{
		Title: "Codes by text message", Section: ui.Settings, Crumbs: append(settings, ui.Link{Text: "Second factor", URL: factorsPath}),
		Lead: "Better than a password alone. A passkey or an app is safer: a number can be taken over.",
	}, phoneCard(f, id, s.sms.Real()))
}

// newPhoneSubmit sends a code, or takes it.
func (s *Service) newPhoneSubmit(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ParseForm(r)
	if err != nil {
		return err
	}
	id := idOf(f, "factor")
	var codes []string
	if id == uuid.Nil {
		id, err = s.BeginPhone(r.Context(), f.Text("phone"))
		if err == nil {
			return s.newPhoneForm(w, r, http.StatusOK, web.NewForm(nil), id)
		}
		id = uuid.Nil
	} else {
		codes, err = s.ConfirmPhone(r.Context(), id, f.Text("code"), identity.DeviceOf(r))
	}
	if refused := fault.As(err); refused != nil && refused.Code != "fresh" {
		words, field := refused.Message, map[bool]string{true: "phone", false: "code"}[id == uuid.Nil]
		for _, w := range refused.Fields {
			words = w
		}
		f.Fields.Add(field, "%s", web.Sentence(words))
		return s.newPhoneForm(w, r, refused.Kind.Status(), f, id)
	}
	if err != nil {
		return err
	}
	if codes != nil {
		return s.showCodes(w, r, codes)
	}
	web.SetFlash(w, r, web.Done, "Codes are sent to your telephone from now on.")
	return web.Redirect(w, r, factorsPath)
}

// sendSubmit sends a code to somebody between the password and the program.
func (s *Service) sendSubmit(w http.ResponseWriter, r *http.Request, b between) error {
	err := s.SendCode(r.Context(), b.half)
	if refused := fault.As(err); refused != nil {
		return s.secondForm(w, r, refused.Kind.Status(), b.next, web.Sentence(refused.Message))
	}
	if err != nil {
		return err
	}
	web.SetFlash(w, r, web.Done, "A code is on its way to your telephone.")
	return web.Redirect(w, r, identity.SecondPath+"?next="+url.QueryEscape(b.next))
}
