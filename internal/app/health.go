package app

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/web"
)

// readyPatience is how long the database may take to answer whether it is there.
const readyPatience = 2 * time.Second

type health struct {
	Body struct {
		Status string `json:"status" enum:"ok"`
	}
}

func healthy() *health {
	h := &health{}
	h.Body.Status = "ok"
	return h
}

func (a *App) healthRoutes(rt *web.Router) {
	public := web.Access{Audience: web.Public}
	web.Op(rt, public, huma.Operation{
		Method: http.MethodGet, Path: "/api/health/live", Tags: []string{"Health"},
		Summary: "The program runs; whoever gets no answer should start it again",
	}, func(context.Context, *struct{}) (*health, error) { return healthy(), nil })
	web.Op(rt, public, huma.Operation{
		Method: http.MethodGet, Path: "/api/health/ready", Tags: []string{"Health"},
		Summary: "The program can do its work: its database answers and has the schema it needs; 503 otherwise",
	}, a.ready)
}

// ready tells whether requests should be sent here.
func (a *App) ready(ctx context.Context, _ *struct{}) (*health, error) {
	ctx, cancel := context.WithTimeout(ctx, readyPatience)
	defer cancel()
	pending, err := postgres.Pending(ctx, a.db)
	if err != nil {
		a.log.ErrorContext(ctx, "not ready", "error", err)
		return nil, fault.Unavailable("database.away", "the database does not answer")
	}
	if pending > 0 {
		return nil, fault.Unavailable("database.schema", "the database lacks %d migrations of this version; run skai migrate", pending)
	}
	return healthy(), nil
}
