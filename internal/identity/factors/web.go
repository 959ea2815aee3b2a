package factors

import (
	"net/http"
	"net/url"
	"strconv"

	"github.com/google/uuid"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/limit"
	"github.com/skaiscraper/skai/internal/platform/ui"
	"github.com/skaiscraper/skai/internal/platform/web"
)

// Where the pages of this room are, beside identity.SecondPath and
// identity.ConfirmPath.
const (
	factorsPath = identity.FactorsPath
	policyPath  = identity.FactorsPath + "/policy"
	passkeyPath = identity.PasskeyPath
	enrolPath   = "/sign-in/enrol"
	enrolApp    = "/sign-in/enrol/app"
	appPath     = identity.FactorsPath + "/app"
	phonePath   = identity.FactorsPath + "/phone"
	sendPath    = identity.SecondPath + "/message"
)

// Routes registers the pages between the password and the program, and those
// about one's own factors and the organisation's policy.
func (s *Service) Routes(rt *web.Router) {
	public, member := web.Access{Audience: web.Public}, web.Access{}
	try := web.Access{Audience: web.Public, Rate: limit.Auth, By: identity.BySession()}
	dangerous := web.Access{Rate: limit.Auth}
	edit := web.Access{Permission: string(identity.EditSettings)}
	rt.Page("GET "+passkeyPath, public, s.passkeyPage)
	rt.Page("POST "+passkeyPath, try, s.passkeySubmit)
	rt.Page("GET "+identity.SecondPath, public, s.secondPage)
	rt.Page("POST "+identity.SecondPath, try, s.halfway(s.secondSubmit))
	rt.Page("POST "+enrolPath, try, s.halfway(s.enrolSubmit))
	rt.Page("GET "+enrolApp, public, s.enrolAppPage)
	rt.Page("POST "+enrolApp, try, s.halfway(s.enrolAppSubmit))
	rt.Page("POST "+sendPath, try, s.halfway(s.sendSubmit))
	rt.Page("GET "+phonePath, member, s.newPhonePage)
	rt.Page("POST "+phonePath, dangerous, s.newPhoneSubmit)
	rt.Page("GET "+appPath, member, s.newAppPage)
	rt.Page("POST "+appPath, member, s.newAppSubmit)
	rt.Page("GET "+identity.ConfirmPath, member, s.confirmPage)
	rt.Page("POST "+identity.ConfirmPath, dangerous, s.confirmSubmit)
	rt.Page("GET "+factorsPath, member, s.factorsPage)
	rt.Page("GET "+factorsPath+"/passkey", member, s.newPasskeyPage)
	rt.Page("POST "+factorsPath+"/passkey", member, s.newPasskeySubmit)
	rt.Page("POST "+factorsPath+"/codes", member, s.codesSubmit)
	rt.Page("POST "+factorsPath+"/distrust", member, s.distrustSubmit)
	rt.Page("POST "+factorsPath+"/{id}/remove", member, s.removeSubmit)
	rt.Page("GET "+policyPath, edit, s.policyPage)
	rt.Page("POST "+policyPath, edit, s.policySubmit)
}

var settings = []ui.Link{{Text: "Settings", URL: "/settings"}}

// show is what a page of this room asks a passkey for.
type show struct {
	ceremony *Ceremony
	action   string // where the answer goes
	next     string
	refusal  string
	noHost   string // why passkeys can't be used here, or ""
	mayTrust bool   // the device may be trusted
	phone    string // the last digits of the telephone that codes are sent to, or ""
}

// asking adds a challenge to what a page shows, or why there is none.
func (v *show) asking(c Ceremony, err error) error {
	if refused := fault.As(err); refused != nil && refused.Kind == fault.KindConflict {
		v.noHost = refused.Message
		return nil
	}
	if err == nil {
		v.ceremony = &c
	}
	return err
}

// passkeyPage asks for a passkey as the only factor.
func (s *Service) passkeyPage(w http.ResponseWriter, r *http.Request) error {
	return s.passkeyForm(w, r, http.StatusOK, web.SafeNext(r.URL.Query().Get("next")), "")
}

