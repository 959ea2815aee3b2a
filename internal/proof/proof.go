// Package proof proves that nobody gets in where they don't belong, by trying.
//
// Two canary organisations are made, alike but for a word of their own that
// stands in every text. For every registered route and every actor a request is
// sent with ids of the actor's own and of the other organisation, in path, query,
// body and header, and the answer is compared with what the matrix says. Ids of
// the other organisation have to be answered word for word as ids that never
// existed. Then the database is tried the same way, as the role the program has.
// At the end the canaries are destroyed.
//
// A route needs no entry here: its path's values and its form come from the
// pages themselves, as a person would find them, and an operation's body from
// the OpenAPI document. A route for which nothing can be found fails the proof.
package proof

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/orgs"
	"github.com/skaiscraper/skai/internal/platform/blob"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/web"
	"github.com/skaiscraper/skai/internal/proof/openapi"
	"github.com/skaiscraper/skai/internal/proof/report"
)

// Target is the installation that is tried.
type Target struct {
	URL     string // where it answers: "http://127.0.0.1:8080"
	Version string
	Routes  []web.Route // all of them, as the program registered them
	DB      *postgres.DB
	Orgs    *orgs.Service
	People  *identity.Service
	Files   *blob.Store                      // the server's too
	Say     func(format string, args ...any) // told what is being done; required
}

type prover struct {
	Target

	client    *http.Client
	api       openapi.Document
	a, b      *canary
	suspended *actor
	confirmed time.Time                      // when everybody showed last that it is them
	operator  uuid.UUID                      // an account that asks both canaries to be let in
	tally     map[string]*report.RouteResult // by method and pattern
	report    *report.Report
	current   *report.RouteResult
}

// staleCanary is how old a canary of a proof that was killed has to be before
// the next proof removes it: another proof may be under way.
const staleCanary = time.Hour

// Run makes the canaries, tries everything and removes them. What it finds
// stands in the report; an error means that the proof could not be made.
func Run(ctx context.Context, t Target) (found *report.Report, err error) {
	p := &prover{Target: t, client: newClient(), tally: map[string]*report.RouteResult{}, report: &report.Report{Target: t.URL, Version: t.Version, StartedAt: time.Now().UTC(), Routes: len(t.Routes), Surprises: []report.Surprise{}}}
	if err := p.removeStale(ctx); err != nil {
		return nil, err
	}
	if err := p.readDocument(ctx); err != nil {
		return nil, err
	}
	run := make([]byte, 3)
	_, _ = rand.Read(run) // never fails; it ends the program instead
	defer func() { err = errors.Join(err, p.removeCanaries(context.WithoutCancel(ctx))) }()
	if err := p.suspend(ctx, "canary-s-"+hex.EncodeToString(run)); err != nil {
		return nil, err
	}
	if p.a, err = p.newCanary(ctx, "canary-a-"+hex.EncodeToString(run), "Canary A"); err != nil {
		return nil, err
	}
	if p.b, err = p.newCanary(ctx, "canary-b-"+hex.EncodeToString(run), "Canary B"); err != nil {
		return nil, err
	}
	for _, step := range []struct {
		words string
		do    func(context.Context) error
	}{
		{"looking at every page", p.explore},
		{"trying every route", p.tryRoutes},
		{"trying the database", p.tryDatabase},
		{"trying jobs and mailed links", p.tryJobs},
		{"comparing times", p.compareTimes},
	} {
		t.Say("%s", step.words)
		if err := step.do(ctx); err != nil {
			return nil, fmt.Errorf("%s: %w", step.words, err)
		}
	}
	p.report.Close(p.tally)
	return p.report, nil
}

func (p *prover) removeStale(ctx context.Context) error {
	list, err := p.Orgs.List(ctx)
	if err != nil {
		return err
	}
	for _, o := range list {
		if canarySlug.MatchString(o.Slug) && time.Since(o.CreatedAt) > staleCanary {
			if err := p.erase(ctx, o); err != nil {
				return fmt.Errorf("remove %s, which a proof that was killed left: %w", o.Slug, err)
			}
		}
	}
	return nil
}

func (p *prover) removeCanaries(ctx context.Context) error {
	var problems []error
	canaries := []*canary{p.a, p.b}
	if p.suspended != nil {
		canaries = append(canaries, p.suspended.home)
	}
	for _, c := range canaries {
		if c == nil {
			continue
		}
		if err := p.erase(ctx, c.org); err != nil {
			problems = append(problems, fmt.Errorf("remove %s: %w", c.org.Slug, err))
		}
	}
	return errors.Join(problems...)
}

// erase removes a canary with its files.
func (p *prover) erase(ctx context.Context, o orgs.Org) error {
	_, err := p.People.EraseOrg(ctx, o.Slug)
	if err == nil {
		_, err = p.Files.Forget(ctx, o.ID)
	}
	return err
}

func (p *prover) result(r web.Route) *report.RouteResult {
	if p.tally[key(r)] == nil {
		p.tally[key(r)] = &report.RouteResult{Method: r.Method, Pattern: r.Pattern, Audience: r.Audience.String(), Permission: r.Permission, Actors: map[string]int{}}
	}
	return p.tally[key(r)]
}

func (p *prover) surprise(actor, place, words string) {
	p.current.Surprises++
	p.report.Surprises = append(p.report.Surprises, report.Surprise{What: p.current.Method + " " + p.current.Pattern, Actor: actor, Place: place, Words: words})
}
