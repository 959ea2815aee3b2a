package properties

import (
	"math"
	"slices"
	"strings"
	"time"

	"github.com/skaiscraper/skai/internal/contacts"
	"github.com/skaiscraper/skai/internal/platform/address"
	"github.com/skaiscraper/skai/internal/platform/fault"
)

// How much fits, in characters.
const (
	maxText  = 200
	maxNotes = 20_000
)

// tidy brings what was entered into the form in which it is kept and says what
// can't be. What stood there already, old, may stay as an import left it.
func (d *Details) tidy(old Details) error {
	f := fault.Fields{}
	for _, t := range []struct {
		field, text, was string
		most             int
	}{
		{"name", d.Name, old.Name, maxText},
		{"county", d.County, old.County, maxText},
		{"pitch", d.Pitch, old.Pitch, maxText},
		{"roof_material", d.RoofMaterial, old.RoofMaterial, maxText},
		{"notes", d.Notes, old.Notes, maxNotes},
	} {
		if t.text != t.was {
			f.Text(t.field, t.text, t.most)
		}
	}
	d.tidyAddress(f, old)
	if strings.TrimSpace(d.Name+d.AddressTyped+d.Street) == "" {
		f.Add("street", "enter the street, or a name for the property")
	}
	if d.Kind != "" && !slices.Contains(Kinds, d.Kind) {
		f.Add("kind", "%q is not one of %s", d.Kind, strings.Join(Kinds, ", "))
	}
	d.tidyPosition(f, old)
	whole(f, "year_built", d.YearBuilt, old.YearBuilt, 1600, time.Now().Year()+5)
	whole(f, "square_feet", d.SquareFeet, old.SquareFeet, 0, 100_000_000)
	whole(f, "roof_age", d.RoofAge, old.RoofAge, 0, 300)
	decimal(f, "squares", d.Squares, old.Squares, 1_000_000, 100)
	decimal(f, "stories", d.Stories, old.Stories, 200, 10)
	d.Tags = contacts.TidyTags(f, d.Tags, old.Tags)
	return f.Err()
}

func (d *Details) tidyAddress(f fault.Fields, old Details) {
	typedZIP, typedState := d.ZIP, d.State
	d.Postal.Tidy(f, old.Postal)
	if d.Postal == old.Postal {
		d.Plus4 = old.Plus4
		return
	}
	d.Plus4 = ""
	if _, plus4, err := address.ParseZIP(typedZIP, typedState); err == nil {
		d.Plus4 = plus4
	}
}

// tidyPosition checks the position. One that people enter is as precise as they say.
func (d *Details) tidyPosition(f fault.Fields, old Details) {
	if d.Latitude == nil && d.Longitude == nil {
		d.PositionPrecision = nil
		return
	}
	if d.Latitude == nil || d.Longitude == nil {
		f.Add("latitude", "a position needs both latitude and longitude, or neither")
		return
	}
	if !(math.Abs(*d.Latitude) <= 90) {
		f.Add("latitude", "a latitude is from -90 to 90 degrees, in Phoenix about 33.45")
	}
	if !(math.Abs(*d.Longitude) <= 180) {
		f.Add("longitude", "a longitude is from -180 to 180 degrees, in Phoenix about -112.07")
	}
	if same(d.Latitude, old.Latitude) && same(d.Longitude, old.Longitude) && d.PositionPrecision == nil {
		d.PositionPrecision = old.PositionPrecision
	}
	if d.PositionPrecision == nil {
		manual := "manual"
		d.PositionPrecision = &manual
	}
	if !slices.Contains(Precisions, *d.PositionPrecision) {
		f.Add("position_precision", "%q is not one of %s", *d.PositionPrecision, strings.Join(Precisions, ", "))
	}
}

func same[T comparable](a, b *T) bool { return a == b || a != nil && b != nil && *a == *b }

// whole notes a whole number out of bounds, unless it stood there before.
func whole(f fault.Fields, field string, n, old *int, low, high int) {
	if n != nil && !same(n, old) && (*n < low || *n > high) {
		f.Add(field, "enter a whole number from %d to %d", low, high)
	}
}

// decimal notes a number out of bounds or with more than one, or two, decimals:
// per is 10 or 100.
func decimal(f fault.Fields, field string, n, old *float64, high, per float64) {
	if n == nil || same(n, old) {
		return
	}
	if !(*n >= 0 && *n <= high) || math.Abs(math.Round(*n*per)-*n*per) > 1e-6 {
		f.Add(field, "enter a number from 0 to %.0f with at most %.0f decimals, for example 24.5", high, math.Log10(per))
	}
}
