package migration

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/activity"
	"github.com/skaiscraper/skai/internal/claims"
	"github.com/skaiscraper/skai/internal/contacts"
	"github.com/skaiscraper/skai/internal/files"
	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/leads"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/staging"
	"github.com/skaiscraper/skai/internal/properties"
)

// tables are the targets, in the order in which one needs another.
var tables = []staging.Table{contacts.Staging, properties.Staging, leads.Staging, claims.Staging, files.Staging}

// step is one statement of matching, with what it does in words for its error.
type step struct{ words, sql string }

func steps(ctx context.Context, tx pgx.Tx, list ...step) error {
	for _, s := range list {
		if _, err := tx.Exec(ctx, s.sql); err != nil {
			return fmt.Errorf("%s: %w", s.words, err)
		}
	}
	return nil
}

// fewRows is how many rows of a run are looked up one by one; more are joined as
// sets, which reads whole tables once.
const fewRows = 1000

// publish matches what is staged with what is known and writes it, table after
// table. A record of a table may only point at records of a table before it.
func (r *run) publish(ctx context.Context, tx pgx.Tx) error {
	// What this transaction itself wrote has no statistics yet, and the planner
	// then takes many rows for few and loops over them. The cost it puts on a loop it
	// can't avoid would have it compile every statement.
	if r.meter.rows.Load() > fewRows {
		if err := steps(ctx, tx, step{"plan for many rows", `SET LOCAL enable_nestloop = off; SET LOCAL jit = off`}); err != nil {
			return err
		}
	}
	// ANALYZE is for how many rows there are, more or less; a sample of the usual
	// 30,000 rows, sorted by each column, takes as long as reading the file.
	if err := steps(ctx, tx, step{"look at few rows for statistics", `SET LOCAL default_statistics_target = 10`}); err != nil {
		return err
	}
	for _, t := range tables {
		if err := steps(ctx, tx, step{"analyze " + t.Name, "ANALYZE " + t.Stage() + " (file_no, ordinal, rank, embedded, late, ref_source, external_id, id, action)"}); err != nil {
			return err
		}
		if err := r.join(ctx, tx, t); err != nil {
			return err
		}
		for _, late := range []bool{false, true} {
			if err := r.publishTable(ctx, tx, t, late); err != nil {
				return err
			}
		}
		if err := r.archive(ctx, tx, t); err != nil {
			return err
		}
	}
	if err := r.publishEstimates(ctx, tx); err != nil {
		return err
	}
	return r.keepDocuments(ctx, tx)
}

func (r *run) publishTable(ctx context.Context, tx pgx.Tx, t staging.Table, late bool) error {
	some, err := postgres.Value[bool](ctx, tx, `SELECT EXISTS (SELECT FROM `+t.Stage()+` WHERE late = $1)`, late)
	if err != nil || !some {
		return err
	}
	if err := matchKnown(ctx, tx, t, late); err != nil {
		return err
	}
	if err := matchNaturally(ctx, tx, t, late); err != nil {
		return err
	}
	if err := settle(ctx, tx, t, late); err != nil {
		return err
	}
	if t.Name == claims.Staging.Name {
		if err := refuseTakenNumbers(ctx, tx); err != nil {
			return err
		}
		if err := claims.NumberStaged(ctx, tx); err != nil {
			return fmt.Errorf("number claims: %w", err)
		}
	}
	found, err := t.Actions(ctx, tx, late)
	if err != nil {
		return err
	}
	if found.Any(staging.Updated, staging.Kept, staging.Merged) {
		if err := r.keepImages(ctx, tx, t, late); err != nil {
			return err
		}
	}
	if err := t.Publish(ctx, tx, r.actor, late, found); err != nil {
		return err
	}
	if t.Name == contacts.Staging.Name && found.Any(staging.Linked) {
		if err := contacts.CarryOrders(ctx, tx, r.actor); err != nil {
			return err
		}
	}
	if err := r.reference(ctx, tx, t, late, found); err != nil {
		return err
	}
	switch t.Name {
	case leads.Staging.Name:
		return activity.LeadsMoved(ctx, tx, r.id, r.actor)
	case claims.Staging.Name:
		if err := activity.ClaimsMoved(ctx, tx, r.id, r.actor); err != nil {
			return err
		}
		return r.win(ctx, tx)
	}
	return nil
}

