package cli

import (
	"encoding/json"
	"fmt"
	"text/tabwriter"

	"github.com/skaiscraper/skai/internal/app"
)

type routesCommand struct {
	JSON bool `help:"Print JSON." env:"SKAI_ROUTES_JSON"`
}

// Run lists the routes; it needs no database.
func (c *routesCommand) Run(t *terminal) error {
	a, err := app.New(nil, app.Config{Version: version()})
	if err != nil {
		return err
	}
	if c.JSON {
		e := json.NewEncoder(t.out)
		e.SetIndent("", "  ")
		type route struct {
			Method     string `json:"method"`
			Pattern    string `json:"pattern"`
			Audience   string `json:"audience"`
			Permission string `json:"permission,omitempty"`
			Kind       string `json:"kind"`
		}
		list := []route{}
		for _, r := range a.Routes() {
			list = append(list, route{r.Method, r.Pattern, r.Audience.String(), r.Permission, string(r.Kind)})
		}
		return e.Encode(list)
	}
	w := tabwriter.NewWriter(t.out, 0, 0, 2, ' ', 0)
	for _, r := range a.Routes() {
		if _, err := fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", r.Method, r.Pattern, r.Audience, r.Permission, r.Kind); err != nil {
			return err
		}
	}
	return w.Flush()
}
