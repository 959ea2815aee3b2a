package scim

import (
	"cmp"
	"context"
	"errors"
	"net/mail"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/identity/people"
	"github.com/skaiscraper/skai/internal/identity/sso"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

// user is a SCIM user as it is sent and answered (RFC 7643, 4.1): the attributes
// that mean something here. Others are taken and not kept.
type user struct {
	Schemas     []string `json:"schemas"`
	ID          string   `json:"id,omitempty"`
	ExternalID  string   `json:"externalId,omitempty"`
	UserName    string   `json:"userName"`
	Name        name     `json:"name"`
	DisplayName string   `json:"displayName,omitempty"`
	Emails      []email  `json:"emails,omitempty"`
	Active      *truth   `json:"active,omitempty"`
	Groups      []ref    `json:"groups,omitempty"`
	Meta        *meta    `json:"meta,omitempty"`
}

type name struct {
	Formatted  string `json:"formatted,omitempty"`
	GivenName  string `json:"givenName,omitempty"`
	FamilyName string `json:"familyName,omitempty"`
}

type email struct {
	Value   string `json:"value"`
	Type    string `json:"type,omitempty"`
	Primary truth  `json:"primary,omitempty"`
}

// truth is a boolean, which Entra ID sends as a text: "False".
type truth bool

// UnmarshalJSON reads true, "True" and their opposites.
func (t *truth) UnmarshalJSON(b []byte) error {
	switch strings.ToLower(strings.Trim(string(b), `"`)) {
	case "true":
		*t = true
	case "false", "null":
		*t = false
	default:
		return bad("invalidValue", "%s is neither true nor false", b)
	}
	return nil
}

// fullName is what a person is called here.
func (u user) fullName() string {
	parts := strings.TrimSpace(u.Name.GivenName + " " + u.Name.FamilyName)
	return strings.Join(strings.Fields(cmp.Or(u.DisplayName, u.Name.Formatted, parts)), " ")
}

// address is the person's e-mail address: the primary one, the first, or the userName.
func (u user) address() string {
	found := ""
	for _, e := range u.Emails {
		if e.Value != "" && (found == "" || bool(e.Primary)) {
			found = e.Value
		}
	}
	return strings.ToLower(strings.TrimSpace(cmp.Or(found, u.UserName)))
}

func (u user) active() bool { return u.Active == nil || bool(*u.Active) }

// check refuses a user that could not be a member here.
func (u *user) check(ctx context.Context, tx pgx.Tx) error {
	u.UserName = strings.TrimSpace(u.UserName)
	problems, address := fault.Fields{}, u.address()
	problems.Text("userName", u.UserName, 320)
	problems.Text("externalId", u.ExternalID, 320)
	problems.Text("displayName", u.fullName(), 200)
	if u.UserName == "" {
		problems.Add("userName", "it is needed")
	}
	if a, err := mail.ParseAddress(address); err != nil || a.Address != address || len(address) > 320 {
		problems.Add("emails", "%q is no e-mail address; send one in emails, or as userName", address)
	}
	if err := problems.Err(); err != nil {
		return err
	}
	_, domain, _ := strings.Cut(address, "@")
	ours, err := postgres.Value[bool](ctx, tx, `SELECT EXISTS (SELECT FROM sso_domains WHERE domain = $1 AND verified_at IS NOT NULL)`, domain)
	if err == nil && !ours {
		err = bad("invalidValue", "%s is in no e-mail domain that this organisation has shown to be its own; an owner adds it under Settings, Single sign-on", address)
	}
	return err
}

// member is the row of a user.
type member struct {
	ID         uuid.UUID
	Name       string
	Email      *string
	Active     bool
	Role       tenant.Role
	UserName   *string
	ExternalID *string
	Groups     []ref
	CreatedAt  time.Time
	UpdatedAt  time.Time
}

const members = `
	SELECT p.id, p.name, p.email, p.active, p.role, u.user_name, u.external_id, p.created_at, greatest(p.updated_at, u.updated_at) AS updated_at,
		coalesce((SELECT json_agg(json_build_object('value', g.id, 'display', g.name) ORDER BY g.name) FROM scim_members m JOIN scim_groups g ON g.id = m.group_id WHERE m.person_id = p.id), '[]') AS groups
	FROM people p LEFT JOIN scim_users u ON u.id = p.id
	WHERE p.kind = 'member'`

func (m member) user(base string) user {
	address, active := "", truth(m.Active)
	if m.Email != nil {
		address = *m.Email
	}
	given, family, _ := strings.Cut(m.Name, " ")
	u := user{
		Schemas: []string{userSchema}, ID: m.ID.String(), UserName: address, DisplayName: m.Name, Name: name{m.Name, given, family}, Active: &active, Groups: m.Groups,
		Meta: &meta{"User", m.CreatedAt, m.UpdatedAt, base + "/Users/" + m.ID.String()},
	}
	if address != "" {
		u.Emails = []email{{address, "work", true}}
	}
	if m.UserName != nil {
		u.UserName = *m.UserName
	}
	if m.ExternalID != nil {
		u.ExternalID = *m.ExternalID
	}
	return u
}

// Users gives the members that a filter finds, those who left too.
func (s *Service) Users(ctx context.Context, base, filtered string, p page) (list[user], error) {
	answer := list[user]{Schemas: []string{listSchema}, StartIndex: p.Start, Resources: []user{}}
	if err := provision(ctx); err != nil {
		return answer, err
	}
	f, err := parseFilter(filtered, "username", "externalid", "id", "emails.value", "emails", "active")
	if err != nil {
		return answer, err
	}
	type row struct {
		member

		Total int
	}
	rows, err := postgres.Read(ctx, s.db, func(ctx context.Context, tx pgx.Tx) ([]row, error) {
		return postgres.Many[row](ctx, tx, `SELECT *, count(*) OVER ()::int AS total FROM (`+members+`) p
			WHERE CASE $1 WHEN '' THEN true WHEN 'username' THEN lower(coalesce(p.user_name, p.email)) = lower($2) WHEN 'externalid' THEN p.external_id = $2
				WHEN 'id' THEN p.id::text = lower($2) WHEN 'active' THEN p.active::text = $2 ELSE p.email = lower($2) END
			ORDER BY p.created_at, p.id OFFSET $3 LIMIT $4`, f.attribute, f.value, p.Start-1, p.Count)
	})
	for _, r := range rows {
		answer.TotalResults = r.Total
		answer.Resources = append(answer.Resources, r.user(base))
	}
	answer.ItemsPerPage = len(rows)
	return answer, err
}

// User gives one.
func (s *Service) User(ctx context.Context, base string, id uuid.UUID) (user, error) {
	if err := provision(ctx); err != nil {
		return user{}, err
	}
	m, err := postgres.Read(ctx, s.db, func(ctx context.Context, tx pgx.Tx) (member, error) {
		return one[member](ctx, tx, "user", members+` AND p.id = $1`, id)
	})
	return m.user(base), err
}

// CreateUser makes somebody a member, or takes somebody back who had left. It
// refuses one who is a member by uniqueness: a directory finds them by userName.
func (s *Service) CreateUser(ctx context.Context, base string, u user) (user, error) {
	if err := provision(ctx); err != nil {
		return user{}, err
	}
	m, err := postgres.Tx(ctx, s.db, func(ctx context.Context, tx pgx.Tx) (member, error) {
		if err := u.check(ctx, tx); err != nil {
			return member{}, err
		}
		there, err := postgres.Value[bool](ctx, tx, `SELECT EXISTS (SELECT FROM people WHERE kind = 'member' AND active AND email = $1)`, u.address())
		if err != nil {
			return member{}, err
		}
		if there {
			return member{}, &Error{409, "uniqueness", u.address() + " is a member already; find them by userName and change them"}
		}
		account, err := identity.EnsureUser(ctx, tx, u.address(), cmp.Or(u.fullName(), u.address()))
		if err != nil {
			return member{}, err
		}
		role, err := sso.FirstRole(ctx, tx)
		if err != nil {
			return member{}, err
		}
		id, err := people.Join(ctx, tx, people.Newcomer{ID: postgres.NewID(), UserID: account, Email: u.address(), Name: cmp.Or(u.fullName(), u.address()), Role: role})
		if err != nil {
			return member{}, err
		}
		return save(ctx, tx, id, u)
	})
	return m.user(base), err
}

// ReplaceUser makes a user what the directory says (PUT).
func (s *Service) ReplaceUser(ctx context.Context, base string, id uuid.UUID, u user) (user, error) {
	return s.change(ctx, base, id, func(user) (user, error) { return u, nil })
}

// PatchUser changes some of a user's attributes.
func (s *Service) PatchUser(ctx context.Context, base string, id uuid.UUID, p patch) (user, error) {
	return s.change(ctx, base, id, func(u user) (user, error) { return patched(u, p) })
}

// DeleteUser ends a membership; what the person did stays, and so does who they were
// to the directory.
func (s *Service) DeleteUser(ctx context.Context, id uuid.UUID) error {
	_, err := s.change(ctx, "", id, func(u user) (user, error) {
		gone := truth(false)
		u.Active = &gone
		return u, nil
	})
	return err
}

func (s *Service) change(ctx context.Context, base string, id uuid.UUID, to func(user) (user, error)) (user, error) {
	if err := provision(ctx); err != nil {
		return user{}, err
	}
	m, err := postgres.Tx(ctx, s.db, func(ctx context.Context, tx pgx.Tx) (member, error) {
		m, err := one[member](ctx, tx, "user", members+` AND p.id = $1 FOR NO KEY UPDATE OF p`, id)
		if err != nil {
			return m, err
		}
		if m.Role == tenant.Owner {
			return m, &Error{403, "", m.Name + " is an owner, and owners are changed by owners, never by a directory"}
		}
		u, err := to(m.user(base))
		if err != nil {
			return m, err
		}
		if u.active() || m.Active { // who is gone and stays gone is not looked at
			if err := u.check(ctx, tx); err != nil {
				return m, err
			}
		}
		return save(ctx, tx, id, u)
	})
	return m.user(base), err
}

// save writes what the directory says of a member.
func save(ctx context.Context, tx pgx.Tx, id uuid.UUID, u user) (member, error) {
	m, err := one[member](ctx, tx, "user", members+` AND p.id = $1`, id)
	if err != nil {
		return m, err
	}
	if _, err := postgres.Exec(ctx, tx, `
		INSERT INTO scim_users (org_id, id, user_name, external_id) VALUES (current_org(), $1, $2, nullif($3, ''))
		ON CONFLICT (org_id, id) DO UPDATE SET user_name = excluded.user_name, external_id = excluded.external_id, updated_at = now()`, id, u.UserName, u.ExternalID); err != nil {
		return m, err
	}
	if err := readdress(ctx, tx, m, u); err != nil {
		return m, err
	}
	switch {
	case m.Active && !u.active():
		err = people.Leave(ctx, tx, id)
	case !m.Active && u.active():
		err = people.Return(ctx, tx, id)
	}
	if err == nil {
		err = rule(ctx, tx, id)
	}
	if err != nil {
		return m, err
	}
	return one[member](ctx, tx, "user", members+` AND p.id = $1`, id)
}

// readdress gives a member another name or address. The account goes along only
// where nobody else's organisation has it too: of another's people this directory
// decides nothing.
func readdress(ctx context.Context, tx pgx.Tx, m member, u user) error {
	full, address := cmp.Or(u.fullName(), m.Name), u.address()
	if full != m.Name {
		if _, err := postgres.Exec(ctx, tx, `UPDATE people SET name = $2, updated_at = now() WHERE id = $1`, m.ID, full); err != nil {
			return err
		}
	}
	if m.Email != nil && *m.Email == address || !u.active() {
		return nil
	}
	err := identity.Readdress(ctx, tx, m.ID, address)
	if postgres.Constraint(err) == "users_email_key" {
		return &Error{409, "uniqueness", "another account has the address " + address}
	}
	return err
}

// rule gives a member the role of their groups, where groups have roles.
func rule(ctx context.Context, tx pgx.Tx, id uuid.UUID) error {
	now, err := postgres.Value[string](ctx, tx, `SELECT role FROM people WHERE id = $1 AND active`, id)
	if errors.Is(err, postgres.ErrNoRow) || tenant.Role(now) == tenant.Owner {
		return nil
	}
	if err != nil {
		return err
	}
	role, ruled, err := sso.RoleOf(ctx, tx, id, nil)
	if err != nil || !ruled {
		return err
	}
	if role == "" {
		if role, err = sso.FirstRole(ctx, tx); err != nil {
			return err
		}
	}
	if tenant.Role(now) == role {
		return nil
	}
	return people.GiveRole(ctx, tx, id, role)
}
