package main

import (
	"context"
	_ "embed" // fill.sql
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/app"
	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/orgs"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

// looks is how often each page is fetched; the median counts.
const looks = 41

// fill gives an organisation so many claims, with a tenth as many contacts and
// properties, as an import would have left them.
//
//go:embed fill.sql
var fill string

// visit is a page of an organisation as its manager sees it.
type visit struct {
	client  *http.Client
	server  *httptest.Server
	queries *atomic.Int64
}

// pages measures what a person waits for, with few and with many claims in one
// organisation, through the program's own handler and a session.
func (b *bench) pages(ctx context.Context) error {
	fmt.Printf("\n%-12s %-16s %14s %10s\n", "claims", "page", "median ms", "queries")
	first := map[string]time.Duration{}
	for _, n := range b.claims {
		v, detail, err := b.visit(ctx, n)
		if err != nil {
			return fmt.Errorf("%d claims: %w", n, err)
		}
		for _, page := range []struct{ name, path string }{
			{"list", "/claims"}, {"filtered list", "/claims?stage=denied&carrier=usaa"}, {"search", "/claims?q=last77"}, {"detail", "/claims/" + detail},
		} {
			took, queries, err := v.look(ctx, page.path)
			if err != nil {
				return fmt.Errorf("%s of %d claims: %w", page.name, n, err)
			}
			ratio := ""
			if small, measured := first[page.name]; measured {
				ratio = fmt.Sprintf("%.2f times that of 10,000", float64(took)/float64(small))
			} else {
				first[page.name] = took
			}
			fmt.Printf("%-12d %-16s %14.1f %10d   %s\n", n, page.name, float64(took.Microseconds())/1000, queries, ratio)
		}
		v.server.Close()
	}
	return nil
}

func (b *bench) visit(ctx context.Context, n int) (v visit, detail string, err error) {
	slug := fmt.Sprintf("pages-%d", n)
	people := orgs.New(b.db)
	org, err := people.Create(ctx, slug, slug, "America/Denver")
	if err != nil {
		return v, "", err
	}
	const password = "a password for a measurement"
	if _, err := identity.New(b.db, people).CreateUser(ctx, identity.NewUser{Email: slug + "@example.com", OrgSlug: slug, Role: tenant.Manager, Password: password}); err != nil {
		return v, "", err
	}
	if err := b.script(ctx, fmt.Sprintf(fill, org.ID, n)); err != nil {
		return v, "", err
	}
	program, err := app.New(b.db, app.Config{Log: slog.New(slog.DiscardHandler), Hurried: true})
	if err != nil {
		return v, "", err
	}
	v.queries = new(atomic.Int64)
	handler := program.Handler()
	v.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		counted, n := postgres.CountQueries(r.Context())
		handler.ServeHTTP(w, r.WithContext(counted))
		v.queries.Store(n.Load())
	}))
	jar, err := cookiejar.New(nil)
	if err != nil {
		return v, "", err
	}
	v.client = &http.Client{Jar: jar}
	if err := v.signIn(ctx, slug+"@example.com", password); err != nil {
		return v, "", err
	}
	scope, _, err := people.SystemScope(ctx, slug, "bench")
	if err != nil {
		return v, "", err
	}
	detail, err = postgres.Read(scope, b.db, func(ctx context.Context, tx pgx.Tx) (string, error) {
		return postgres.Value[string](ctx, tx, `SELECT id::text FROM claims WHERE number = 5000`)
	})
	return v, detail, err
}

func (v *visit) signIn(ctx context.Context, email, password string) error {
	form := url.Values{"email": {email}, "password": {password}}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, v.server.URL+"/sign-in", strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := v.client.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }() // it is not read
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("signing in: %s", answer.Status)
	}
	return nil
}

// look fetches a page so often and gives the median of the times, and the
// number of statements it took, the one that finds the session among them.
func (v *visit) look(ctx context.Context, path string) (median time.Duration, queries int64, err error) {
	times := make([]time.Duration, 0, looks)
	for range looks {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, v.server.URL+path, nil)
		if err != nil {
			return 0, 0, err
		}
		start := time.Now()
		answer, err := v.client.Do(r)
		if err != nil {
			return 0, 0, err
		}
		_, err = io.Copy(io.Discard, answer.Body)
		times = append(times, time.Since(start))
		if closed := answer.Body.Close(); err == nil {
			err = closed
		}
		if err != nil || answer.StatusCode != http.StatusOK {
			return 0, 0, fmt.Errorf("%s: %s (%w)", path, answer.Status, err)
		}
	}
	slices.Sort(times)
	return times[len(times)/2], v.queries.Load(), nil
}
