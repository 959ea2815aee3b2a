package settings

import (
	"fmt"
	"strconv"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/orgs"
	"github.com/skaiscraper/skai/internal/platform/place"
	"github.com/skaiscraper/skai/internal/platform/ui"
	"github.com/skaiscraper/skai/internal/platform/web"
)

// zones are the time zones of the United States, from east to west. Another one,
// set when the organisation was made, stays and is shown.
var zones = []ui.Option{
	{Value: "America/Puerto_Rico", Text: "Atlantic (Puerto Rico)"},
	{Value: "America/New_York", Text: "Eastern"},
	{Value: "America/Chicago", Text: "Central"},
	{Value: "America/Denver", Text: "Mountain"},
	{Value: "America/Phoenix", Text: "Arizona (no summer time)"},
	{Value: "America/Los_Angeles", Text: "Pacific"},
	{Value: "America/Anchorage", Text: "Alaska"},
	{Value: "Pacific/Honolulu", Text: "Hawaii"},
}

// organisationFields are the name, the time zone, the colour and the logo.
func organisationFields(f *web.Form, org orgs.Org) []ui.Field {
	colour := ""
	if org.BrandColor != nil {
		colour = *org.BrandColor
	}
	return []ui.Field{
		ui.FieldOf(f, "name", "Name", org.Name).With(func(f *ui.Field) { f.Required = true }),
		ui.FieldOf(f, "time_zone", "Time zone", org.TimeZone).With(func(f *ui.Field) {
			f.Options, f.Required, f.Hint = zones, true, "Days and times are shown in it."
		}),
		ui.FieldOf(f, "brand_color", "Colour", colour).With(func(f *ui.Field) {
			f.Max, f.Hint = 7, "As #0b5a6b. It is made lighter or darker where it could not be read. Empty is SkaiScraper's own."
		}),
		ui.FieldOf(f, "logo", "Logo", "").With(func(f *ui.Field) {
			f.Type, f.Hint = "file", "An SVG or PNG file of at most 256 kB, shown about 28 pixels high."
		}),
	}
}

// Choices of how long a session lasts, in minutes.
var (
	idleTimes = []ui.Option{
		{Value: "15", Text: "15 minutes"},
		{Value: "30", Text: "30 minutes"},
		{Value: "60", Text: "an hour"},
		{Value: "240", Text: "4 hours"},
		{Value: "480", Text: "8 hours"},
		{Value: "1440", Text: "a day"},
		{Value: "10080", Text: "7 days"},
		{Value: "43200", Text: "30 days"},
	}
	lifeTimes = []ui.Option{
		{Value: "60", Text: "an hour"},
		{Value: "480", Text: "8 hours"},
		{Value: "720", Text: "12 hours"},
		{Value: "1440", Text: "a day"},
		{Value: "10080", Text: "7 days"},
		{Value: "43200", Text: "30 days"},
		{Value: "129600", Text: "90 days"},
	}
)

// lifetimeFields are how long people stay signed in.
func lifetimeFields(f *web.Form, org orgs.Org) []ui.Field {
	return []ui.Field{
		ui.FieldOf(f, "session_idle", "Signed out when not used for", strconv.Itoa(org.SessionIdleMinutes)).With(func(f *ui.Field) {
			f.Options, f.Required = idleTimes, true
		}),
		ui.FieldOf(f, "session_life", "Signed out in any case after", strconv.Itoa(org.SessionLifeMinutes)).With(func(f *ui.Field) {
			f.Options, f.Required, f.Hint = lifeTimes, true, "Counted from signing in. Both hold at once, for everybody who is signed in now."
		}),
	}
}

// passwordFields are the current password and the new one, twice. None of them is
// ever sent back.
func passwordFields(f *web.Form) []ui.Field {
	secret := func(fill, hint string) func(*ui.Field) {
		return func(f *ui.Field) { f.Type, f.Fill, f.Hint, f.Required = "password", fill, hint, true }
	}
	return []ui.Field{
		ui.FieldOf(f, "current", "The password you have", "").With(secret("current-password", "")),
		ui.FieldOf(f, "password", "The new one", "").With(secret("new-password", fmt.Sprintf("%d characters or more; a sentence is easy to keep in mind.", identity.MinPassword))),
		ui.FieldOf(f, "again", "The new one again", "").With(secret("new-password", "")),
	}
}

// sessionDetails says where and when a device was used.
func sessionDetails(s identity.OpenSession) []ui.Detail {
	address, where := "", ""
	if s.Address != nil {
		address, where = s.Address.String(), place.Words(*s.Address)
	}
	return []ui.Detail{
		{Label: "Last used", Value: ui.Time(s.LastSeenAt)},
		{Label: "Signed in", Value: ui.Time(s.CreatedAt)},
		{Label: "Ends, unless it is used", Value: ui.Time(s.ExpiresAt)},
		{Label: "Place", Value: ui.Text(where)},
		{Label: "Address", Value: ui.Text(address)},
	}
}
