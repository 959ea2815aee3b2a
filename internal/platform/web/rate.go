package web

import (
	"crypto/sha256"
	"fmt"
	"math"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/limit"
	"github.com/skaiscraper/skai/internal/platform/tenant"
	"github.com/skaiscraper/skai/internal/platform/web/sender"
)

// preset is how often a route may be used: what it says itself, or what its kind has.
func (a Access) preset(method string, kind Kind) limit.Preset {
	switch {
	case a.Rate != "":
		return a.Rate
	case a.Audience == Public && (method == http.MethodGet || method == http.MethodHead):
		return limit.Unlimited
	case a.Audience == Public:
		return limit.Public
	case kind == KindUpload:
		return limit.Upload
	case kind == KindAPI || kind == KindStream:
		return limit.API
	}
	return limit.Unlimited
}

// ByField tells senders apart by what their form says in a field. Case and
// surrounding blanks don't count.
func ByField(name string) func(*http.Request) (string, error) {
	return func(r *http.Request) (string, error) {
		if err := r.ParseForm(); err != nil {
			return "", err
		}
		return strings.ToLower(strings.TrimSpace(r.PostForm.Get(name))), nil
	}
}

// ByCookie tells senders apart by a cookie that [SetCookie] set.
func ByCookie(name string) func(*http.Request) (string, error) {
	return func(r *http.Request) (string, error) { return Cookie(r, name), nil }
}

// count refuses a request that is one too many, and tells the sender what is left.
//
// Whoever is signed in is counted as themselves, wherever they are: an office
// behind one address is never counted as one person. Before that there is only
// the address. Under limit.Auth it is counted together with the account (By), so
// that colleagues don't use up each other's tries; and all of an address
// together under limit.Address, so that naming another account each time leads
// nowhere. How many wrong passwords there may be is identity's: it keeps that in
// the database, for all processes and after a restart.
func (rt *Router) count(w http.ResponseWriter, r *http.Request, access Access) error {
	if rt.cfg.Limits == nil || access.Rate == limit.Unlimited {
		return nil
	}
	k, err := rt.key(r, access)
	if err != nil {
		return err
	}
	if s, _ := tenant.From(r.Context()); s.PerMinute > 0 { // a key has a rate of its own, wherever it goes
		if err := rt.take(w, r, keysOwn(s)); err != nil || access.Rate == limit.API {
			return err
		}
	}
	if access.Rate == limit.Auth && k.Org == "" {
		if err := rt.take(w, r, limit.Key{Preset: limit.Address, Who: sender.Network(ClientAddr(r))}); err != nil {
			return err
		}
	}
	return rt.take(w, r, k)
}

// keysOwn counts an API key, wherever it goes: at the rate it was given, or the one
// its organisation's plan has where that is less.
func keysOwn(s tenant.Scope) limit.Key {
	k := signedIn(s, limit.API)
	if rate := (limit.Rate{Quota: s.PerMinute, Window: time.Minute}); k.Own.Quota == 0 || rate.Slower(k.Own) {
		k.Own = rate
	}
	return k
}

// signedIn counts somebody in their organisation, as its plan says.
func signedIn(s tenant.Scope, preset limit.Preset) limit.Key {
	r := s.Rates[string(preset)]
	return limit.Key{
		Preset: preset, Org: s.OrgID.String(), Who: s.ActorID.String(),
		Own: limit.Rate{Quota: r.Quota, Window: time.Duration(r.Seconds) * time.Second},
	}
}

// key says as whom a request is counted.
func (rt *Router) key(r *http.Request, access Access) (limit.Key, error) {
	ctx := r.Context()
	if access.Audience == Public && access.Rate == limit.Public {
		if known, err := rt.cfg.Authenticate(r); err == nil { // on a page for anybody, but not anybody
			ctx = known
		}
	}
	if s, ok := tenant.From(ctx); ok {
		return signedIn(s, access.Rate), nil
	}
	k := limit.Key{Preset: access.Rate, Who: sender.Network(ClientAddr(r))}
	if access.By == nil {
		return k, nil
	}
	by, err := access.By(r)
	if err != nil {
		return k, err
	}
	sum := sha256.Sum256([]byte(by)) // what was sent may be long, and nobody's business
	k.Who += " " + string(sum[:16])
	return k, nil
}

// take counts a request and sets the header fields RateLimit-Policy and RateLimit
// (draft-ietf-httpapi-ratelimit-headers-09: quota and window in seconds; what
// remains, and the seconds until all of it is there again).
func (rt *Router) take(w http.ResponseWriter, r *http.Request, k limit.Key) error {
	a, h := rt.cfg.Limits.Take(r.Context(), k), w.Header()
	rate, _ := k.Rate()
	h.Set("RateLimit-Policy", fmt.Sprintf("%q;q=%d;w=%d", k.Preset, rate.Quota, seconds(rate.Window)))
	h.Set("RateLimit", fmt.Sprintf("%q;r=%d;t=%d", k.Preset, a.Remaining, seconds(a.Full)))
	switch {
	case a.Allowed:
		return nil
	case a.Closed:
		return a.Away()
	}
	return fault.Limited("rate_limited", a.Wait, "that is more than %d %s %s, the most this takes; nothing was done. Try again in %s",
		rate.Quota, k.Preset.What(), per(rate.Window), waitWords(a.Wait))
}

// RetryAfter tells the sender after which time to try again; zero says nothing.
func RetryAfter(w http.ResponseWriter, wait time.Duration) {
	if wait > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(seconds(wait)))
	}
}

// seconds are whole ones, rounded up: who comes back a moment early waits again.
func seconds(d time.Duration) int { return int(math.Ceil(d.Seconds())) }

func per(window time.Duration) string {
	switch window {
	case time.Hour:
		return "an hour"
	case time.Minute:
		return "a minute"
	}
	return fmt.Sprintf("in %d seconds", seconds(window))
}

func waitWords(d time.Duration) string {
	switch s := seconds(d); {
	case s == 1:
		return "a second"
	case s < 120:
		return fmt.Sprintf("%d seconds", s)
	default:
		return fmt.Sprintf("%d minutes", (s+59)/60)
	}
}

// ClientAddr is the address of the client, also behind the proxies of the Config.
func ClientAddr(r *http.Request) netip.Addr { return sender.Addr(r, requestInfo(r).proxies) }
