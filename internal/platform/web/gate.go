package web

import (
	"errors"
	"net/http"
	"time"

	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/gate"
	"github.com/skaiscraper/skai/internal/platform/limit"
)

// class says how important a request is; ok is false for what passes uncounted: files
// that are the same for everybody, what is light, and uploads, which wait for their
// sender nearly all the time.
func class(kind Kind, access Access) (c gate.Class, ok bool) {
	switch {
	case access.Light || kind == KindStatic || kind == KindUpload:
		return 0, false
	case kind == KindStream || access.Rate == limit.Migration:
		return gate.Export, true
	case access.Rate == limit.Auth:
		return gate.SignIn, true
	case kind == KindAPI:
		return gate.API, true
	}
	return gate.Page, true
}

// comeBack is when trying again helps, for each class: the more important, the sooner.
var comeBack = map[gate.Class]time.Duration{gate.Page: time.Second, gate.SignIn: 5 * time.Second, gate.API: 2 * time.Second, gate.Export: 10 * time.Second}

// gated lets the request in once there is room for it. What it brings is read before,
// so that a slow sender takes nobody's place.
func (rt *Router) gated(w http.ResponseWriter, r *http.Request, kind Kind, access Access, h HandlerFunc) error {
	if kind != KindUpload {
		r.Body = http.MaxBytesReader(w, r.Body, MaxBody)
	}
	c, counted := class(kind, access)
	if rt.cfg.Gate == nil || !counted {
		return rt.guarded(w, r, kind, access, h)
	}
	r.Body = gate.Ahead(r.Body)
	leave, err := rt.cfg.Gate.Enter(r.Context(), c)
	if errors.Is(err, gate.ErrBusy) {
		return fault.Busy("busy", comeBack[c], "there is more to do at this moment than gets done; nothing was done, try again in %s", waitWords(comeBack[c]))
	}
	if err != nil {
		return err
	}
	defer leave()
	return rt.guarded(w, r, kind, access, h)
}
