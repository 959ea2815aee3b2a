package generate

import (
	"time"

	"github.com/skaiscraper/skai/internal/demo/generate/places"
)

// Storm is a day on which many roofs of a company's area were damaged.
type Storm struct {
	Day   time.Time // midnight UTC of that day
	Peril string    // hail, wind, or both
	Share int       // of the storm losses, relative to the other storms
}

func day(year int, month time.Month, d int) time.Time {
	return time.Date(year, month, d, 0, 0, 0, 0, time.UTC)
}

// The two companies of the demo. The people, claims and amounts are made up;
// towns, ZIP codes and street names are those of the towns.
var (
	Titan = Company{
		Slug: "titan", Name: "Titan Roofing", TimeZone: "America/Phoenix", Jobs: 2000, Seed: 602_928, AsOf: day(2026, time.November, 16),
		AreaCodes: []string{"602", "928", "480", "623"}, Cities: places.Arizona, Excel: true,
		Storms: []Storm{
			{day(2024, time.July, 24), "Wind", 6},
			{day(2024, time.September, 13), "Hail", 22},
			{day(2024, time.September, 20), "Wind/Hail", 9},
			{day(2025, time.July, 2), "Wind", 10},
			{day(2025, time.July, 25), "Hail", 20},
			{day(2025, time.August, 25), "Wind", 12},
			{day(2025, time.September, 26), "Wind/Hail", 14},
			{day(2026, time.July, 18), "Hail", 15},
		},
	}
	ProWest = Company{
		Slug: "prowest", Name: "Pro West", Colour: "#8a3b12", TimeZone: "America/Denver", Jobs: 2000, Seed: 303_720, AsOf: day(2026, time.November, 16),
		AreaCodes: []string{"303", "720"}, Cities: places.Colorado,
		Storms: []Storm{
			{day(2024, time.May, 30), "Hail", 34},
			{day(2024, time.July, 20), "Hail", 8},
			{day(2025, time.May, 18), "Wind/Hail", 7},
			{day(2025, time.June, 17), "Hail", 28},
			{day(2025, time.August, 5), "Hail", 6},
			{day(2026, time.May, 27), "Hail", 13},
			{day(2026, time.July, 8), "Wind", 5},
		},
	}
)
