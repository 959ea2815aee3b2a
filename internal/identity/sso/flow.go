package sso

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/identity/sso/idp"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/ui"
	"github.com/skaiscraper/skai/internal/platform/web"
)

// tripLife is how long somebody may take at the identity provider.
const tripLife = 15 * time.Minute

// freshWithin is how long ago somebody may have shown at the provider that it is
// them, when they were sent there to show it.
const freshWithin = 5 * time.Minute

// tripCookie holds a browser's trip to the identity provider and back.
const tripCookie = "sso"

// trip is a browser's way there and back, and where it goes then.
type trip struct {
	idp.Trip

	next string
}

func newTrip(fresh bool, next string) trip {
	secret, _ := identity.Token()
	return trip{idp.Trip{Secret: secret, Fresh: fresh}, next}
}

// keep gives the trip to the browser.
func (t trip) keep(w http.ResponseWriter, r *http.Request) {
	purpose := "in"
	if t.Fresh {
		purpose = "fresh"
	}
	web.SetCookie(w, r, tripCookie, t.Secret+"."+purpose+"."+base64.RawURLEncoding.EncodeToString([]byte(t.next)), tripLife)
}

// tripOf is the browser's trip; it is over with that. ok is false where there is none.
func tripOf(w http.ResponseWriter, r *http.Request) (t trip, ok bool) {
	parts := strings.Split(web.Cookie(r, tripCookie), ".")
	if len(parts) != 3 || len(parts[0]) < 40 {
		return trip{}, false
	}
	next, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil {
		return trip{}, false
	}
	web.SetCookie(w, r, tripCookie, "", -1)
	return trip{idp.Trip{Secret: parts[0], Fresh: parts[1] == "fresh"}, web.SafeNext(string(next))}, true
}

func (s *Service) connectionOf(r *http.Request) (idp.Connection, error) {
	id, err := web.PathID(r, "id")
	if err != nil {
		return idp.Connection{}, err
	}
	return s.find(r.Context(), id)
}

// askPage asks for an address, whose domain leads to the identity provider.
func (s *Service) askPage(w http.ResponseWriter, r *http.Request) error {
	return askForm(w, r, http.StatusOK, web.NewForm(nil), web.SafeNext(r.URL.Query().Get("next")), nil)
}

func askForm(w http.ResponseWriter, r *http.Request, status int, f *web.Form, next string, doors []Door) error {
	return ui.CardPage(w, r, status, ui.Head{Title: "Single sign-on", Lead: "Through your company's identity provider"}, askCard(f, next, doors))
}

// askSubmit finds the identity provider and has the browser go there: by a page of
// its own, since a form of ours leads to no other site.
func (s *Service) askSubmit(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ParseForm(r)
	if err != nil {
		return err
	}
	next, email := web.SafeNext(f.Text("next")), f.Need("email", "your e-mail address")
	if f.Err() != nil {
		return askForm(w, r, http.StatusUnprocessableEntity, f, next, nil)
	}
	doors, err := s.FindFor(r.Context(), email)
	if refused := fault.As(err); refused != nil {
		f.Fields.Add("email", "%s", web.Sentence(refused.Fields["email"]))
		return askForm(w, r, http.StatusUnprocessableEntity, f, next, nil)
	}
	if err != nil {
		return err
	}
	switch len(doors) {
	case 0:
		_, domain, _ := strings.Cut(email, "@")
		f.Fields.Add("email", "No organisation has single sign-on for addresses in %s. Sign in with your password, or ask an owner.", domain)
		return askForm(w, r, http.StatusUnprocessableEntity, f, next, nil)
	case 1:
		to := doorURL(doors[0], email, next)
		return ui.CardPage(w, r, http.StatusOK, ui.Head{Title: "On to your identity provider", Lead: doors[0].Name, Onward: to}, onwardCard(to))
	}
	return askForm(w, r, http.StatusOK, f, next, doors)
}

func doorURL(d Door, email, next string) string {
	return identity.SSOPath + "/" + d.ID.String() + "?" + url.Values{"hint": {email}, "next": {next}}.Encode()
}

