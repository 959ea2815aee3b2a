package ui

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"crypto/sha512"
	"embed"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"sync"
)

//go:embed static
var files embed.FS

// asset is a file as it is served: its name carries a hash of its content, so a
// browser may keep it for ever and sees a change at once.
type asset struct {
	kind   string // the Content-Type
	plain  []byte
	gzip   []byte
	public string // "/static/app.1a2b3c4d.js"
	digest string // for the page to say which content it means
}

// kinds are the Content-Types by the end of the name; the system's own table
// differs between machines.
var kinds = map[string]string{
	".css": "text/css; charset=utf-8",
	".js":  "text/javascript; charset=utf-8",
	".svg": "image/svg+xml",
	".png": "image/png",
	".txt": "text/plain; charset=utf-8",
	"":     "text/plain; charset=utf-8",
}

// assets are made once, at the first use.
var assets = sync.OnceValues(buildAssets)

func buildAssets() (map[string]asset, error) {
	all := map[string]asset{}
	add := func(name string, content []byte) error {
		packed, err := pack(content)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(content)
		ext := path.Ext(name)
		public := "/static/" + strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(sum[:4]) + ext
		all[name] = asset{kind: kinds[ext], plain: content, gzip: packed, public: public, digest: integrity(content)}
		return nil
	}
	style, err := styles()
	if err != nil {
		return nil, err
	}
	if err := add("skai.css", style); err != nil {
		return nil, err
	}
	for name, file := range map[string]string{
		"app.js": "static/app.js", "htmx.js": "static/vendor/htmx.min.js", "uplot.js": "static/vendor/uplot.min.js", "ops.js": "static/ops.js", "mark.svg": "static/mark.svg",
		"icon-192.png": "static/icon-192.png", "icon-512.png": "static/icon-512.png",
	} {
		content, err := files.ReadFile(file)
		if err != nil {
			return nil, err
		}
		if err := add(name, content); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// styles joins Tabler, uPlot's rules and our own into one file. Those of others stand in a layer:
// whatever we say outside of it wins, however specific its selectors are.
func styles() ([]byte, error) {
	tabler, err := files.ReadFile("static/vendor/tabler.min.css")
	if err != nil {
		return nil, err
	}
	tabler = bytes.TrimPrefix(tabler, []byte(`@charset "UTF-8";`))
	if i := bytes.LastIndex(tabler, []byte("/*# sourceMappingURL")); i >= 0 {
		tabler = tabler[:i] // the map is not served
	}
	var b bytes.Buffer
	b.WriteString("@charset \"UTF-8\";\n@layer tabler{")
	b.Write(tabler)
	b.WriteString("}\n")
	uplot, err := files.ReadFile("static/vendor/uplot.min.css")
	if err != nil {
		return nil, err
	}
	b.WriteString("@layer tabler{")
	b.Write(uplot)
	b.WriteString("}\n")
	ours, err := fs.Glob(files, "static/css/*.css")
	if err != nil {
		return nil, err
	}
	for _, name := range ours {
		content, err := files.ReadFile(name)
		if err != nil {
			return nil, err
		}
		b.Write(content)
	}
	return b.Bytes(), nil
}

func pack(content []byte) ([]byte, error) {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := z.Write(content); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// integrity names a content so that a browser takes no other (W3C Subresource Integrity).
func integrity(content []byte) string {
	sum := sha512.Sum384(content)
	return "sha384-" + base64.StdEncoding.EncodeToString(sum[:])
}

// Asset gives the address of a file of ours: "app.js". A name that is not there
// is a mistake in a template and an error of the page.
func Asset(name string) (string, error) {
	a, err := assetOf(name)
	return a.public, err
}

// assetIntegrity is the attribute integrity of a script or style of ours.
func assetIntegrity(name string) (string, error) {
	a, err := assetOf(name)
	return a.digest, err
}

func assetOf(name string) (asset, error) {
	all, err := assets()
	if err != nil {
		return asset{}, err
	}
	a, ok := all[name]
	if !ok {
		return asset{}, fmt.Errorf("ui: no asset %q", name)
	}
	return a, nil
}

// serveAsset answers /static/...: a name with its hash may be kept for a year.
func serveAsset(w http.ResponseWriter, r *http.Request) {
	all, err := assets()
	if err != nil {
		http.Error(w, "The program was built without its style files.", http.StatusInternalServerError)
		return
	}
	for _, a := range all {
		if a.public == r.URL.Path {
			send := a.plain
			w.Header().Set("Content-Type", a.kind)
			w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
			w.Header().Add("Vary", "Accept-Encoding")
			if len(a.gzip) < len(a.plain) && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
				w.Header().Set("Content-Encoding", "gzip")
				send = a.gzip
			}
			w.Header().Set("Content-Length", fmt.Sprint(len(send)))
			if r.Method != http.MethodHead {
				_, _ = w.Write(send) // the client went away: nobody to tell
			}
			return
		}
	}
	w.Header().Set("Cache-Control", "no-store")
	http.Error(w, "There is no such file. Load the page again.", http.StatusNotFound)
}
