// Package scim lets a company's directory (Entra ID, Okta) say who works here and in
// which groups they are, by SCIM 2.0 (RFC 7643 and 7644), with an API key of the
// scope people.provision. docs/sso.md says how it is set up.
//
// A user is a member; the id is the person's. Deleting one, or saying that they are
// not active, ends their membership at once and keeps what they did. Owners are
// changed by owners, never by a directory.
package scim

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/postgres"
)

// MostPerPage is how many resources one answer lists at most.
const MostPerPage = 200

// Service keeps what the directory says.
type Service struct{ db *postgres.DB }

// New gives the service.
func New(db *postgres.DB) *Service { return &Service{db} }

// The schemas of what is sent, by their URNs.
const (
	userSchema   = "urn:ietf:params:scim:schemas:core:2.0:User"
	groupSchema  = "urn:ietf:params:scim:schemas:core:2.0:Group"
	listSchema   = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
	patchSchema  = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
	errorSchema  = "urn:ietf:params:scim:api:messages:2.0:Error"
	configSchema = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"
	typeSchema   = "urn:ietf:params:scim:schemas:core:2.0:ResourceType"
)

// Error is SCIM's error (RFC 7644, 3.12).
type Error struct {
	Status int
	Type   string // scimType: uniqueness, invalidFilter, invalidPath, invalidValue, invalidSyntax; or ""
	Detail string
}

// Error is what is wrong, in words for whoever reads the directory's log.
func (e *Error) Error() string { return e.Detail }

func bad(kind, format string, args ...any) error {
	return &Error{http.StatusBadRequest, kind, fmt.Sprintf(format, args...)}
}

func missing(what string) error {
	return &Error{http.StatusNotFound, "", "there is no such " + what + " in this organisation"}
}

// asError gives SCIM's error of any; nil for one that is the program's own fault.
func asError(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	switch refused := fault.As(err); {
	case refused == nil:
	case refused.Kind == fault.KindInvalid:
		words := refused.Message
		for field, problem := range refused.Fields {
			words = field + ": " + problem
		}
		return &Error{http.StatusBadRequest, "invalidValue", words}
	case refused.Kind.Status() < http.StatusInternalServerError:
		return &Error{refused.Kind.Status(), "", refused.Message}
	}
	switch postgres.Constraint(err) {
	case "scim_users_name_key":
		return &Error{http.StatusConflict, "uniqueness", "another user has this userName"}
	case "scim_groups_name_key":
		return &Error{http.StatusConflict, "uniqueness", "another group has this displayName"}
	case "people_last_owner", "sso_break_glass_owner":
		return &Error{http.StatusForbidden, "", "an owner is changed by an owner, never by a directory"}
	}
	return nil
}

// provision is what stands before everything here.
func provision(ctx context.Context) error { return identity.Require(ctx, identity.ProvisionPeople) }

// meta is what is known of a resource itself (RFC 7643, 3.1).
type meta struct {
	ResourceType string    `json:"resourceType"`
	Created      time.Time `json:"created"`
	LastModified time.Time `json:"lastModified"`
	Location     string    `json:"location"`
}

// page is a stretch of a list; Start counts from 1.
type page struct{ Start, Count int }

// list is the answer to a query (RFC 7644, 3.4.2).
type list[T any] struct {
	Schemas      []string `json:"schemas"`
	TotalResults int      `json:"totalResults"`
	StartIndex   int      `json:"startIndex"`
	ItemsPerPage int      `json:"itemsPerPage"`
	Resources    []T      `json:"Resources"` //nolint:tagliatelle // the standard's
}

// ref is a reference to another resource.
type ref struct {
	Value   string `json:"value"`
	Display string `json:"display,omitempty"`
}

func one[T any](ctx context.Context, tx pgx.Tx, what, sql string, id uuid.UUID) (T, error) {
	row, err := postgres.One[T](ctx, tx, sql, id)
	if errors.Is(err, postgres.ErrNoRow) {
		err = missing(what)
	}
	return row, err
}

// idOf reads an id; one of another form is of nothing.
func idOf(text string) uuid.UUID {
	id, err := uuid.Parse(strings.TrimSpace(text))
	if err != nil {
		return uuid.Nil
	}
	return id
}