// win closes the leads whose jobs have just come as claims. The leads' images are
// kept first, as those of every record that a run changes.
func (r *run) win(ctx context.Context, tx pgx.Tx) error {
	if err := claims.LinkLeads(ctx, tx); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `
		INSERT INTO import_changes (org_id, run_id, entity, record_id, before)
		SELECT current_org(), $1, 'lead', l.id, to_jsonb(l) - 'search'
		FROM stage_claims s JOIN claims c ON c.id = s.id JOIN leads l ON l.org_id = c.org_id AND l.id = c.lead_id
		WHERE s.action = 'created' AND s.rank = 0 AND l.stage <> 'won'
		ON CONFLICT DO NOTHING`, r.id); err != nil {
		return fmt.Errorf("keep the images of leads that are won: %w", err)
	}
	if err := leads.WonByImport(ctx, tx, r.actor); err != nil {
		return err
	}
	return activity.LeadsWon(ctx, tx, r.id, r.actor)
}

// archive archives what is archived at its source: new records, and known ones
// whose row says so for the first time. A row that said it before, or that says
// it no more, changes nothing: whoever archived or restored the record here
// since is right. A record that stands for other rows too stays.
func (r *run) archive(ctx context.Context, tx pgx.Tx, t staging.Table) error {
	if t.Name == files.Staging.Name {
		return nil
	}
	return t.Archive(ctx, tx, r.actor, fmt.Sprintf(`s.rank = 0 AND (s.action = 'created' OR s.action = 'updated' AND EXISTS (
			SELECT FROM import_changes i WHERE i.run_id = $2 AND i.entity = '%[1]s' AND i.record_id = s.id
				AND i.before -> 'extra' -> s.ref_source ->> s.archived_from IS DISTINCT FROM s.extra ->> s.archived_from))
		AND NOT EXISTS (SELECT FROM external_refs o WHERE o.org_id = c.org_id AND o.%[1]s_id = c.id AND (o.source, o.external_id) <> (s.ref_source, s.external_id))`,
		t.Entity), r.id)
}

// matchKnown finds the records that came from the same source under the same id.
func matchKnown(ctx context.Context, tx pgx.Tx, t staging.Table, late bool) error {
	_, err := tx.Exec(ctx, fmt.Sprintf(`
		UPDATE %[1]s s SET id = k.id, ref_at = k.imported_at, action = CASE WHEN s.embedded THEN 'linked'
			WHEN k.fingerprint = s.fingerprint THEN 'unchanged' WHEN k.updated_at > k.imported_at THEN 'kept' ELSE 'updated' END
		FROM (SELECT r.source, r.external_id, r.fingerprint, r.imported_at, t.id, t.updated_at
			FROM external_refs r JOIN %[2]s t ON t.org_id = r.org_id AND t.id = r.%[3]s_id WHERE r.entity = '%[3]s') k
		WHERE k.source = s.ref_source AND k.external_id = s.external_id AND s.rank = 0 AND s.late = $1`,
		t.Stage(), t.Name, t.Entity), late)
	if err != nil {
		return fmt.Errorf("match %s by external id: %w", t.Name, err)
	}
	return nil
}

