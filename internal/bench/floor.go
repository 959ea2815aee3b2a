package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/app"
	"github.com/skaiscraper/skai/internal/platform/postgres"
)

// oneClaim is the address of a claim in the middle.
func (b *bench) oneClaim(ctx context.Context, org uuid.UUID) (path string, err error) {
	conn, err := pgx.Connect(ctx, b.server.URL("skai_super", database))
	if err != nil {
		return "", err
	}
	defer func() { _ = conn.Close(ctx) }() // it was only read
	id, err := postgres.Value[string](ctx, conn, `SELECT id::text FROM claims WHERE org_id = $1 AND number = $2`, org, sideClaims/2)
	return "/api/claims/" + id, err
}

// floor is the least that answering takes: a server that finds the session, begins a
// transaction in the organisation's scope, runs the statements that the program runs for
// the same addresses and writes what they give as JSON. No permission, no limit, no
// measurement, no trail.
func (b *bench) floor(ctx context.Context, paths []string) (*httptest.Server, error) {
	db, err := postgres.Open(ctx, b.server.URL("skai_app", database), 2)
	if err != nil {
		return nil, err
	}
	known := map[string][]postgres.Statement{}
	for _, path := range paths {
		statements, err := b.recorded(ctx, path)
		if err != nil {
			return nil, err
		}
		address, _, _ := strings.Cut(path, "?")
		known[address] = statements
	}
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := replay(r.Context(), db, known[r.URL.Path], w); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})), nil
}

// replay runs statements as they were recorded, each transaction in one round trip as
// the program sends it, and writes the rows of the last one.
func replay(ctx context.Context, db *postgres.DB, statements []postgres.Statement, w http.ResponseWriter) error {
	conn, err := db.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	var rows []map[string]any
	batch := &pgx.Batch{}
	for _, s := range statements {
		queued := batch.Queue(s.SQL, s.Args...)
		switch {
		case s.SQL == "commit":
			if err := conn.SendBatch(ctx, batch).Close(); err != nil {
				return err
			}
			batch = &pgx.Batch{}
		case !strings.HasPrefix(s.SQL, "begin"):
			queued.Query(func(r pgx.Rows) (err error) {
				rows, err = pgx.CollectRows(r, pgx.RowToMap)
				return err
			})
		}
	}
	w.Header().Set("Content-Type", "application/json")
	return json.NewEncoder(w).Encode(rows)
}

// recorded gives the statements that the program runs for an address, with their
// transactions.
func (b *bench) recorded(ctx context.Context, path string) ([]postgres.Statement, error) {
	program, err := app.New(b.db, app.Config{Log: slog.New(slog.DiscardHandler), Hurried: true})
	if err != nil {
		return nil, err
	}
	handler := program.Handler()
	server := httptest.NewServer(handler)
	defer server.Close()
	cookies, err := signInAll(ctx, server.URL, 1)
	if err != nil {
		return nil, err
	}
	for range 2 { // the first may do what is done once in a while
		recording, statements := postgres.RecordQueries(ctx)
		r := httptest.NewRequestWithContext(recording, http.MethodGet, path, nil)
		r.Header.Set("Cookie", cookies[0])
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			return nil, fmt.Errorf("%s: %d %.200s", path, w.Code, w.Body)
		}
		if list := statements(); len(list) > 0 && list[len(list)-1].SQL == "commit" {
			return list, nil
		}
	}
	return nil, fmt.Errorf("%s ended without a commit", path)
}
