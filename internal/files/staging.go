package files

import (
	"time"

	"github.com/skaiscraper/skai/internal/platform/staging"
)

// Staging is how an import publishes files.
var Staging = staging.Table{
	Name: "files", Entity: "file",
	Columns: []staging.Column{
		{Name: "kind", Rule: staging.Text},
		{Name: "name", Rule: staging.Text},
		{Name: "source_url", Rule: staging.Text},
		{Name: "source_md5", Rule: staging.Text},
		{Name: "taken_at", Rule: staging.Value},
		{Name: "taken_by", Rule: staging.Text},
		{Name: "latitude", Rule: staging.Value},
		{Name: "longitude", Rule: staging.Value},
		{Name: "caption", Rule: staging.Text},
		{Name: "tags", Rule: staging.List},
		{Name: "property_id", Rule: staging.Value},
		{Name: "claim_id", Rule: staging.Value},
		{Name: "lead_id", Rule: staging.Value},
	},
	Helpers: []string{"project_ref text"},
}

// Staged is a photo or document read from a row.
type Staged struct {
	staging.Head
	Kind, Name          string
	SourceURL           string
	SourceMD5           string
	TakenAt             time.Time
	TakenBy             string
	Latitude, Longitude *float64
	Caption             string
	Tags                []string
	ProjectRef          string // the external id of the project it belongs to
}

// Append writes the file in the order of Staging.CopyColumns.
func (s *Staged) Append(b *staging.Buffer) {
	s.Head.Append(b)
	b.Text(s.Kind)
	b.Text(s.Name)
	b.Text(s.SourceURL)
	b.Text(s.SourceMD5)
	b.Time(s.TakenAt)
	b.Text(s.TakenBy)
	b.FloatOrNull(s.Latitude)
	b.FloatOrNull(s.Longitude)
	b.Text(s.Caption)
	b.TextList(s.Tags)
	b.Null() // property_id, claim_id and lead_id are found from the project
	b.Null()
	b.Null()
	b.TextOrNull(s.ProjectRef)
	b.EndRow()
}