// matchNaturally finds records by what they are: a claim by its carrier's number,
// an address inside another row by the address, a contact inside another row by
// name with phone or e-mail within the same source. Nothing else is merged by itself.
func matchNaturally(ctx context.Context, tx pgx.Tx, t staging.Table, late bool) error {
	switch {
	case t.Name == claims.Staging.Name && !late:
		if err := claims.StageKeys(ctx, tx); err != nil {
			return fmt.Errorf("stage the keys of claims: %w", err)
		}
		return steps(ctx, tx, step{"match claims by the lead that was won here and is the same job there", `
			UPDATE stage_claims s SET id = c.id, action = 'merged'
			FROM external_refs r JOIN claims c ON c.org_id = r.org_id AND c.lead_id = r.lead_id
			WHERE r.entity = 'lead' AND r.source = s.ref_source AND r.external_id = s.external_id AND s.action = 'created' AND s.rank = 0`},
			step{"match claims by their carrier's number", `
			UPDATE stage_claims s SET id = c.id, action = 'merged' FROM claims c
			WHERE s.action = 'created' AND s.rank = 0 AND c.carrier_key = s.carrier_key AND c.claim_key = s.claim_key`},
			step{"match claims of this run by their carrier's number", `
			UPDATE stage_claims s SET id = f.id, action = 'merged'
			FROM (SELECT DISTINCT ON (carrier_key, claim_key) carrier_key, claim_key, id, file_no, ordinal FROM stage_claims
				WHERE claim_key IS NOT NULL AND rank = 0 ORDER BY carrier_key, claim_key, action = 'created', action, file_no, ordinal) f
			WHERE s.action = 'created' AND s.rank = 0 AND f.carrier_key = s.carrier_key AND f.claim_key = s.claim_key
				AND (f.file_no, f.ordinal) <> (s.file_no, s.ordinal)`})
	case t.Name == properties.Staging.Name && late:
		return steps(ctx, tx, step{"match properties by the job they belong to", `
			UPDATE stage_properties s SET id = c.property_id, action = 'merged'
			FROM external_refs r JOIN claims c ON c.org_id = r.org_id AND c.id = r.claim_id
			WHERE s.late AND s.action = 'created' AND s.rank = 0 AND r.entity = 'claim' AND r.external_id = s.job_ref AND r.source <> s.ref_source AND c.property_id IS NOT NULL`},
			step{"match properties by address", `
			UPDATE stage_properties s SET id = p.id, action = CASE WHEN s.embedded THEN 'linked' ELSE 'merged' END
			FROM (SELECT DISTINCT ON (address_key) address_key, id FROM properties
				WHERE address_key IN (SELECT address_key FROM stage_properties WHERE late AND action = 'created' AND address_key <> '')
				ORDER BY address_key, created_at, id) p
			WHERE s.late AND s.action = 'created' AND s.rank = 0 AND s.address_key = p.address_key`},
			step{"match properties of this run by address", `
			UPDATE stage_properties s SET id = f.id, action = CASE WHEN s.embedded THEN 'linked' ELSE 'merged' END
			FROM (SELECT DISTINCT ON (address_key) address_key, id, file_no, ordinal FROM stage_properties
				WHERE late AND action = 'created' AND rank = 0 AND address_key <> '' ORDER BY address_key, file_no, ordinal) f
			WHERE s.late AND s.action = 'created' AND s.rank = 0 AND s.address_key = f.address_key AND s.id <> f.id`})
	case t.Name == contacts.Staging.Name && late:
		return steps(ctx, tx, step{"match contacts named in other rows", `
			UPDATE stage_contacts s SET id = k.id, action = 'linked'
			FROM (SELECT DISTINCT ON (n.ref_source, n.external_id) n.ref_source, n.external_id, c.id
				FROM stage_contacts n JOIN contacts c ON c.sort_name = n.match_name AND (c.phone = n.match_phone OR c.email = n.match_email)
				JOIN external_refs r ON r.org_id = c.org_id AND r.contact_id = c.id AND r.source = n.ref_source
				WHERE n.late AND n.action = 'created' AND n.rank = 0 ORDER BY n.ref_source, n.external_id, c.created_at, c.id) k
			WHERE s.late AND s.action = 'created' AND s.rank = 0 AND s.ref_source = k.ref_source AND s.external_id = k.external_id`})
	}
	return nil
}

// settle gives further rows of an id the record of the first. What is left keeps
// what it was staged as, a record of its own.
func settle(ctx context.Context, tx pgx.Tx, t staging.Table, late bool) error {
	if _, err := tx.Exec(ctx, fmt.Sprintf(`
		UPDATE %[1]s s SET id = f.id, action = CASE WHEN f.fingerprint = s.fingerprint AND NOT s.embedded THEN 'skipped' ELSE 'merged' END
		FROM %[1]s f WHERE s.rank > 0 AND f.rank = 0 AND s.late = $1 AND f.ref_source = s.ref_source AND f.external_id = s.external_id`, t.Stage()), late); err != nil {
		return fmt.Errorf("match further rows of %s: %w", t.Name, err)
	}
	// The target never sees a rank above 0 as new, so one whose first row is missing (two ids with one hash) becomes a first row.
	if _, err := tx.Exec(ctx, fmt.Sprintf(`UPDATE %s SET rank = 0 WHERE action = 'created' AND rank > 0 AND late = $1`, t.Stage()), late); err != nil {
		return fmt.Errorf("settle %s: %w", t.Name, err)
	}
	return nil
}

