package properties

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/skaiscraper/skai/internal/contacts"
	"github.com/skaiscraper/skai/internal/platform/web"
)

// propertyJSON is a property as the API gives and takes it. What it takes are the
// members that are not read-only; those that are left out are emptied, so a
// property can be read, changed and sent back whole.
type propertyJSON struct {
	ID                uuid.UUID                 `json:"id" readOnly:"true"`
	Version           int64                     `json:"version" readOnly:"true" doc:"Send it as If-Match with a change"`
	Name              string                    `json:"name" required:"false" doc:"Empty for most houses" example:"Ocotillo HOA, building 4"`
	Address           contacts.PostalJSON       `json:"address" required:"false" doc:"An address or a name is needed"`
	Plus4             string                    `json:"plus4" readOnly:"true" doc:"Of ZIP+4, read from zip"`
	Line              string                    `json:"line" readOnly:"true" doc:"The address in one line"`
	County            string                    `json:"county" required:"false"`
	Latitude          *float64                  `json:"latitude" required:"false" doc:"Degrees north; both or neither"`
	Longitude         *float64                  `json:"longitude" required:"false" doc:"Degrees east"`
	PositionPrecision *string                   `json:"position_precision" required:"false" enum:"rooftop,interpolated,zip,manual" nullable:"true" doc:"manual where left out"`
	Kind              string                    `json:"kind" required:"false" enum:",single_family,multi_family,townhouse,condo,mobile_home,commercial,hoa,other" doc:"Empty where it is not known"`
	YearBuilt         *int                      `json:"year_built" required:"false"`
	Squares           *float64                  `json:"squares" required:"false" doc:"Roof area; 1 square is 100 square feet; two decimals"`
	SquareFeet        *int                      `json:"square_feet" required:"false" doc:"Living area"`
	Stories           *float64                  `json:"stories" required:"false" doc:"One decimal"`
	Pitch             string                    `json:"pitch" required:"false" example:"6/12"`
	RoofMaterial      string                    `json:"roof_material" required:"false"`
	RoofAge           *int                      `json:"roof_age" required:"false" doc:"Years"`
	OwnerID           *uuid.UUID                `json:"owner_id" required:"false" format:"uuid" doc:"A contact"`
	Owner             string                    `json:"owner" readOnly:"true" doc:"The owner's name"`
	Tags              []string                  `json:"tags" required:"false" nullable:"false"`
	Notes             string                    `json:"notes" required:"false"`
	Extra             map[string]map[string]any `json:"extra,omitempty" readOnly:"true" doc:"What imports kept without a place of its own, by source; not in lists"`
	CreatedAt         time.Time                 `json:"created_at" readOnly:"true"`
	CreatedBy         uuid.UUID                 `json:"created_by" readOnly:"true"`
	UpdatedAt         time.Time                 `json:"updated_at" readOnly:"true"`
	UpdatedBy         uuid.UUID                 `json:"updated_by" readOnly:"true"`
	ArchivedAt        *time.Time                `json:"archived_at" required:"false" readOnly:"true" doc:"null while it is not archived"`
}

func toJSON(p Property) propertyJSON {
	return propertyJSON{
		ID: p.ID, Version: p.Version, Name: p.Name, Address: p.Postal.JSON(), Plus4: p.Plus4, Line: p.Address, County: p.County,
		Latitude: p.Latitude, Longitude: p.Longitude, PositionPrecision: p.PositionPrecision, Kind: p.Kind, YearBuilt: p.YearBuilt,
		Squares: p.Squares, SquareFeet: p.SquareFeet, Stories: p.Stories, Pitch: p.Pitch, RoofMaterial: p.RoofMaterial, RoofAge: p.RoofAge,
		OwnerID: p.OwnerID, Owner: p.Owner, Tags: p.Tags, Notes: p.Notes,
		CreatedAt: p.CreatedAt, CreatedBy: p.CreatedBy, UpdatedAt: p.UpdatedAt, UpdatedBy: p.UpdatedBy, ArchivedAt: p.ArchivedAt,
	}
}

