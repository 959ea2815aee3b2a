package contacts

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/skaiscraper/skai/internal/platform/web"
)

// contactJSON is a contact as the API gives and takes it. What it takes are the
// members that are not read-only; those that are left out are emptied, so a
// contact can be read, changed and sent back whole.
type contactJSON struct {
	ID           uuid.UUID                 `json:"id" readOnly:"true"`
	Version      int64                     `json:"version" readOnly:"true" doc:"Send it as If-Match with a change"`
	Name         string                    `json:"name" readOnly:"true" doc:"First and last name, or the company"`
	FirstName    string                    `json:"first_name" required:"false" doc:"One of first_name, last_name and company is needed"`
	LastName     string                    `json:"last_name" required:"false"`
	Company      string                    `json:"company" required:"false"`
	Role         string                    `json:"role" required:"false" enum:"homeowner,adjuster,carrier,vendor,other" default:"homeowner"`
	Phones       []Phone                   `json:"phones" required:"false" nullable:"false"`
	Emails       []string                  `json:"emails" required:"false" nullable:"false"`
	Address      PostalJSON                `json:"address" required:"false"`
	Source       string                    `json:"source" required:"false" doc:"Where the contact came from" example:"Referral"`
	Tags         []string                  `json:"tags" required:"false" nullable:"false"`
	Notes        string                    `json:"notes" required:"false"`
	DoNotContact bool                      `json:"do_not_contact" required:"false"`
	Extra        map[string]map[string]any `json:"extra,omitempty" readOnly:"true" doc:"What imports kept without a place of its own, by source; not in lists"`
	CreatedAt    time.Time                 `json:"created_at" readOnly:"true"`
	CreatedBy    uuid.UUID                 `json:"created_by" readOnly:"true"`
	UpdatedAt    time.Time                 `json:"updated_at" readOnly:"true"`
	UpdatedBy    uuid.UUID                 `json:"updated_by" readOnly:"true"`
	ArchivedAt   *time.Time                `json:"archived_at" required:"false" readOnly:"true" doc:"null while it is not archived"`
}

// PostalJSON is an address as the API gives and takes it.
type PostalJSON struct {
	Street string `json:"street" required:"false" example:"319 Claremont Ct"`
	Unit   string `json:"unit" required:"false" example:"Apt 3B"`
	City   string `json:"city" required:"false"`
	State  string `json:"state" required:"false" example:"AZ"`
	ZIP    string `json:"zip" required:"false" example:"85004"`
	Typed  string `json:"typed" required:"false" doc:"The address as it was typed; read into the parts where those are left out"`
}

// JSON is the address for the API.
func (p Postal) JSON() PostalJSON {
	return PostalJSON{p.Street, p.Unit, p.City, p.State, p.ZIP, p.AddressTyped}
}

// Postal is the address that the API was given.
func (p PostalJSON) Postal() Postal {
	return Postal{p.Street, p.Unit, p.City, p.State, p.ZIP, p.Typed}
}

func toJSON(c Contact) contactJSON {
	return contactJSON{
		ID: c.ID, Version: c.Version, Name: c.Name, FirstName: c.FirstName, LastName: c.LastName, Company: c.Company, Role: c.Role,
		Phones: c.Phones, Emails: c.Emails, Address: c.Postal.JSON(), Source: c.Source, Tags: c.Tags, Notes: c.Notes, DoNotContact: c.DoNotContact,
		CreatedAt: c.CreatedAt, CreatedBy: c.CreatedBy, UpdatedAt: c.UpdatedAt, UpdatedBy: c.UpdatedBy, ArchivedAt: c.ArchivedAt,
	}
}

func (c *contactJSON) details() Details {
	return Details{
		FirstName: c.FirstName, LastName: c.LastName, Company: c.Company, Role: c.Role, Phones: c.Phones, Emails: c.Emails,
		Postal: c.Address.Postal(), Source: c.Source, Tags: c.Tags, Notes: c.Notes, DoNotContact: c.DoNotContact,
	}
}