// refuseTakenNumbers sets aside changed and merged rows whose carrier's claim
// number already belongs to another claim.
func refuseTakenNumbers(ctx context.Context, tx pgx.Tx) error {
	return steps(ctx, tx, step{"look for claim numbers that are taken", `
		UPDATE stage_claims s SET action = 'errored' FROM claims c
		WHERE s.claim_key IS NOT NULL AND s.action IN ('updated', 'kept', 'merged') AND c.carrier_key = s.carrier_key AND c.claim_key = s.claim_key AND c.id <> s.id`},
		step{"look for claim numbers that come twice", `
		UPDATE stage_claims s SET action = 'errored'
		FROM (SELECT DISTINCT ON (carrier_key, claim_key) carrier_key, claim_key, id FROM stage_claims
			WHERE claim_key IS NOT NULL AND action <> 'errored' ORDER BY carrier_key, claim_key, file_no, ordinal) f
		WHERE s.carrier_key = f.carrier_key AND s.claim_key = f.claim_key AND s.id <> f.id AND s.action <> 'errored'`},
		step{"say which claim numbers are taken", `
		INSERT INTO stage_problems (file_no, ordinal, seq, severity, column_name, value, rule, hint)
		SELECT file_no, ordinal, 1000, 'error', 'claim number', claim_number, 'claim_number_taken',
			'another claim of this carrier has the number already; correct the number, or give both rows the same id'
		FROM stage_claims WHERE action = 'errored'`})
}

// keepImages keeps the records as they are before rows change them, for undo.
func (r *run) keepImages(ctx context.Context, tx pgx.Tx, t staging.Table, late bool) error {
	_, err := tx.Exec(ctx, fmt.Sprintf(`
		INSERT INTO import_changes (org_id, run_id, entity, record_id, before)
		SELECT current_org(), $1, '%[3]s', t.id, to_jsonb(t) - 'search'
		FROM %[2]s t WHERE t.id IN (SELECT id FROM %[1]s WHERE late = $2 AND action IN ('updated', 'kept', 'merged'))
		ON CONFLICT DO NOTHING`, t.Stage(), t.Name, t.Entity), r.id, late)
	if err != nil {
		return fmt.Errorf("keep the images of %s: %w", t.Name, err)
	}
	return nil
}

// reference writes where the records stand in their source.
func (r *run) reference(ctx context.Context, tx pgx.Tx, t staging.Table, late bool, found staging.Found) error {
	_, err := tx.Exec(ctx, fmt.Sprintf(`
		INSERT INTO external_refs (org_id, entity, source, external_id, %[2]s_id, fingerprint, run_id, file_no, ordinal)
		SELECT current_org(), '%[2]s', ref_source, external_id, id, fingerprint, $1, file_no, ordinal
		FROM %[1]s WHERE rank = 0 AND late = $2 AND action IN ('created', 'merged', 'linked') AND ref_at IS NULL
		ON CONFLICT DO NOTHING`, t.Stage(), t.Entity), r.id, late)
	if err != nil {
		return fmt.Errorf("reference %s: %w", t.Name, err)
	}
	if !found.Any(staging.Updated, staging.Kept) {
		return nil
	}
	_, err = tx.Exec(ctx, fmt.Sprintf(`
		UPDATE external_refs r SET fingerprint = s.fingerprint, run_id = $1, file_no = s.file_no, ordinal = s.ordinal, imported_at = now()
		FROM %[1]s s WHERE r.entity = '%[2]s' AND r.source = s.ref_source AND r.external_id = s.external_id
			AND s.rank = 0 AND s.late = $2 AND s.action IN ('updated', 'kept')`, t.Stage(), t.Entity), r.id, late)
	if err != nil {
		return fmt.Errorf("renew the references of %s: %w", t.Name, err)
	}
	return nil
}

