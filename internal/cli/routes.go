package cli

import (
	"encoding/json"
	"io"

	"github.com/skaiscraper/skai/internal/app"
	"github.com/skaiscraper/skai/internal/cli/desk"
)

type routesCommand struct {
	JSON bool `help:"Print JSON." env:"SKAI_ROUTES_JSON"`
}

// route is an address as a program reads it.
type route struct {
	Pattern    string `json:"pattern"`
	Method     string `json:"method"`
	Audience   string `json:"audience"`
	Permission string `json:"permission"`
	Preset     string `json:"preset"`
	Kind       string `json:"kind"`
}

// Run lists the routes; it needs no database.
func (c *routesCommand) Run(t *desk.Terminal) error {
	a, err := app.New(nil, app.Config{Version: desk.Version()})
	if err != nil {
		return err
	}
	if !c.JSON {
		_, err := io.WriteString(t.Out, a.RouteTable())
		return err
	}
	list := []route{}
	for _, r := range a.Routes() {
		list = append(list, route{r.Pattern, r.Method, r.Audience.String(), r.Permission, string(r.Preset), string(r.Kind)})
	}
	e := json.NewEncoder(t.Out)
	e.SetIndent("", "  ")
	return e.Encode(map[string]any{"routes": list, "count": len(list), "one_door": a.ThroughOneDoor()})
}
