package scim

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/postgres"
)

// group is a SCIM group as it is sent and answered (RFC 7643, 4.2).
type group struct {
	Schemas     []string `json:"schemas"`
	ID          string   `json:"id,omitempty"`
	ExternalID  string   `json:"externalId,omitempty"`
	DisplayName string   `json:"displayName"`
	Members     []ref    `json:"members,omitempty"`
	Meta        *meta    `json:"meta,omitempty"`
}

// groupRow is the row of a group.
type groupRow struct {
	ID         uuid.UUID
	Name       string
	ExternalID *string
	Members    []ref
	CreatedAt  time.Time
	UpdatedAt  time.Time
}

const groupRows = `
	SELECT g.id, g.name, g.external_id, g.created_at, g.updated_at,
		coalesce((SELECT json_agg(json_build_object('value', p.id, 'display', p.name) ORDER BY p.name, p.id) FROM scim_members m JOIN people p ON p.id = m.person_id WHERE m.group_id = g.id), '[]') AS members
	FROM scim_groups g`

func (g groupRow) group(base string) group {
	out := group{Schemas: []string{groupSchema}, ID: g.ID.String(), DisplayName: g.Name, Members: g.Members, Meta: &meta{"Group", g.CreatedAt, g.UpdatedAt, base + "/Groups/" + g.ID.String()}}
	if g.ExternalID != nil {
		out.ExternalID = *g.ExternalID
	}
	return out
}

// check refuses a group that could not be one here.
func (g *group) check() error {
	g.DisplayName = strings.TrimSpace(g.DisplayName)
	problems := fault.Fields{}
	problems.Text("displayName", g.DisplayName, 200)
	problems.Text("externalId", g.ExternalID, 320)
	if g.DisplayName == "" {
		problems.Add("displayName", "it is needed")
	}
	return problems.Err()
}

// Groups gives the groups that a filter finds, by name.
func (s *Service) Groups(ctx context.Context, base, filtered string, p page, withMembers bool) (list[group], error) {
	answer := list[group]{Schemas: []string{listSchema}, StartIndex: p.Start, Resources: []group{}}
	if err := provision(ctx); err != nil {
		return answer, err
	}
	f, err := parseFilter(filtered, "displayname", "externalid", "id", "members.value", "members")
	if err != nil {
		return answer, err
	}
	type row struct {
		groupRow

		Total int
	}
	rows, err := postgres.Read(ctx, s.db, func(ctx context.Context, tx pgx.Tx) ([]row, error) {
		return postgres.Many[row](ctx, tx, `SELECT *, count(*) OVER ()::int AS total FROM (`+groupRows+`) g
			WHERE CASE $1 WHEN '' THEN true WHEN 'displayname' THEN g.name = $2 WHEN 'externalid' THEN g.external_id = $2 WHEN 'id' THEN g.id::text = lower($2)
				ELSE EXISTS (SELECT FROM scim_members m WHERE m.group_id = g.id AND m.person_id::text = lower($2)) END
			ORDER BY g.name, g.id OFFSET $3 LIMIT $4`, f.attribute, f.value, p.Start-1, p.Count)
	})
	for _, r := range rows {
		answer.TotalResults = r.Total
		if !withMembers {
			r.Members = nil
		}
		answer.Resources = append(answer.Resources, r.group(base))
	}
	answer.ItemsPerPage = len(rows)
	return answer, err
}

// Group gives one.
func (s *Service) Group(ctx context.Context, base string, id uuid.UUID, withMembers bool) (group, error) {
	if err := provision(ctx); err != nil {
		return group{}, err
	}
	g, err := postgres.Read(ctx, s.db, func(ctx context.Context, tx pgx.Tx) (groupRow, error) {
		return one[groupRow](ctx, tx, "group", groupRows+` WHERE g.id = $1`, id)
	})
	if !withMembers {
		g.Members = nil
	}
	return g.group(base), err
}

// CreateGroup makes a group.
func (s *Service) CreateGroup(ctx context.Context, base string, g group) (group, error) {
	if err := provision(ctx); err != nil {
		return group{}, err
	}
	if err := g.check(); err != nil {
		return group{}, err
	}
	made, err := postgres.Tx(ctx, s.db, func(ctx context.Context, tx pgx.Tx) (groupRow, error) {
		id := postgres.NewID()
		if _, err := postgres.Exec(ctx, tx, `INSERT INTO scim_groups (org_id, id, name, external_id) VALUES (current_org(), $1, $2, nullif($3, ''))`, id, g.DisplayName, g.ExternalID); err != nil {
			return groupRow{}, err
		}
		return groupRow{}.become(ctx, tx, id, g)
	})
	return made.group(base), err
}

