package ui

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/skaiscraper/skai/internal/platform/limit"
	"github.com/skaiscraper/skai/internal/platform/web"
)

// The person's preferences are kept in the browser: they belong to the screen, not to the account.
const (
	themeCookie   = "theme"
	densityCookie = "density"
	prefsKeep     = 400 * 24 * time.Hour // the longest that browsers keep a cookie
)

// Routes registers what the pages themselves need: style, script, icons, the
// organisations' colours and the person's preferences.
func Routes(rt *web.Router) {
	public := web.Access{Audience: web.Public}
	rt.Static("GET /static/", public, http.HandlerFunc(serveAsset))
	rt.Static("GET /brand/{file}", public, http.HandlerFunc(serveBrand))
	rt.Static("GET /favicon.ico", public, http.HandlerFunc(serveFavicon))
	rt.Static("GET /manifest.webmanifest", public, http.HandlerFunc(serveManifest))
	// A preference changes nothing here, only a cookie of the browser's.
	rt.Page("POST "+PrefsPath, web.Access{Audience: web.Public, Rate: limit.Unlimited}, savePrefs)
}

// savePrefs keeps a preference and goes back to the page it was set on.
func savePrefs(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ParseForm(r)
	if err != nil {
		return err
	}
	theme := f.Choice("theme", "light", "dark", "auto")
	density := f.Choice("density", "comfortable", "compact")
	next := f.Text("next")
	if err := f.Err(); err != nil {
		return err
	}
	if theme != "" {
		web.SetCookie(w, r, themeCookie, theme, prefsKeep)
	}
	if density != "" {
		web.SetCookie(w, r, densityCookie, density, prefsKeep)
	}
	return web.Redirect(w, r, web.SafeNext(next))
}

// serveFavicon is for browsers that ask for the icon by its old name.
func serveFavicon(w http.ResponseWriter, r *http.Request) {
	to, err := Asset("mark.svg")
	if err != nil {
		http.NotFound(w, r)
		return
	}
	http.Redirect(w, r, to, http.StatusFound)
}

// serveManifest lets a phone put the program on its home screen.
func serveManifest(w http.ResponseWriter, r *http.Request) {
	type icon struct {
		Src     string `json:"src"`
		Sizes   string `json:"sizes"`
		Type    string `json:"type"`
		Purpose string `json:"purpose,omitempty"`
	}
	var icons []icon
	for name, i := range map[string]icon{
		"mark.svg":     {Sizes: "any", Type: "image/svg+xml"},
		"icon-192.png": {Sizes: "192x192", Type: "image/png"},
		"icon-512.png": {Sizes: "512x512", Type: "image/png", Purpose: "any maskable"},
	} {
		to, err := Asset(name)
		if err != nil {
			http.NotFound(w, r)
			return
		}
		i.Src = to
		icons = append(icons, i)
	}
	w.Header().Set("Content-Type", "application/manifest+json")
	w.Header().Set("Cache-Control", "public, max-age=3600")
	_ = json.NewEncoder(w).Encode(map[string]any{ // the client went away: nobody to tell
		"name": "SkaiScraper", "short_name": "Skai", "start_url": "/dashboard", "display": "standalone",
		"background_color": "#f2f4f5", "theme_color": "#0b3f4d", "icons": icons,
	})
}
