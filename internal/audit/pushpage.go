package audit

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/queue"
	"github.com/skaiscraper/skai/internal/platform/ui"
	"github.com/skaiscraper/skai/internal/platform/web"
)

const (
	pushPath       = identity.AuditPath + "/push"
	pushRemovePath = pushPath + "/remove"
)

// Routes registers what sets and removes the address; the page about keeping
// events has the forms.
func (p *Pusher) Routes(rt *web.Router) {
	access := web.Access{Permission: string(identity.EditSettings)}
	rt.Page("POST "+pushPath, access, p.setSubmit)
	rt.Page("POST "+pushRemovePath, access, p.removeSubmit)
}

func (p *Pusher) setSubmit(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ParseForm(r)
	if err != nil {
		return err
	}
	address := f.Need("url", "the address")
	if err := f.Err(); err != nil {
		return err
	}
	secret, err := p.Set(r.Context(), address)
	if err != nil {
		return err
	}
	return ui.Page(w, r, ui.Head{Title: "Events are sent to your address", Section: ui.Settings, Crumbs: crumbs}, secretView(address, secret))
}

func (p *Pusher) removeSubmit(w http.ResponseWriter, r *http.Request) error {
	if err := p.Remove(r.Context()); err != nil {
		return err
	}
	web.SetFlash(w, r, web.Done, "Events are sent nowhere any more.")
	return web.Redirect(w, r, keepingPath)
}

// pushWords says how the last try went.
func (p Push) words(ctx context.Context) string {
	switch {
	case p.LastAt == nil:
		return "Nothing was sent yet. New events are sent within a minute."
	case p.LastWords == "":
		return "The last request arrived on " + p.LastAt.In(identity.Zone(ctx)).Format("January 2 at 3:04 PM") + "."
	}
	return "The last request failed (" + p.LastWords + ") on " + p.LastAt.In(identity.Zone(ctx)).Format("January 2 at 3:04 PM") +
		". It is tried again on " + p.NextTryAt.In(identity.Zone(ctx)).Format("January 2 at 3:04 PM") + "; nothing is lost."
}

type pushArgs struct{}

// Kind names the job in the queue.
func (pushArgs) Kind() string { return "audit.push" }

// InsertOpts keeps programs on several machines from asking for it several times.
func (pushArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{MaxAttempts: 1, UniqueOpts: river.UniqueOpts{ByPeriod: time.Minute}}
}

// pushOrgArgs asks for the events of one organisation to be sent.
type pushOrgArgs struct {
	OrgID uuid.UUID `json:"org_id"`
	Slug  string    `json:"slug"`
}

// Kind names the job in the queue.
func (pushOrgArgs) Kind() string { return "audit.push_org" }

// InsertOpts keeps a try that takes long from being joined by the next. It is tried
// once: how it ended stands with the organisation, which is asked for again.
func (pushOrgArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: queue.Bulk, MaxAttempts: 1, UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: []rivertype.JobState{
		rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning, rivertype.JobStateScheduled,
	}}}
}

// Jobs registers this room's jobs and gives those that come round by the clock.
func (p *Pusher) Jobs(w *river.Workers) []*river.PeriodicJob {
	river.AddWorker(w, river.WorkFunc(func(ctx context.Context, _ *river.Job[pushArgs]) error { return p.askDue(ctx) }))
	river.AddWorker(w, river.WorkFunc(func(ctx context.Context, job *river.Job[pushOrgArgs]) error {
		_, err := p.pushFor(ctx, job.Args.Slug)
		return err
	}))
	return []*river.PeriodicJob{river.NewPeriodicJob(river.PeriodicInterval(time.Minute),
		func() (river.JobArgs, *river.InsertOpts) { return pushArgs{}, nil }, &river.PeriodicJobOpts{RunOnStart: true})}
}

// Reseal seals again, with the vault's current data key, each secret that another
// has sealed, and tells how many those were; with onlyCount it only tells.
func (p *Pusher) Reseal(ctx context.Context, onlyCount bool) (total int, err error) {
	slugs, err := postgres.System(ctx, p.trail.db, postgres.Operator, func(ctx context.Context, tx pgx.Tx) ([]string, error) {
		return postgres.Values[string](ctx, tx, `SELECT o.slug FROM audit_pushes p JOIN orgs o ON o.id = p.org_id ORDER BY o.slug`)
	})
	if err != nil {
		return 0, err
	}
	return p.orgs.ForEach(ctx, slugs, "vault rotate", func(ctx context.Context, org uuid.UUID) (int, error) {
		current, err := p.vault.CurrentFor(ctx, org) // so that it is known in the transaction
		if err != nil {
			return 0, err
		}
		return postgres.Tx(ctx, p.trail.db, func(ctx context.Context, tx pgx.Tx) (int, error) { return p.resealOne(ctx, tx, current, onlyCount) })
	})
}

func (p *Pusher) resealOne(ctx context.Context, tx pgx.Tx, current uuid.UUID, onlyCount bool) (int, error) {
	type row struct {
		Push

		Secret []byte
	}
	rows, err := postgres.Many[row](ctx, tx, `SELECT `+pushColumns+`, secret FROM audit_pushes FOR UPDATE`)
	if err != nil {
		return 0, err
	}
	done := 0
	for _, r := range rows {
		sealed, other, err := p.vault.Again(ctx, current, pushPlace(r.ID), r.Secret)
		if err != nil {
			return done, err
		}
		if !other {
			continue
		}
		done++
		if onlyCount {
			continue
		}
		if _, err := tx.Exec(ctx, `UPDATE audit_pushes SET secret = $2 WHERE id = $1`, r.ID, sealed); err != nil {
			return done, err
		}
	}
	return done, nil
}
