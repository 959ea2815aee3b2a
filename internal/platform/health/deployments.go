package health

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/platform/postgres"
)

// Deployment is a version of the program from when it was first seen running.
type Deployment struct {
	Version   string
	Commit    string // "" where it was built of none
	FirstSeen time.Time
	LastSeen  time.Time // to the minute
}

// keepDeployments is how long they are told of: as long as requests are.
const keepDeployments = 400 * 24 * time.Hour

// noteDeployment notes that a process of the version began, or that it still runs. It
// is another deployment where the process that began before it was of another version,
// so that going back to an old one is one too.
func noteDeployment(ctx context.Context, tx pgx.Tx, p Process, began bool) error {
	if began {
		// Processes that begin together wait here for each other.
		if _, err := postgres.Exec(ctx, tx, `SELECT pg_advisory_xact_lock(hashtext('deployments'))`); err != nil {
			return err
		}
		if _, err := postgres.Exec(ctx, tx, `
			INSERT INTO deployments (version, commit) SELECT $1, $2
			WHERE NOT EXISTS (SELECT FROM (SELECT version, commit FROM deployments ORDER BY id DESC LIMIT 1) last WHERE last.version = $1 AND last.commit = $2)`, p.Version, p.Commit); err != nil {
			return err
		}
		if _, err := postgres.Exec(ctx, tx, `DELETE FROM deployments WHERE last_seen < now() - $1::interval`, keepDeployments); err != nil {
			return err
		}
	}
	_, err := postgres.Exec(ctx, tx, `
		UPDATE deployments SET last_seen = now()
		WHERE id = (SELECT max(id) FROM deployments WHERE version = $1 AND commit = $2) AND last_seen < now() - interval '1 minute'`, p.Version, p.Commit)
	return err
}

// Deployments gives those that began between two times, and the last one before, the
// oldest first; 100 at most, the newest of them.
func Deployments(ctx context.Context, db *postgres.DB, from, to time.Time) ([]Deployment, error) {
	return postgres.System(ctx, db, postgres.Operator, func(ctx context.Context, tx pgx.Tx) ([]Deployment, error) {
		return postgres.Many[Deployment](ctx, tx, `
			SELECT version, commit, first_seen, last_seen FROM (
				SELECT * FROM deployments WHERE first_seen < $2 AND first_seen >= coalesce((SELECT max(first_seen) FROM deployments WHERE first_seen < $1), $1)
				ORDER BY first_seen DESC, id DESC LIMIT 100) d ORDER BY first_seen, id`, from, to)
	})
}
