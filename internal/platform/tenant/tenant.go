// Package tenant carries who is acting, and in which organisation, through a context.
//
// Authentication alone puts a Scope into a context, from the session's
// membership row or the API key's row (or, for a command on this machine, from the
// organisation's system person). It is never read from a body, a query or a path.
package tenant

import (
	"context"
	"errors"

	"github.com/google/uuid"
)

// Role is what a person may do in one organisation; identity holds the matrix.
type Role string

// The five roles.
const (
	Owner   Role = "owner"   // pays, sees money
	Admin   Role = "admin"   // sets up, migrates, manages people
	Manager Role = "manager" // a team or branch
	Member  Role = "member"  // sales rep, field tech, office
	Viewer  Role = "viewer"  // accountant, carrier liaison
)

// Scope says in which organisation, as whom and for which request work is done.
type Scope struct {
	OrgID     uuid.UUID
	ActorID   uuid.UUID // a row of people in that organisation
	ActorName string
	Role      Role
	Only      []string  // the permissions, of those the role has, that a composed role or an API key leaves the actor; nil is all of them
	RoleName  string    // of the composed role; "" is the role's own
	Key       bool      // the actor is an API key and no person
	Operator  bool      // the actor runs the platform; OrgID is the nil UUID then, so that no work of an organisation can be done
	Support   uuid.UUID // the organisation's consent by which somebody who runs the platform reads it; zero for everybody else
	PerMinute int       // requests an API key may make; 0 for people
	Rates     Rates     // that the organisation's plan has
	RequestID string
	SessionID uuid.UUID // zero for commands, jobs and keys
}

// Rates are how often a member of an organisation may do something, by preset, where
// its plan says so; nil is nowhere.
type Rates map[string]Rate

// Rate is a number of requests within some seconds.
type Rate struct {
	Quota   int `json:"quota"`
	Seconds int `json:"seconds"`
}

// Kind says what acts, as the audit trail keeps it: a person, an API key, somebody
// who runs the platform, or the program by itself (a command, a job).
func (s Scope) Kind() string {
	switch {
	case s.Key:
		return "key"
	case s.Operator, s.Support != uuid.Nil:
		return "operator"
	case s.SessionID != uuid.Nil:
		return "person"
	}
	return "system"
}

// ErrNoScope is a programming error: tenant work was started without authentication.
var ErrNoScope = errors.New("tenant: no organisation in this context; authentication has to come first")

type key struct{}

// With gives a context in which work is done under the scope.
func With(ctx context.Context, s Scope) context.Context { return context.WithValue(ctx, key{}, s) }

// From gives the scope of the context; ok is false where nobody signed in.
func From(ctx context.Context) (s Scope, ok bool) {
	s, ok = ctx.Value(key{}).(Scope)
	return s, ok
}

// Must gives the scope of the context, or ErrNoScope.
func Must(ctx context.Context) (Scope, error) {
	s, ok := From(ctx)
	if !ok || s.OrgID == uuid.Nil {
		return Scope{}, ErrNoScope
	}
	return s, nil
}

// Request is what the audit trail keeps of the request that work is done for.
type Request struct {
	ID      string
	Route   string // "POST /claims/{id}/archive"
	Action  string // what its route does, "claim.archived"; "" is told by the rows it changes
	Address string // of the network it came from
	Device  string // what the browser or program calls itself
}

type requestKey struct{}

// WithRequest gives a context in which work is done for a request.
func WithRequest(ctx context.Context, r Request) context.Context {
	return context.WithValue(ctx, requestKey{}, r)
}

// RequestOf gives the request of the context; the zero value for jobs and commands.
func RequestOf(ctx context.Context) Request {
	r, _ := ctx.Value(requestKey{}).(Request)
	return r
}
