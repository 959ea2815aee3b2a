// Package staging moves records from a file into a table in sets: batches are
// copied into a temporary table (COPY is refused on tables with row security),
// matched there against what is known, and published with a few statements
// that read the temporary table. Nothing leaves the transaction before it
// commits, so an import is seen whole or not at all.
//
// A record room declares its Table and a struct that appends itself to a Buffer
// in the order of Table.CopyColumns; migration does the rest.
package staging

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Actions a staged record may end with. They are, but for Linked, the outcomes
// of the ledger.
const (
	Created   = "created"   // a new record
	Updated   = "updated"   // the source's row changed since it was last read
	Kept      = "kept"      // the same, but a person edited the record since: only empty fields are filled
	Merged    = "merged"    // belongs to a record that another row made; fills what is empty there
	Unchanged = "unchanged" // known, and the row is as it was
	Skipped   = "skipped"   // the same row again in the same run
	Errored   = "errored"   // set aside by a check that needs the database
	Linked    = "linked"    // a contact or property named inside another record's row, and known
)

// Rule says how a column of a known record takes a value from a row.
type Rule int

// The rules. "Empty" is ” for Text, NULL for Value, '[]' or '{}' for JSON and List.
const (
	Text   Rule = iota // an empty value never replaces one
	Value              // the same with NULL
	JSON               // a JSON array, replaced by a changed row unless empty, united by a merged one
	List               // text[], united with what is there
	Flag               // boolean, stays true once true
	Follow             // goes with another column: taken where that one is, even when NULL
)

// Column is a column of the target that rows fill.
type Column struct {
	Name string
	Rule Rule
	With string // Follow only: the Text column it goes with
	New  string // Text only: what a new record has where the row says nothing
}

// Table is a target of an import. The target has, beside Columns: org_id, id,
// version, extra, created_at, created_by, updated_at and updated_by.
type Table struct {
	Name    string            // the target: contacts
	Entity  string            // as external_refs names it: contact
	Columns []Column          // filled from rows
	Helpers []string          // further columns of the temporary table: "owner_ref text"
	Insert  map[string]string // further columns of a new record and their SQL, from s
	Update  map[string]string // further columns of a changed record and their SQL, from s and c
}

// Stage is the temporary table's name.
func (t Table) Stage() string { return "stage_" + t.Name }

// control stands in front of every temporary table: where the record comes
// from, who it is, what becomes of it.
const control = `file_no, ordinal, rank, embedded, late, ref_source, external_id, fingerprint, id, extra, created_at, archived_from`

// CopyColumns are the columns of the temporary table in the order in which a
// staged record appends them: the control columns, Columns, then Helpers.
func (t Table) CopyColumns() string {
	names := []string{control}
	for _, c := range t.Columns {
		names = append(names, c.Name)
	}
	for _, h := range t.Helpers {
		name, _, _ := strings.Cut(h, " ")
		names = append(names, name)
	}
	return strings.Join(names, ", ")
}

// Create makes the temporary table, which goes with the transaction.
func (t Table) Create(ctx context.Context, tx pgx.Tx) error {
	var columns, helpers strings.Builder
	for _, c := range t.Columns {
		columns.WriteString(", " + c.Name)
	}
	for _, h := range t.Helpers {
		name, kind, _ := strings.Cut(h, " ")
		fmt.Fprintf(&helpers, ", NULL::%s AS %s", kind, name)
	}
	_, err := tx.Exec(ctx, fmt.Sprintf(`
		CREATE TEMPORARY TABLE %s ON COMMIT DROP AS
		SELECT 0 AS file_no, 0 AS ordinal, 0 AS rank, false AS embedded, false AS late, ''::text AS ref_source, ''::text COLLATE "C" AS external_id,
			id AS fingerprint, id, extra, created_at, NULL::text AS archived_from%s%s, NULL::text AS action, NULL::timestamptz AS ref_at
		FROM %s WITH NO DATA;
		ALTER TABLE %[1]s ALTER action SET DEFAULT '%[5]s'`, t.Stage(), columns.String(), helpers.String(), t.Name, Created))
	if err != nil {
		return fmt.Errorf("create %s: %w", t.Stage(), err)
	}
	return nil
}

// Copy empties a buffer into the temporary table.
func (t Table) Copy(ctx context.Context, tx pgx.Tx, b *Buffer) error {
	return CopyInto(ctx, tx, t.Stage()+" ("+t.CopyColumns()+")", b)
}