func (s *Service) passkeyForm(w http.ResponseWriter, r *http.Request, status int, next, refusal string) error {
	v := show{action: passkeyPath, next: next, refusal: refusal}
	if err := v.asking(s.AskPasskey(r.Context(), r, nil)); err != nil {
		return err
	}
	return ui.CardPage(w, r, status, ui.Head{Title: "Sign in with a passkey", Lead: "Your device asks for your finger, face or PIN"}, passkeyCard(v))
}

func (s *Service) passkeySubmit(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ParseForm(r)
	if err != nil {
		return err
	}
	next := web.SafeNext(f.Text("next"))
	token, err := s.SignInWith(r.Context(), r, next, challengeOf(f), f.Values.Get("credential"))
	if words, status, isRefusal := refusalOf(err); isRefusal {
		return s.passkeyForm(w, r, status, next, words)
	}
	if err != nil {
		return err
	}
	identity.KeepSession(w, r, token)
	return web.Redirect(w, r, next)
}

func challengeOf(f *web.Form) uuid.UUID { return idOf(f, "challenge") }

// refusalOf gives what to tell somebody who was refused.
func refusalOf(err error) (words string, status int, isRefusal bool) {
	refused := fault.As(err)
	if refused == nil || refused.Kind == fault.KindUnavailable {
		return "", 0, false
	}
	words = refused.Message
	for _, field := range refused.Fields {
		words = field
	}
	return web.Sentence(words), refused.Kind.Status(), true
}

// secondPage asks for the second factor, or has one set up.
func (s *Service) secondPage(w http.ResponseWriter, r *http.Request) error {
	return s.secondForm(w, r, http.StatusOK, web.SafeNext(r.URL.Query().Get("next")), "")
}

func (s *Service) secondForm(w http.ResponseWriter, r *http.Request, status int, next, refusal string) error {
	half, err := s.people.HalfFromRequest(r)
	if fault.Is(err, fault.KindUnauthenticated) { // signed in whole, or not at all
		return web.Redirect(w, r, web.SignInPath+"?next="+url.QueryEscape(next))
	}
	if err != nil {
		return err
	}
	v := show{action: identity.SecondPath, next: next, refusal: refusal, mayTrust: !half.Operator}
	if half.Enrol {
		v.action = enrolPath
		if err := v.asking(s.BeginPasskey(r.Context(), r, half.UserID)); err != nil {
			return err
		}
		return ui.CardPage(w, r, status, ui.Head{Title: "Set up a second factor", Lead: whoAsks(half) + " for one besides the password"}, enrolCard(v))
	}
	if v.phone, err = s.phoneHint(r.Context(), half.UserID); err != nil {
		return err
	}
	if err := v.asking(s.AskPasskey(r.Context(), r, &half.UserID)); err != nil {
		return err
	}
	return ui.CardPage(w, r, status, ui.Head{Title: "One more step", Lead: "Show that it is you, " + half.Name}, secondCard(v))
}

// whoAsks says who wants the second factor.
func whoAsks(half identity.Half) string {
	if half.Operator {
		return "Running the platform asks"
	}
	return "Your organisation asks"
}

// between is what somebody sends who is between the password and the program.
type between struct {
	half identity.Half
	form *web.Form
	next string // where they go then
}

// halfway gives a handler what such a person sent; whoever is signed in whole, or not
// at all, goes on to where they belong.
func (s *Service) halfway(do func(http.ResponseWriter, *http.Request, between) error) web.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		f, err := web.ParseForm(r)
		if err != nil {
			return err
		}
		b := between{form: f, next: web.SafeNext(f.Text("next"))}
		b.half, err = s.people.HalfFromRequest(r)
		if fault.Is(err, fault.KindUnauthenticated) {
			return web.Redirect(w, r, web.SignInPath+"?next="+url.QueryEscape(b.next))
		}
		if err != nil {
			return err
		}
		b.next = b.half.Onward(b.next)
		return do(w, r, b)
	}
}