// ReplaceGroup makes a group what the directory says (PUT).
func (s *Service) ReplaceGroup(ctx context.Context, base string, id uuid.UUID, g group) (group, error) {
	return s.changeGroup(ctx, base, id, func(group) (group, error) { return g, nil })
}

// PatchGroup changes a group's name, or who is in it.
func (s *Service) PatchGroup(ctx context.Context, base string, id uuid.UUID, p patch) (group, error) {
	return s.changeGroup(ctx, base, id, func(g group) (group, error) { return patched(g, p) })
}

func (s *Service) changeGroup(ctx context.Context, base string, id uuid.UUID, to func(group) (group, error)) (group, error) {
	if err := provision(ctx); err != nil {
		return group{}, err
	}
	made, err := postgres.Tx(ctx, s.db, func(ctx context.Context, tx pgx.Tx) (groupRow, error) {
		now, err := one[groupRow](ctx, tx, "group", groupRows+` WHERE g.id = $1 FOR UPDATE OF g`, id)
		if err != nil {
			return now, err
		}
		g, err := to(now.group(base))
		if err == nil {
			err = g.check()
		}
		if err != nil {
			return now, err
		}
		if _, err := postgres.Exec(ctx, tx, `UPDATE scim_groups SET name = $2, external_id = nullif($3, ''), updated_at = now() WHERE id = $1`, id, g.DisplayName, g.ExternalID); err != nil {
			return now, err
		}
		return now.become(ctx, tx, id, g)
	})
	return made.group(base), err
}

// become puts the members right, and gives those who came, who went, and, where the
// name is another, who stayed the roles they have now.
func (g groupRow) become(ctx context.Context, tx pgx.Tx, id uuid.UUID, to group) (groupRow, error) {
	before, after := map[uuid.UUID]bool{}, map[uuid.UUID]bool{}
	for _, m := range g.Members {
		before[idOf(m.Value)] = true
	}
	for _, m := range to.Members {
		after[idOf(m.Value)] = true
	}
	var came, went []uuid.UUID
	for m := range after {
		if !before[m] {
			came = append(came, m)
		}
	}
	for m := range before {
		if !after[m] {
			went = append(went, m)
		}
	}
	n, err := postgres.Exec(ctx, tx, `
		INSERT INTO scim_members (org_id, group_id, person_id) SELECT current_org(), $1, id FROM people WHERE id = ANY ($2) AND kind = 'member' ON CONFLICT DO NOTHING`, id, came)
	if err != nil {
		return g, err
	}
	if int(n) != len(came) {
		return g, bad("invalidValue", "members: %d of %d are no users of this organisation", len(came)-int(n), len(came))
	}
	if _, err := postgres.Exec(ctx, tx, `DELETE FROM scim_members WHERE group_id = $1 AND person_id = ANY ($2)`, id, went); err != nil {
		return g, err
	}
	touched := append(came, went...)
	if g.Name != to.DisplayName {
		for m := range after {
			touched = append(touched, m)
		}
	}
	if err := ruleAll(ctx, tx, touched); err != nil {
		return g, err
	}
	return one[groupRow](ctx, tx, "group", groupRows+` WHERE g.id = $1`, id)
}

func ruleAll(ctx context.Context, tx pgx.Tx, ids []uuid.UUID) error {
	done := map[uuid.UUID]bool{}
	for _, id := range ids {
		if done[id] {
			continue
		}
		done[id] = true
		if err := rule(ctx, tx, id); err != nil {
			return err
		}
	}
	return nil
}

// DeleteGroup deletes a group; its people stay.
func (s *Service) DeleteGroup(ctx context.Context, id uuid.UUID) error {
	if err := provision(ctx); err != nil {
		return err
	}
	return postgres.Do(ctx, s.db, func(ctx context.Context, tx pgx.Tx) error {
		g, err := one[groupRow](ctx, tx, "group", groupRows+` WHERE g.id = $1 FOR UPDATE OF g`, id)
		if err != nil {
			return err
		}
		if _, err := postgres.Exec(ctx, tx, `DELETE FROM scim_groups WHERE id = $1`, id); err != nil {
			return err
		}
		var were []uuid.UUID
		for _, m := range g.Members {
			were = append(were, idOf(m.Value))
		}
		return ruleAll(ctx, tx, were)
	})
}