// CopyInto empties a buffer into a temporary table, named with its columns.
func CopyInto(ctx context.Context, tx pgx.Tx, target string, b *Buffer) error {
	if len(b.data) == 0 {
		return nil
	}
	defer b.Reset()
	if _, err := tx.Conn().PgConn().CopyFrom(ctx, b.reader(), "COPY "+target+" FROM STDIN"); err != nil {
		return fmt.Errorf("copy into %s: %w", target, err)
	}
	return nil
}

// Found is what a staged table holds of each action: the highest rank among its rows.
type Found map[string]int

// Any tells whether there are rows of one of the actions.
func (f Found) Any(actions ...string) bool {
	return slices.ContainsFunc(actions, func(a string) bool { _, there := f[a]; return there })
}

// Actions looks which actions the rows that are late, or not, have. A row is
// staged as Created; most runs have nothing else, and what would look for other
// actions reads the whole temporary table for nothing.
func (t Table) Actions(ctx context.Context, tx pgx.Tx, late bool) (Found, error) {
	rows, err := tx.Query(ctx, `SELECT action, max(rank) FROM `+t.Stage()+` WHERE late = $1 GROUP BY action`, late)
	if err != nil {
		return nil, fmt.Errorf("look what becomes of %s: %w", t.Name, err)
	}
	found, action, rank := Found{}, "", 0
	if _, err := pgx.ForEachRow(rows, []any{&action, &rank}, func() error {
		found[action] = rank
		return nil
	}); err != nil {
		return nil, fmt.Errorf("look what becomes of %s: %w", t.Name, err)
	}
	return found, nil
}

// Publish writes the staged records that are late, or not, into the target: new
// ones, changed ones and what merged rows add, in this order. actor is the
// person in whose name it is done, found what Actions gave.
func (t Table) Publish(ctx context.Context, tx pgx.Tx, actor uuid.UUID, late bool, found Found) error {
	if found.Any(Created) {
		if _, err := tx.Exec(ctx, t.insertSQL(), actor, late); err != nil {
			return fmt.Errorf("publish new %s: %w", t.Name, err)
		}
	}
	if found.Any(Updated) {
		if _, err := tx.Exec(ctx, t.updateSQL(t.overwrite, "s.action = 'updated'", t.Update), actor, late); err != nil {
			return fmt.Errorf("publish changed %s: %w", t.Name, err)
		}
	}
	if !found.Any(Merged, Kept) {
		return nil
	}
	for rank := range 1 + max(found[Merged], found[Kept]) { // one row of a record at a time, in the file's order
		condition := fmt.Sprintf("s.action IN ('merged', 'kept') AND s.rank = %d", rank)
		if _, err := tx.Exec(ctx, t.updateSQL(t.fill, condition, nil), actor, late); err != nil {
			return fmt.Errorf("publish merged %s: %w", t.Name, err)
		}
	}
	return nil
}

// Archive archives the published records for which a condition on the staged
// record s holds; the target has archived_at and archived_by.
func (t Table) Archive(ctx context.Context, tx pgx.Tx, actor uuid.UUID, condition string, args ...any) error {
	_, err := tx.Exec(ctx, fmt.Sprintf(`
		UPDATE %s c SET archived_at = now(), archived_by = $1 FROM %s s
		WHERE c.org_id = current_org() AND c.id = s.id AND c.archived_at IS NULL AND s.archived_from IS NOT NULL AND (%s)`, t.Name, t.Stage(), condition), append([]any{actor}, args...)...)
	if err != nil {
		return fmt.Errorf("archive %s: %w", t.Name, err)
	}
	return nil
}

func (t Table) insertSQL() string {
	var names, values strings.Builder
	for _, c := range t.Columns {
		names.WriteString(", " + c.Name)
		if c.New != "" {
			fmt.Fprintf(&values, ", coalesce(nullif(%s, ''), '%s')", c.Name, c.New)
			continue
		}
		values.WriteString(", " + c.Name)
	}
	for name, expression := range t.Insert {
		names.WriteString(", " + name)
		values.WriteString(", " + expression)
	}
	return fmt.Sprintf(`
		INSERT INTO %s (org_id, id, extra, created_at, created_by, updated_at, updated_by%s)
		SELECT current_org(), id, CASE WHEN extra = '{}' THEN extra ELSE jsonb_build_object(ref_source, extra) END,
			coalesce(created_at, now()), $1, now(), $1%s
		FROM %s s WHERE action = 'created' AND rank = 0 AND late = $2`, t.Name, names.String(), values.String(), t.Stage())
}