func (s *Service) secondSubmit(w http.ResponseWriter, r *http.Request, b between) error {
	trusted, err := s.Pass(r.Context(), r, b.half, Shown{Code: b.form.Text("code"), Challenge: challengeOf(b.form), Answer: b.form.Values.Get("credential"), Trust: b.form.Bool("trust")})
	if words, status, isRefusal := refusalOf(err); isRefusal {
		return s.secondForm(w, r, status, b.next, words)
	}
	if err != nil {
		return err
	}
	if trusted != "" {
		identity.TrustDevice(w, r, trusted, TrustFor)
	}
	return web.Redirect(w, r, b.next)
}

// enrolSubmit keeps the first factor of somebody who had to set one up, and shows
// the backup codes.
func (s *Service) enrolSubmit(w http.ResponseWriter, r *http.Request, b between) error {
	codes, err := s.Enrol(r.Context(), r, b.half, challengeOf(b.form), b.form.Text("name"), b.form.Values.Get("credential"))
	if words, status, isRefusal := refusalOf(err); isRefusal {
		return s.secondForm(w, r, status, b.next, words)
	}
	if err != nil {
		return err
	}
	return ui.CardPage(w, r, http.StatusOK, ui.Head{Title: "Keep these backup codes"}, codesCard(codes, b.next))
}

// confirmPage asks for the password once more.
func (s *Service) confirmPage(w http.ResponseWriter, r *http.Request) error {
	return confirmForm(w, r, http.StatusOK, web.NewForm(nil), web.SafeNext(r.URL.Query().Get("next")))
}

func confirmForm(w http.ResponseWriter, r *http.Request, status int, f *web.Form, next string) error {
	return ui.PageStatus(w, r, status, ui.Head{
		Title: "Is it you?", Section: ui.Settings, Crumbs: settings, Lead: "What comes next matters much, so type your password once more.",
	}, confirmCard(f, next))
}

func (s *Service) confirmSubmit(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ParseForm(r)
	if err != nil {
		return err
	}
	next := web.SafeNext(f.Text("next"))
	err = s.people.Confirm(r.Context(), f.Values.Get("current"), identity.DeviceOf(r))
	if words, status, isRefusal := refusalOf(err); isRefusal {
		f.Fields.Add("current", "%s", words)
		return confirmForm(w, r, status, f, next)
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, next)
}

// confirmed sends a person who has not shown for a while that it is them to the
// page that asks, and back here; false where they were sent.
func confirmed(w http.ResponseWriter, r *http.Request, back string) (bool, error) {
	err := identity.RequireFresh(r.Context())
	if refused := fault.As(err); refused != nil && refused.Code == "fresh" {
		return false, web.Redirect(w, r, identity.ConfirmPath+"?next="+url.QueryEscape(back))
	}
	return err == nil, err
}

func (s *Service) factorsPage(w http.ResponseWriter, r *http.Request) error {
	o, err := s.Overview(r.Context())
	if err != nil {
		return err
	}
	return ui.Page(w, r, ui.Head{
		Title: "Second factor", Section: ui.Settings, Crumbs: settings,
		Lead: "What you show besides your password, so that a stolen password opens nothing.",
	}, overview(o, identity.Can(r.Context(), identity.EditSettings)))
}

func (s *Service) newPasskeyPage(w http.ResponseWriter, r *http.Request) error {
	return s.newPasskeyForm(w, r, http.StatusOK, "")
}

func (s *Service) newPasskeyForm(w http.ResponseWriter, r *http.Request, status int, refusal string) error {
	if ok, err := confirmed(w, r, factorsPath+"/passkey"); !ok {
		return err
	}
	me, err := current(r.Context())
	if err != nil {
		return err
	}
	v := show{action: factorsPath + "/passkey", refusal: refusal}
	if err := v.asking(s.BeginPasskey(r.Context(), r, me.UserID)); err != nil {
		return err
	}
	return ui.PageStatus(w, r, status, ui.Head{
		Title: "Set up a passkey", Section: ui.Settings, Crumbs: append(settings, ui.Link{Text: "Second factor", URL: factorsPath}),
		Lead: "Your device keeps it, and asks for your finger, face or PIN.",
	}, newPasskeyCard(v))
}

