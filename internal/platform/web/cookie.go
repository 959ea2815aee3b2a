package web

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// CookieName is the name under which a cookie of ours is kept: __Host-session on
// https, session on http. The prefix makes the browser refuse a cookie that
// another host or an unencrypted page tries to plant.
//
// On plain http the prefix is left out together with the Secure attribute.
// Chromium and Firefox would take a Secure cookie from http://127.0.0.1, since
// they hold this machine's own address to be trustworthy (a test shows it for
// Chromium), but Safari and most HTTP libraries, our load test's among them,
// would not send it back.
func CookieName(r *http.Request, name string) string {
	if IsHTTPS(r) {
		return "__Host-" + name
	}
	return name
}

// SetCookie gives the browser a cookie that no script can read and no other site
// sends along, for the given time; a negative time removes it, zero keeps it
// until the browser closes.
func SetCookie(w http.ResponseWriter, r *http.Request, name, value string, keep time.Duration) {
	c := &http.Cookie{ //nolint:gosec // Secure follows the scheme: see CookieName
		Name: CookieName(r, name), Value: value, Path: "/",
		Secure: IsHTTPS(r), HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}
	switch {
	case keep < 0:
		c.MaxAge = -1
	case keep > 0:
		c.MaxAge = int(keep.Seconds())
	}
	http.SetCookie(w, c)
}

// Cookie is the value of a cookie set by SetCookie, "" when there is none.
func Cookie(r *http.Request, name string) string {
	c, err := r.Cookie(CookieName(r, name))
	if err != nil {
		return ""
	}
	return c.Value
}

// Tone says how a message is shown.
type Tone string

// The tones of a message.
const (
	Done Tone = "done" // it is in the database
	Note Tone = "note" // worth knowing
	Warn Tone = "warn" // it was not done, or only in part
)

// Flash is a message that the next page shows once.
type Flash struct {
	Tone Tone   `json:"t"`
	Text string `json:"m"`
}

// flashKeep is how long a message waits for the next page.
const flashKeep = time.Minute

// SetFlash leaves a message for the next page. Call it only when what it says is
// true in the database.
func SetFlash(w http.ResponseWriter, r *http.Request, tone Tone, format string, args ...any) {
	b, err := json.Marshal(Flash{tone, fmt.Sprintf(format, args...)})
	if err != nil || len(b) > 2000 {
		return // a cookie holds 4 kB; the page itself shows what is true
	}
	SetCookie(w, r, "flash", base64.RawURLEncoding.EncodeToString(append(seal(r, b), b...)), flashKeep)
}

// TakeFlash is the message left for this page, and removes it; ok is false when
// there is none or it is not ours.
func TakeFlash(w http.ResponseWriter, r *http.Request) (f Flash, ok bool) {
	raw := Cookie(r, "flash")
	if raw == "" {
		return Flash{}, false
	}
	SetCookie(w, r, "flash", "", -1)
	b, err := base64.RawURLEncoding.DecodeString(raw)
	if err != nil || len(b) < sha256.Size || !hmac.Equal(b[:sha256.Size], seal(r, b[sha256.Size:])) {
		return Flash{}, false
	}
	if err := json.Unmarshal(b[sha256.Size:], &f); err != nil {
		return Flash{}, false
	}
	return f, true
}

// seal signs a message, so that nobody can put words into our mouth by planting a cookie.
func seal(r *http.Request, message []byte) []byte {
	mac := hmac.New(sha256.New, requestInfo(r).secret)
	mac.Write([]byte("flash\x00"))
	mac.Write(message)
	return mac.Sum(nil)
}