// start sends the browser to the identity provider.
func (s *Service) start(w http.ResponseWriter, r *http.Request) error {
	c, err := s.connectionOf(r)
	if err != nil {
		return err
	}
	return s.leaveFor(w, r, c, newTrip(false, web.SafeNext(r.URL.Query().Get("next"))))
}

func (s *Service) leaveFor(w http.ResponseWriter, r *http.Request, c idp.Connection, t trip) error {
	hint := r.URL.Query().Get("hint")
	to, err := s.party.Start(r.Context(), r, c, t.Trip, hint[:min(len(hint), 320)])
	if err != nil {
		return s.refusedPage(w, r, c, err)
	}
	t.keep(w, r)
	http.Redirect(w, r, to, http.StatusSeeOther) //nolint:gosec // to the provider that an owner named
	return nil
}

// confirmStart sends somebody who is signed in to show once more that it is them.
func (s *Service) confirmStart(w http.ResponseWriter, r *http.Request) error {
	session, _ := identity.Current(r.Context())
	next := web.SafeNext(r.URL.Query().Get("next"))
	if !session.SSO {
		return web.Redirect(w, r, identity.ConfirmPath+"?next="+url.QueryEscape(next))
	}
	c, err := s.of(r.Context(), session.OrgID)
	if err != nil {
		return err
	}
	return s.leaveFor(w, r, c, newTrip(true, next))
}

// callback is where an OpenID provider sends the browser back to.
func (s *Service) callback(w http.ResponseWriter, r *http.Request) error {
	c, err := s.connectionOf(r)
	if err != nil {
		return err
	}
	return s.arrive(w, r, c, idp.OIDC)
}

// acs is where a SAML provider has the browser send its response to (SAML's
// assertion consumer service). It comes from the provider's page, so without the
// browser's cookies: our own page sends it once more, with them.
func (s *Service) acs(w http.ResponseWriter, r *http.Request) error {
	c, err := s.connectionOf(r)
	if err != nil {
		return err
	}
	f, err := web.ParseForm(r)
	if err != nil {
		return err
	}
	if web.Cookie(r, tripCookie) == "" && !f.Has("again") {
		return ui.CardPage(w, r, http.StatusOK, ui.Head{Title: "Signing you in"}, againCard(r.URL.Path, f.Values.Get("SAMLResponse")))
	}
	return s.arrive(w, r, c, idp.SAML)
}

// errNoTrip is the refusal of an answer that no browser of ours went for: one that
// took too long, was opened a second time, or was begun at the provider. The last is
// how a tile on its start page works, and one more click signs in.
var errNoTrip = fault.Forbidden("sso.no_trip", "this sign-in was not begun here, took longer than 15 minutes, or was opened twice; choose Try again")

// arrive takes somebody in who comes back from the identity provider.
func (s *Service) arrive(w http.ResponseWriter, r *http.Request, c idp.Connection, kind string) error {
	if c.Kind != kind {
		return idp.ErrNoConnection
	}
	t, ok := tripOf(w, r)
	if !ok {
		return s.refusedPage(w, r, c, errNoTrip)
	}
	who, err := s.party.Finish(r.Context(), r, c, t.Trip)
	if t.Fresh {
		if err == nil {
			err = s.refresh(r, c, who)
		}
		if err != nil {
			return s.refusedAs(w, r, c, "This was not confirmed", err)
		}
		return web.Redirect(w, r, t.next)
	}
	var person uuid.UUID
	if err == nil {
		person, err = s.admit(r.Context(), c, who)
	}
	if err != nil {
		return s.refusedPage(w, r, c, err)
	}
	old, _ := s.people.FromRequest(r)
	token, err := s.people.OpenThrough(r.Context(), c.OrgID, person, who.Provided, identity.DeviceOf(r))
	if err != nil {
		return s.refusedPage(w, r, c, err)
	}
	if old != nil {
		if err := s.people.EndCurrent(old); err != nil {
			return err
		}
	}
	identity.KeepSession(w, r, token)
	return web.Redirect(w, r, t.next)
}