// answer is one contact with its version as entity tag.
type answer struct {
	Location string `header:"Location" doc:"Of what was created"`
	ETag     string `header:"ETag"`
	Body     contactJSON
}

func answerOf(c Contact, err error) (*answer, error) {
	if err != nil {
		return nil, err
	}
	return &answer{ETag: web.ETag(c.Version), Body: toJSON(c)}, nil
}

type listInput struct {
	web.ListParams

	Role         string `query:"role" enum:"homeowner,adjuster,carrier,vendor,other"`
	Source       string `query:"source" doc:"Exactly this source"`
	Tag          string `query:"tag" doc:"Exactly this tag"`
	DoNotContact string `query:"do_not_contact" enum:"yes,no"`
	Archived     string `query:"archived" enum:"yes,no" doc:"yes: the archived ones, in the order in which they were archived"`
}

type (
	one struct {
		ID uuid.UUID `path:"id"`
	}
	made struct {
		web.IdempotencyKey

		Body contactJSON
	}
	changed struct {
		web.IfMatch

		ID   uuid.UUID `path:"id"`
		Body contactJSON
	}
	listed struct{ Body web.Page[contactJSON] }
)

func (s *Service) apiRoutes(rt *web.Router) {
	op := func(method, path, summary string) huma.Operation {
		return huma.Operation{Method: method, Path: "/api/contacts" + path, Summary: summary, Tags: []string{"Contacts"}}
	}
	creation := op(http.MethodPost, "", "Create a contact")
	creation.DefaultStatus = http.StatusCreated
	web.Op(rt, see, op(http.MethodGet, "", "List contacts"), s.listAPI)
	web.Op(rt, edit, creation, s.createAPI)
	web.Op(rt, see, op(http.MethodGet, "/{id}", "Get a contact"), s.getAPI)
	web.Op(rt, edit, op(http.MethodPut, "/{id}", "Change a contact"), func(ctx context.Context, in *changed) (*answer, error) {
		version, err := in.Version()
		if err != nil {
			return nil, err
		}
		return answerOf(s.Update(ctx, in.ID, version, in.Body.details()))
	})
	web.Op(rt, archive, op(http.MethodPost, "/{id}/archive", "Archive a contact"), func(ctx context.Context, in *one) (*answer, error) {
		return answerOf(s.Archive(ctx, in.ID))
	})
	web.Op(rt, archive, op(http.MethodPost, "/{id}/restore", "Restore an archived contact"), func(ctx context.Context, in *one) (*answer, error) {
		return answerOf(s.Restore(ctx, in.ID))
	})
}

func (s *Service) listAPI(ctx context.Context, in *listInput) (*listed, error) {
	filters := url.Values{}
	for name, value := range map[string]string{
		"role": in.Role, "source": in.Source, "tag": in.Tag, "do_not_contact": in.DoNotContact, "archived": in.Archived,
	} {
		if value != "" {
			filters.Set(name, value)
		}
	}
	q, err := in.Query(filters, listing.Web())
	if err != nil {
		return nil, err
	}
	l, err := s.List(ctx, q)
	if err != nil {
		return nil, err
	}
	items := make([]contactJSON, len(l.Rows))
	for i, c := range l.Rows {
		items[i] = toJSON(c)
	}
	return &listed{Body: web.NewPage(items, l.Older)}, nil
}

func (s *Service) createAPI(ctx context.Context, in *made) (*answer, error) {
	a, err := answerOf(s.Create(ctx, in.Body.details(), in.Key))
	if err == nil {
		a.Location = "/api/contacts/" + a.Body.ID.String()
	}
	return a, err
}

func (s *Service) getAPI(ctx context.Context, in *one) (*answer, error) {
	c, err := s.Get(ctx, in.ID)
	a, err := answerOf(c.Contact, err)
	if err == nil {
		a.Body.Extra = c.Extra
	}
	return a, err
}
