package app

import (
	"fmt"
	"net/http"
	"net/mail"
	"net/url"
	"strings"
	"time"

	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/ui"
	"github.com/skaiscraper/skai/internal/platform/web"
)

const (
	securityTextPath   = "/.well-known/security.txt"
	securityPolicyPath = "/security"
)

// securityTextLife is how far ahead security.txt says that it expires. It is made
// for each request, so that it is current for as long as the installation runs.
const securityTextLife = 90 * 24 * time.Hour

// SecurityContact gives the address for reports of weaknesses as security.txt
// needs it: an e-mail address becomes mailto:, https: and tel: stay. "" is none.
// It returns fault.Invalid for anything else.
func SecurityContact(typed string) (string, error) {
	typed = strings.TrimSpace(typed)
	if typed == "" {
		return "", nil
	}
	bare := strings.TrimPrefix(typed, "mailto:")
	if a, err := mail.ParseAddress(bare); err == nil && a.Address == bare {
		return "mailto:" + bare, nil
	}
	if u, err := url.Parse(typed); err == nil && !strings.ContainsFunc(typed, func(r rune) bool { return r <= ' ' || r > '~' }) &&
		(u.Scheme == "https" && u.Host != "" || u.Scheme == "tel" && u.Opaque != "") {
		return typed, nil
	}
	return "", fault.Invalid("security_contact", "%q is neither an e-mail address nor an https: or tel: address; an example: security@example.com", typed)
}

func (a *App) securityRoutes(rt *web.Router, contact string) {
	public := web.Access{Audience: web.Public}
	rt.Page("GET "+securityTextPath, public, func(w http.ResponseWriter, r *http.Request) error {
		if contact == "" {
			return fault.NotFound("security_contact", "this installation names nobody for reports of weaknesses; its operator sets SKAI_SECURITY_CONTACT")
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, err := fmt.Fprint(w, securityText(r, contact, time.Now()))
		return err
	})
	rt.Page("GET "+securityPolicyPath, public, func(w http.ResponseWriter, r *http.Request) error {
		return ui.PublicPage(w, r, ui.Head{Title: "Reporting a weakness", Lead: "What to do when you found a way in, and what you can expect of us."}, securityPage(contact))
	})
}

// securityText is the file of RFC 9116. A policy has to be on https, so on plain
// http it is not named.
func securityText(r *http.Request, contact string, now time.Time) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Contact: %s\nExpires: %s\nPreferred-Languages: en\n", contact, now.Add(securityTextLife).UTC().Truncate(24*time.Hour).Format(time.RFC3339))
	if web.IsHTTPS(r) {
		fmt.Fprintf(&b, "Policy: %s\n", (&url.URL{Scheme: "https", Host: r.Host, Path: securityPolicyPath}).String())
	}
	return b.String()
}
