package people

import (
	"context"
	"net/http"
	"net/url"

	"github.com/google/uuid"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/ui"
	"github.com/skaiscraper/skai/internal/platform/web"
)

// act does something to the one of the address and leads to the list.
func (s *Service) act(w http.ResponseWriter, r *http.Request, do func(context.Context, uuid.UUID) error, done string) error {
	id, err := web.PathID(r, "id")
	if err != nil {
		return err
	}
	if err := do(r.Context(), id); err != nil {
		return err
	}
	web.SetFlash(w, r, web.Done, "%s", done)
	return web.Redirect(w, r, identity.PeoplePath)
}

// visitor gives the context of whoever opens a link, and who they are if they are signed in.
func (s *Service) visitor(r *http.Request) (context.Context, *identity.Session) {
	ctx, err := s.identity.FromRequest(r)
	if err != nil {
		return r.Context(), nil
	}
	session, ok := identity.Current(ctx)
	if !ok {
		return r.Context(), nil
	}
	return ctx, &session
}

func (s *Service) offerPage(w http.ResponseWriter, r *http.Request) error {
	return s.offerForm(w, r, http.StatusOK, web.NewForm(url.Values{"token": {r.URL.Query().Get("token")}}), "")
}

func (s *Service) offerForm(w http.ResponseWriter, r *http.Request, status int, f *web.Form, refusal string) error {
	w.Header().Set("Cache-Control", "no-store") // its address is a secret
	offer, err := s.Look(r.Context(), f.Values.Get("token"))
	if refused := fault.As(err); refused != nil {
		return ui.CardPage(w, r, refused.Kind.Status(), ui.Head{Title: "This invitation is not open any more"}, closedCard(refused.Message))
	}
	if err != nil {
		return err
	}
	_, session := s.visitor(r)
	return ui.CardPage(w, r, status, ui.Head{
		Title: "Work with " + offer.OrgName, Lead: offer.By + " invites you, as " + withArticle(offer.Role) + ".",
	}, offerCard(f, offer, session, refusal))
}

func (s *Service) offerSubmit(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ParseForm(r)
	if err != nil {
		return err
	}
	ctx, session := s.visitor(r)
	var offer Offer
	if session != nil {
		offer, err = s.AcceptAs(ctx, f.Values.Get("token"))
	} else {
		password := f.Values.Get("password") // a password keeps its blanks
		if password != f.Values.Get("again") {
			f.Fields.Add("again", "This is not the same as above. Type both again.")
		}
		name := f.Text("name")
		if f.Err() == nil {
			offer, err = s.Accept(ctx, f.Values.Get("token"), name, password)
		}
	}
	if refused := fault.As(err); refused != nil {
		noteAll(f, refused)
		if len(refused.Fields) == 0 {
			return s.offerForm(w, r, refused.Kind.Status(), f, refused.Message)
		}
	} else if err != nil {
		return err
	}
	if f.Err() != nil {
		return s.offerForm(w, r, http.StatusUnprocessableEntity, f, "")
	}
	if session != nil {
		web.SetFlash(w, r, web.Done, "You work with %s now.", offer.OrgName)
		return web.Redirect(w, r, ui.Dashboard.URL)
	}
	web.SetFlash(w, r, web.Done, "Welcome to %s. Sign in as %s with your new password.", offer.OrgName, offer.Email)
	return web.Redirect(w, r, web.SignInPath)
}
