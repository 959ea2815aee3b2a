package web

import (
	"net/http"
	"net/url"
	"strings"
)

// SignInPath is where a page sends whoever is not signed in.
const SignInPath = "/sign-in"

// home is where somebody goes who has nowhere else to go.
const home = "/dashboard"

// SafeNext gives the address to go to after signing in: raw if it is a path of
// this site, else the dashboard. It refuses whatever a browser could read as
// another host ("//host", "/\host", a scheme, control characters), also after
// somebody on the way tidied the path up ("/.//host"), and the sign-in page itself.
func SafeNext(raw string) string {
	if len(raw) == 0 || len(raw) > 2000 || raw[0] != '/' || strings.HasPrefix(raw, "//") ||
		strings.ContainsFunc(raw, func(c rune) bool { return c == '\\' || c < 0x20 || c == 0x7f }) {
		return home
	}
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || !strings.HasPrefix(u.Path, "/") ||
		strings.Contains(u.Path, "//") || strings.Contains(u.Path, "/.") || strings.Contains(u.Path, "\\") || u.Path == "/" || u.Path == SignInPath || strings.HasPrefix(u.Path, SignInPath+"/") {
		return home
	}
	return u.RequestURI()
}

// Origin is this site as whoever sends the request knows it: "https://skai.titan.example".
func Origin(r *http.Request) string {
	if IsHTTPS(r) {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// Redirect sends the browser to a page of this site, with GET.
// It works for plain forms and for htmx, which would otherwise put the whole
// page into the fragment's place.
func Redirect(w http.ResponseWriter, r *http.Request, to string) error {
	if IsPartial(r) {
		w.Header().Set("HX-Redirect", to)
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// toSignIn sends the browser to sign in and, for a page that can be read again,
// back to where it was.
func toSignIn(w http.ResponseWriter, r *http.Request) {
	var next string
	switch {
	case r.Header.Get("HX-Request") == "true":
		next = ownPath(r, r.Header.Get("HX-Current-URL"))
	case r.Method == http.MethodGet || r.Method == http.MethodHead:
		next = r.URL.RequestURI()
	default:
		next = ownPath(r, r.Referer()) // the page whose form was sent
	}
	to := SignInPath
	if next = SafeNext(next); next != home {
		to += "?next=" + url.QueryEscape(next)
	}
	if r.Header.Get("HX-Request") == "true" {
		w.Header().Set("HX-Redirect", to)
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// ownPath is the path and query of an absolute address of this site, else "".
func ownPath(r *http.Request, address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host != r.Host {
		return ""
	}
	return u.RequestURI()
}