// updateSQL changes only records in which something would be another value.
func (t Table) updateSQL(expression func(Column) string, condition string, more map[string]string) string {
	var before, after, set []string
	for _, c := range t.Columns {
		before = append(before, "c."+c.Name)
		after = append(after, expression(c))
		set = append(set, c.Name+" = "+expression(c))
	}
	for name, value := range more {
		set = append(set, name+" = "+value)
	}
	extra := `CASE WHEN s.extra = '{}' THEN c.extra ELSE c.extra || jsonb_build_object(s.ref_source, coalesce(c.extra -> s.ref_source, '{}') || s.extra) END`
	before = append(before, "c.extra")
	after = append(after, extra)
	return fmt.Sprintf(`
		UPDATE %s c SET %s, extra = %s, version = c.version + 1, updated_at = now(), updated_by = $1
		FROM %s s WHERE c.org_id = current_org() AND c.id = s.id AND s.late = $2 AND %s AND (%s) IS DISTINCT FROM (%s)`,
		t.Name, strings.Join(set, ", "), extra, t.Stage(), condition, strings.Join(before, ", "), strings.Join(after, ", "))
}

func (t Table) overwrite(c Column) string {
	if c.Rule == Follow {
		return fmt.Sprintf("CASE WHEN s.%s <> '' THEN s.%s ELSE c.%s END", c.With, c.Name, c.Name)
	}
	return rule(c, "s", "c")
}

func (t Table) fill(c Column) string {
	switch c.Rule {
	case Follow:
		return "c." + c.Name
	case JSON: // elements that are there already, by their whole or by their number, come once
		return fmt.Sprintf(`c.%[1]s || (SELECT coalesce(jsonb_agg(e), '[]') FROM jsonb_array_elements(s.%[1]s) e
			WHERE NOT EXISTS (SELECT FROM jsonb_array_elements(c.%[1]s) x WHERE x = e OR x ->> 'e164' = e ->> 'e164'))`, c.Name)
	}
	return rule(c, "c", "s")
}

// rule takes the value of one side, or of the other where the first has none.
func rule(c Column, first, second string) string {
	a, b := first+"."+c.Name, second+"."+c.Name
	switch c.Rule {
	case Text:
		return fmt.Sprintf("coalesce(nullif(%s, ''), %s)", a, b)
	case Value:
		return fmt.Sprintf("coalesce(%s, %s)", a, b)
	case JSON:
		return fmt.Sprintf("CASE WHEN %s = '[]' THEN %s ELSE %s END", a, b, a)
	case List:
		return fmt.Sprintf("ARRAY(SELECT DISTINCT u FROM unnest(c.%[1]s || s.%[1]s) u ORDER BY u)", c.Name)
	case Flag:
		return fmt.Sprintf("(c.%[1]s OR s.%[1]s)", c.Name)
	}
	panic(fmt.Sprintf("staging: column %s has no rule", c.Name))
}

// Head is the control part of a staged record.
type Head struct {
	FileNo, Ordinal int
	Rank            int  // 0 for the first row of an external id in a run, then 1, 2 ...
	Embedded        bool // named inside another record's row
	Late            bool // matched and published after the others of its table, against them too
	Source          string
	ExternalID      string
	Fingerprint     uuid.UUID
	ID              uuid.UUID
	Extra           []byte    // a JSON object of the columns nobody mapped
	CreatedAt       time.Time // zero where the source doesn't say
	ArchivedFrom    string    // the column, kept in Extra, that says that the source's record is archived; "" where none does
}

// Append writes the control columns.
func (h *Head) Append(b *Buffer) {
	b.Int(int64(h.FileNo))
	b.Int(int64(h.Ordinal))
	b.Int(int64(h.Rank))
	b.Bool(h.Embedded)
	b.Bool(h.Late)
	b.Text(h.Source)
	b.Text(h.ExternalID)
	b.UUID(h.Fingerprint)
	b.UUID(h.ID)
	b.JSON(h.Extra, "{}")
	b.Time(h.CreatedAt)
	b.TextOrNull(h.ArchivedFrom)
}