func (s *Service) newPasskeySubmit(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ParseForm(r)
	if err != nil {
		return err
	}
	codes, err := s.Add(r.Context(), r, challengeOf(f), f.Text("name"), f.Values.Get("credential"))
	if refused := fault.As(err); refused != nil && (refused.Kind == fault.KindInvalid || refused.Kind == fault.KindConflict) {
		words, status, _ := refusalOf(err)
		return s.newPasskeyForm(w, r, status, words)
	}
	if err != nil {
		return err
	}
	if codes != nil {
		return s.showCodes(w, r, codes)
	}
	web.SetFlash(w, r, web.Done, "The passkey is set up.")
	return web.Redirect(w, r, factorsPath)
}

func (s *Service) showCodes(w http.ResponseWriter, r *http.Request, codes []string) error {
	return ui.Page(w, r, ui.Head{
		Title: "Keep these backup codes", Section: ui.Settings, Crumbs: append(settings, ui.Link{Text: "Second factor", URL: factorsPath}),
	}, codesCard(codes, factorsPath))
}

func (s *Service) codesSubmit(w http.ResponseWriter, r *http.Request) error {
	if ok, err := confirmed(w, r, factorsPath); !ok {
		return err
	}
	codes, err := s.NewCodes(r.Context())
	if err != nil {
		return err
	}
	return s.showCodes(w, r, codes)
}

func (s *Service) distrustSubmit(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.Distrust(r.Context()); err != nil {
		return err
	}
	web.SetFlash(w, r, web.Done, "Your second factor is asked for on every device again.")
	return web.Redirect(w, r, factorsPath)
}

func (s *Service) removeSubmit(w http.ResponseWriter, r *http.Request) error {
	if ok, err := confirmed(w, r, factorsPath); !ok {
		return err
	}
	id, err := web.PathID(r, "id")
	if err != nil {
		return err
	}
	if err := s.Remove(r.Context(), id); err != nil {
		return err
	}
	web.SetFlash(w, r, web.Done, "It opens nothing any more.")
	return web.Redirect(w, r, factorsPath)
}

func (s *Service) policyPage(w http.ResponseWriter, r *http.Request) error {
	return s.policyForm(w, r, http.StatusOK, nil)
}

func (s *Service) policyForm(w http.ResponseWriter, r *http.Request, status int, f *web.Form) error {
	if ok, err := confirmed(w, r, policyPath); !ok {
		return err
	}
	p, err := s.Policy(r.Context())
	if err != nil {
		return err
	}
	return ui.PageStatus(w, r, status, ui.Head{
		Title: "Who needs a second factor", Section: ui.Settings, Crumbs: append(settings, ui.Link{Text: "Second factor", URL: factorsPath}),
	}, policyCard(f, p))
}

func (s *Service) policySubmit(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ParseForm(r)
	if err != nil {
		return err
	}
	grace, err := strconv.Atoi(f.Text("grace"))
	if err != nil {
		f.Fields.Add("grace", "Write a number of days, for example 14.")
		return s.policyForm(w, r, http.StatusUnprocessableEntity, f)
	}
	var roles []string
	for _, role := range identity.Roles() {
		if f.Bool("role_" + string(role)) {
			roles = append(roles, string(role))
		}
	}
	err = s.SetPolicy(r.Context(), roles, grace)
	if refused := fault.As(err); refused != nil && (refused.Kind == fault.KindInvalid || refused.Kind == fault.KindConflict) {
		words, status, _ := refusalOf(err)
		f.Fields.Add("grace", "%s", words)
		return s.policyForm(w, r, status, f)
	}
	if err != nil {
		return err
	}
	web.SetFlash(w, r, web.Done, "The organisation's policy is saved.")
	return web.Redirect(w, r, policyPath)
}
