package orgs

import (
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/skaiscraper/skai/internal/platform/ui"
)

// LogoPath is where the logo of the organisation somebody looks at is; package settings serves it.
const LogoPath = "/logo"

// Place is the organisation whose pages somebody sees.
type Place struct {
	OrgID      uuid.UUID
	OrgName    string
	TimeZone   string
	BrandColor *string
	HasLogo    bool
	BrandAt    time.Time // when the logo may have changed last; part of its address
}

// Shell is the organisation as it stands around its pages.
func (p Place) Shell() ui.Viewer {
	v := ui.Viewer{
		Org:      ui.Org{ID: p.OrgID.String(), Name: p.OrgName},
		Sections: []ui.Section{ui.Dashboard, ui.Leads, ui.Claims, ui.Contacts, ui.Properties},
	}
	if p.BrandColor != nil {
		v.Org.Colour = *p.BrandColor
	}
	if p.HasLogo {
		v.Org.LogoURL = fmt.Sprintf("%s?v=%d", LogoPath, p.BrandAt.UnixMicro())
	}
	// Saving a zone checks it; should this machine not know it, times are shown in UTC and say so.
	if zone, err := time.LoadLocation(p.TimeZone); err == nil {
		v.Zone = zone
	}
	return v
}
