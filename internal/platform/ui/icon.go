package ui

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"path"
	"regexp"
	"strings"
	"sync"

	"github.com/a-h/templ"
)

var iconBody = regexp.MustCompile(`(?s)<svg[^>]*>(.*)</svg>`)

// icons holds the drawing inside each Tabler icon by its name.
var icons = sync.OnceValues(func() (map[string]string, error) {
	names, err := fs.Glob(files, "static/vendor/icons/*.svg")
	if err != nil {
		return nil, err
	}
	all := map[string]string{}
	for _, name := range names {
		content, err := files.ReadFile(name)
		if err != nil {
			return nil, err
		}
		body := iconBody.FindSubmatch(content)
		if body == nil {
			return nil, fmt.Errorf("ui: %s is not an icon", name)
		}
		drawing := strings.ReplaceAll(string(body[1]), `<path stroke="none" d="M0 0h24v24H0z" fill="none" />`, "")
		all[strings.TrimSuffix(path.Base(name), ".svg")] = strings.Join(strings.Fields(drawing), " ")
	}
	return all, nil
})

// Icon draws an icon of icons.txt in the colour and, at 1.25 times, the size of
// the text around it. It says nothing to a screen reader: the words beside it do.
func Icon(name string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		all, err := icons()
		if err != nil {
			return err
		}
		drawing, ok := all[name]
		if !ok {
			return fmt.Errorf("ui: no icon %q; add it to icons.txt and run make assets", name)
		}
		_, err = fmt.Fprintf(w, `<svg class="sk-icon" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75" `+
			`stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">%s</svg>`, drawing)
		return err
	})
}
