package properties

import "github.com/skaiscraper/skai/internal/platform/staging"

// Staging is how an import publishes properties.
var Staging = staging.Table{
	Name: "properties", Entity: "property",
	Columns: []staging.Column{
		{Name: "name", Rule: staging.Text},
		{Name: "address_typed", Rule: staging.Text},
		{Name: "street", Rule: staging.Text},
		{Name: "unit", Rule: staging.Text},
		{Name: "city", Rule: staging.Text},
		{Name: "state", Rule: staging.Text},
		{Name: "zip", Rule: staging.Text},
		{Name: "plus4", Rule: staging.Text},
		{Name: "county", Rule: staging.Text},
		{Name: "address_key", Rule: staging.Text},
		{Name: "latitude", Rule: staging.Value},
		{Name: "longitude", Rule: staging.Value},
		{Name: "position_precision", Rule: staging.Value},
		{Name: "kind", Rule: staging.Text},
		{Name: "year_built", Rule: staging.Value},
		{Name: "squares", Rule: staging.Value},
		{Name: "square_feet", Rule: staging.Value},
		{Name: "stories", Rule: staging.Value},
		{Name: "pitch", Rule: staging.Text},
		{Name: "roof_material", Rule: staging.Text},
		{Name: "roof_age", Rule: staging.Value},
		{Name: "owner_id", Rule: staging.Value},
		{Name: "tags", Rule: staging.List},
		{Name: "notes", Rule: staging.Text},
	},
	Helpers: []string{"contact_ref text", "contact_email text", "by_address boolean", "job_ref text"},
}

// Staged is a property read from a row.
type Staged struct {
	staging.Head
	Name, AddressTyped                    string
	Street, Unit, City, State, ZIP, Plus4 string
	County, AddressKey                    string
	Latitude, Longitude                   *float64 // both or neither
	Kind                                  string
	YearBuilt, SquareFeet, RoofAge        *int64
	Squares, Stories                      string // decimal numbers, "" for not known
	Pitch, RoofMaterial                   string
	Tags                                  []string
	Notes                                 string
	ContactRef, ContactEmail              string // the owner: by external id, or by e-mail address
	ByAddress                             bool   // the same address in the organisation is this property
	JobRef                                string // the job of another system that the source says it belongs to
}

// Append writes the property in the order of Staging.CopyColumns.
func (s *Staged) Append(b *staging.Buffer) {
	s.Head.Append(b)
	for _, text := range []string{
		s.Name, s.AddressTyped, s.Street, s.Unit, s.City, s.State, s.ZIP, s.Plus4, s.County, s.AddressKey,
	} {
		b.Text(text)
	}
	b.FloatOrNull(s.Latitude)
	b.FloatOrNull(s.Longitude)
	if s.Latitude == nil {
		b.Null()
	} else {
		b.Text("rooftop")
	}
	b.Text(s.Kind)
	b.IntOrNull(s.YearBuilt)
	b.TextOrNull(s.Squares)
	b.IntOrNull(s.SquareFeet)
	b.TextOrNull(s.Stories)
	b.Text(s.Pitch)
	b.Text(s.RoofMaterial)
	b.IntOrNull(s.RoofAge)
	b.Null() // owner_id, found from the helpers
	b.TextList(s.Tags)
	b.Text(s.Notes)
	b.TextOrNull(s.ContactRef)
	b.TextOrNull(s.ContactEmail)
	b.Bool(s.ByAddress)
	b.TextOrNull(s.JobRef)
	b.EndRow()
}