// join finds the records that staged ones point at.
func (r *run) join(ctx context.Context, tx pgx.Tx, t staging.Table) error {
	byRef := func(column, entity, ref string) step {
		return step{"find " + column + " of " + t.Name, fmt.Sprintf(`
			UPDATE %[1]s s SET %[2]s = r.%[3]s_id FROM external_refs r
			WHERE s.%[4]s IS NOT NULL AND r.entity = '%[3]s' AND r.source = s.ref_source AND r.external_id = s.%[4]s`, t.Stage(), column, entity, ref)}
	}
	// A name or an e-mail address counts where exactly one contact has it: one of
	// the same source, or else one of any. Archived ones count where no other has it.
	byValue := func(column, value, of string) step {
		return step{"find " + column + " of " + t.Name, fmt.Sprintf(`
			WITH named AS MATERIALIZED (
				SELECT %[4]s AS value, c.id, r.source, c.archived_at IS NULL AS open FROM contacts c LEFT JOIN external_refs r ON r.org_id = c.org_id AND r.contact_id = c.id
				WHERE %[4]s IN (SELECT lower(%[3]s) FROM %[1]s WHERE %[3]s IS NOT NULL)),
			own AS (SELECT value, source, (array_agg(id ORDER BY open DESC))[1] AS id FROM named GROUP BY 1, 2
				HAVING count(DISTINCT id) FILTER (WHERE open) = 1 OR count(DISTINCT id) = 1),
			anyone AS (SELECT value, (array_agg(id ORDER BY open DESC))[1] AS id FROM named GROUP BY 1
				HAVING count(DISTINCT id) FILTER (WHERE open) = 1 OR count(DISTINCT id) = 1),
			found AS (
				SELECT s.file_no, s.ordinal, s.id AS staged, coalesce(own.id, anyone.id) AS id
				FROM %[1]s s LEFT JOIN own ON own.value = lower(s.%[3]s) AND own.source = s.ref_source LEFT JOIN anyone ON anyone.value = lower(s.%[3]s)
				WHERE s.%[2]s IS NULL AND s.%[3]s IS NOT NULL)
			UPDATE %[1]s s SET %[2]s = f.id FROM found f WHERE f.id IS NOT NULL AND s.id = f.staged AND s.file_no = f.file_no AND s.ordinal = f.ordinal`,
			t.Stage(), column, value, of)}
	}
	switch t.Name {
	case properties.Staging.Name:
		return steps(ctx, tx, byRef("owner_id", "contact", "contact_ref"), byValue("owner_id", "contact_email", "c.email"), missing(t, "owner_id", "contact_email", "contact"))
	case leads.Staging.Name, claims.Staging.Name:
		list := []step{
			byRef("contact_id", "contact", "contact_ref"), byRef("property_id", "property", "property_ref"),
			byValue("contact_id", "contact_email", "c.email"), byValue("contact_id", "contact_name", "lower(c.name)"),
			missing(t, "contact_id", "contact_email", "contact"), missing(t, "contact_id", "contact_name", "contact"),
		}
		if t.Name == claims.Staging.Name {
			list = append(list, byRef("adjuster_id", "contact", "adjuster_ref"))
		}
		if err := steps(ctx, tx, list...); err != nil {
			return err
		}
		return assign(ctx, tx, t)
	case files.Staging.Name:
		return steps(ctx, tx, byRef("property_id", "property", "project_ref"), missing(t, "property_id", "project_ref", "project"), step{"find the claims of photos", `
			UPDATE stage_files s SET claim_id = k.id FROM (
				SELECT property_id, (array_agg(id))[1] AS id FROM claims
				WHERE property_id IN (SELECT property_id FROM stage_files) AND archived_at IS NULL GROUP BY 1 HAVING count(*) = 1) k
			WHERE s.property_id = k.property_id`})
	}
	return nil
}

// missing warns of a record that points at one that is not there, or not there once.
func missing(t staging.Table, column, ref, what string) step {
	return step{"warn of what " + t.Name + " miss", fmt.Sprintf(`
		INSERT INTO stage_problems (file_no, ordinal, seq, severity, column_name, value, rule, hint)
		SELECT file_no, ordinal, 900, 'warning', '', %[2]s, '%[3]s_not_found',
			'no %[3]s, or more than one, is known by this; the record was made without it: import the %[3]ss first, or link it by hand'
		FROM %[1]s WHERE %[4]s IS NULL AND %[2]s IS NOT NULL AND rank = 0 AND NOT embedded`, t.Stage(), ref, what, column)}
}

// assign maps salespeople onto people; a name nobody has becomes an inactive placeholder.
func assign(ctx context.Context, tx pgx.Tx, t staging.Table) error {
	names, err := postgres.Value[[]string](ctx, tx, `SELECT coalesce(array_agg(DISTINCT assignee_name), '{}') FROM `+t.Stage()+` WHERE assignee_name IS NOT NULL`)
	if err != nil || len(names) == 0 {
		return err
	}
	if err := identity.EnsurePlaceholders(ctx, tx, names); err != nil {
		return fmt.Errorf("make placeholders for salespeople: %w", err)
	}
	return steps(ctx, tx, step{"find who " + t.Name + " are assigned to", fmt.Sprintf(`
		UPDATE %s s SET assignee_id = p.id FROM (
			SELECT DISTINCT ON (name_key) name_key, id FROM people WHERE kind NOT IN ('system', 'key') ORDER BY name_key, active DESC, kind = 'member' DESC, created_at, id) p
		WHERE s.assignee_name IS NOT NULL AND p.name_key = lower(regexp_replace(btrim(s.assignee_name), '\s+', ' ', 'g'))`, t.Stage())})
}