func (p *propertyJSON) details() Details {
	return Details{
		Name: p.Name, Postal: p.Address.Postal(), County: p.County, Latitude: p.Latitude, Longitude: p.Longitude, PositionPrecision: p.PositionPrecision,
		Kind: p.Kind, YearBuilt: p.YearBuilt, Squares: p.Squares, SquareFeet: p.SquareFeet, Stories: p.Stories, Pitch: p.Pitch,
		RoofMaterial: p.RoofMaterial, RoofAge: p.RoofAge, OwnerID: p.OwnerID, Tags: p.Tags, Notes: p.Notes,
	}
}

// answer is one property with its version as entity tag.
type answer struct {
	Location string `header:"Location" doc:"Of what was created"`
	ETag     string `header:"ETag"`
	Body     propertyJSON
}

func answerOf(p Property, err error) (*answer, error) {
	if err != nil {
		return nil, err
	}
	return &answer{ETag: web.ETag(p.Version), Body: toJSON(p)}, nil
}

type listInput struct {
	web.ListParams

	ZIP      string `query:"zip" doc:"Exactly this ZIP"`
	City     string `query:"city" doc:"Exactly this city"`
	Kind     string `query:"kind" enum:"single_family,multi_family,townhouse,condo,mobile_home,commercial,hoa,other"`
	Tag      string `query:"tag" doc:"Exactly this tag"`
	Archived string `query:"archived" enum:"yes,no" doc:"yes: the archived ones, in the order in which they were archived"`
}

type (
	one struct {
		ID uuid.UUID `path:"id"`
	}
	made struct {
		web.IdempotencyKey

		Body propertyJSON
	}
	changed struct {
		web.IfMatch

		ID   uuid.UUID `path:"id"`
		Body propertyJSON
	}
	listed struct{ Body web.Page[propertyJSON] }
)

func (s *Service) apiRoutes(rt *web.Router) {
	op := func(method, path, summary string) huma.Operation {
		return huma.Operation{Method: method, Path: "/api/properties" + path, Summary: summary, Tags: []string{"Properties"}}
	}
	creation := op(http.MethodPost, "", "Create a property")
	creation.DefaultStatus = http.StatusCreated
	web.Op(rt, see, op(http.MethodGet, "", "List properties"), s.listAPI)
	web.Op(rt, edit, creation, s.createAPI)
	web.Op(rt, see, op(http.MethodGet, "/{id}", "Get a property"), s.getAPI)
	web.Op(rt, edit, op(http.MethodPut, "/{id}", "Change a property"), func(ctx context.Context, in *changed) (*answer, error) {
		version, err := in.Version()
		if err != nil {
			return nil, err
		}
		return answerOf(s.Update(ctx, in.ID, version, in.Body.details()))
	})
	web.Op(rt, archive, op(http.MethodPost, "/{id}/archive", "Archive a property"), func(ctx context.Context, in *one) (*answer, error) {
		return answerOf(s.Archive(ctx, in.ID))
	})
	web.Op(rt, archive, op(http.MethodPost, "/{id}/restore", "Restore an archived property"), func(ctx context.Context, in *one) (*answer, error) {
		return answerOf(s.Restore(ctx, in.ID))
	})
}

func (s *Service) listAPI(ctx context.Context, in *listInput) (*listed, error) {
	filters := url.Values{}
	for name, value := range map[string]string{"zip": in.ZIP, "city": in.City, "kind": in.Kind, "tag": in.Tag, "archived": in.Archived} {
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
	items := make([]propertyJSON, len(l.Rows))
	for i, p := range l.Rows {
		items[i] = toJSON(p)
	}
	return &listed{Body: web.NewPage(items, l.Older)}, nil
}

func (s *Service) createAPI(ctx context.Context, in *made) (*answer, error) {
	a, err := answerOf(s.Create(ctx, in.Body.details(), in.Key))
	if err == nil {
		a.Location = "/api/properties/" + a.Body.ID.String()
	}
	return a, err
}

func (s *Service) getAPI(ctx context.Context, in *one) (*answer, error) {
	p, err := s.Get(ctx, in.ID)
	a, err := answerOf(p.Property, err)
	if err == nil {
		a.Body.Extra = p.Extra
	}
	return a, err
}