// refresh notes that the person who is signed in has shown that it is them.
func (s *Service) refresh(r *http.Request, c idp.Connection, who idp.Claims) error {
	ctx, err := s.people.FromRequest(r)
	if err != nil {
		return err
	}
	session, _ := identity.Current(ctx)
	same, err := postgres.Read(ctx, s.db, func(ctx context.Context, tx pgx.Tx) (bool, error) {
		return postgres.Value[bool](ctx, tx, `SELECT EXISTS (SELECT FROM sso_identities WHERE issuer = $1 AND subject = $2 AND person_id = $3)`, who.Issuer, who.Subject, session.PersonID)
	})
	switch {
	case err != nil:
		return err
	case !same || session.OrgID != c.OrgID:
		return fault.Forbidden("sso.somebody_else", "you showed there that you are %s, and you are signed in here as %s", who.Email, session.Email)
	case time.Since(who.At) > freshWithin:
		return fault.Forbidden("sso.not_fresh", "your identity provider did not ask you for anything, or does not say when it did; sign out there, then try again, or confirm with a password here")
	}
	return s.people.Refresh(ctx)
}

// refusedPage says why nobody was let in, and what to do. What can't be said to
// them (another's forgery, perhaps) stands in the log.
func (s *Service) refusedPage(w http.ResponseWriter, r *http.Request, c idp.Connection, err error) error {
	return s.refusedAs(w, r, c, "You are not signed in", err)
}

func (s *Service) refusedAs(w http.ResponseWriter, r *http.Request, c idp.Connection, title string, err error) error {
	refused := fault.As(err)
	if refused == nil {
		return err
	}
	if !errors.Is(err, errNoTrip) && refused.Kind == fault.KindForbidden { // who never went there is nobody's attempt
		if err := s.people.Refused(r.Context(), c.OrgID, refused.Code); err != nil {
			return err
		}
	}
	if errors.Is(err, idp.ErrAnswer) {
		s.log.WarnContext(r.Context(), "an identity provider's answer was refused", "why", err.Error(), "request", web.RequestID(r.Context()))
	}
	return ui.CardPage(w, r, refused.Kind.Status(), ui.Head{Title: title}, refusedCard(c, refused.Message))
}

// metadataFile gives an identity provider what it needs to know of us.
func (s *Service) metadataFile(w http.ResponseWriter, r *http.Request) error {
	c, err := s.connectionOf(r)
	if err != nil {
		return err
	}
	document, err := s.party.Metadata(r.Context(), r, c)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/samlmetadata+xml")
	w.Header().Set("Content-Disposition", `attachment; filename="skaiscraper-metadata.xml"`)
	_, err = w.Write(document) //nolint:gosec // XML, made by its encoder, and saved rather than shown
	return err
}

// backChannel is where an OpenID provider says that somebody signed out there.
func (s *Service) backChannel(w http.ResponseWriter, r *http.Request) error {
	c, err := s.connectionOf(r)
	if err != nil {
		return err
	}
	f, err := web.ParseForm(r)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	who, err := s.party.Logout(r.Context(), c, f.Values.Get("logout_token"))
	if err != nil {
		return err
	}
	_, err = s.people.EndThrough(r.Context(), c.OrgID, who)
	return err
}

// slo is where a SAML provider sends the browser of somebody who signed out there.
func (s *Service) slo(w http.ResponseWriter, r *http.Request) error {
	c, err := s.connectionOf(r)
	if err != nil {
		return err
	}
	who, to, err := s.party.Ended(r.Context(), r, c)
	if err != nil {
		return s.refusedPage(w, r, c, err)
	}
	if _, err := s.people.EndThrough(r.Context(), c.OrgID, who); err != nil {
		return err
	}
	http.Redirect(w, r, to, http.StatusSeeOther) //nolint:gosec // to the provider that an owner named
	return nil
}

// LeaveURL is where somebody who has signed out here may sign out of their
// identity provider too; "" where there is no such place.
func (s *Service) LeaveURL(r *http.Request, org uuid.UUID, who identity.Provided) string {
	c, err := s.of(r.Context(), org)
	if err != nil {
		return ""
	}
	return s.party.LeaveURL(r.Context(), r, c, who)
}
