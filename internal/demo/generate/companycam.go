package generate

import (
	"crypto/md5" //nolint:gosec // CompanyCam's own checksum of a photo, nothing is secured by it
	"encoding/hex"
	"strconv"
	"strings"
	"time"

	"github.com/skaiscraper/skai/internal/demo/generate/words"
)

// companyCam are projects for 15 of a hundred jobs with five photos each. Two
// thirds belong to jobs of JobNimbus, most of those with the job's id; the rest
// is only known by its address.
func (w *world) companyCam() (projects, photos File) {
	d := w.rand("companycam")
	pt := &table{header: []string{
		"id", "name", "street_address_1", "street_address_2", "city", "state", "postal_code", "country", "latitude", "longitude", "status", "archived",
		"primary_contact_name", "primary_contact_email", "primary_contact_phone", "created_at", "notepad", "photo_count", "integration_relation_id",
	}}
	ft := &table{header: []string{"photo_id", "project_id", "url", "hash", "description", "captured_at", "creator_name", "latitude", "longitude", "tags"}}
	want := max(w.Jobs*15/100, 1)
	known := begun(w.jobNimbusJobs, want*2/3)
	for i, j := range append(known, begun(w.accuLynx, want-len(known))...) {
		id := strconv.Itoa(61_000_000 + i*37 + d.IntN(37))
		count := d.between(3, 7)
		r := w.projectRow(d, pt, j, id, count)
		if j.jnid != "" && d.chance(75) {
			pt.cell(r, "integration_relation_id", j.jnid)
		}
		for range count {
			w.photoRow(d, ft, j, id)
		}
	}
	w.photoDefects(d, pt, ft)
	return File{Name: "companycam-projects.csv", Source: "companycam", Kind: "properties", Data: pt.csv(dialect{}), Want: pt.want()},
		File{Name: "companycam-photos.csv", Source: "companycam", Kind: "photos", Data: ft.csv(dialect{}), Want: ft.want()}
}

// begun are the first jobs on which somebody has been on the roof.
func begun(jobs []*job, most int) []*job {
	var some []*job
	for _, j := range jobs {
		if j.phase >= prospect && len(some) < most {
			some = append(some, j)
		}
	}
	return some
}

func (w *world) projectRow(d dice, t *table, j *job, id string, photos int) *row {
	r := t.add(make([]string, len(t.header))...)
	name := j.who.display()
	if d.chance(25) {
		name = j.at.street
	}
	note := ""
	if d.chance(15) {
		note = pick(d, words.JobNotes)
	}
	t.fill(r, map[string]string{
		"id": id, "name": name, "street_address_1": j.at.street, "street_address_2": j.at.unit, "city": j.at.city, "state": j.at.state, "postal_code": j.at.zip,
		"country": "US", "latitude": degrees(j.at.lat), "longitude": degrees(j.at.long), "status": "active", "archived": strconv.FormatBool(j.phase >= closed && d.chance(60)),
		"primary_contact_name": j.who.display(), "primary_contact_email": j.who.email, "primary_contact_phone": j.who.phone,
		"created_at": strconv.FormatInt(j.created.Unix(), 10), "notepad": note, "photo_count": strconv.Itoa(photos),
	})
	return r
}

func (w *world) photoRow(d dice, t *table, j *job, project string) *row {
	id := strconv.Itoa(2_300_000_000 + len(t.rows)*53 + d.IntN(53))
	sum := md5.Sum([]byte(w.Slug + id)) //nolint:gosec // see the import
	taken := earlier(j.created.Add(time.Duration(d.IntN(80*24*60))*time.Minute), w.AsOf.Add(-time.Hour))
	tags := ""
	if d.chance(50) {
		tags = pick(d, words.PhotoTags)
		if d.chance(30) {
			tags = strings.Join([]string{tags, pick(d, words.PhotoTags)}, ", ")
		}
	}
	return t.add(id, project, "https://img.example.com/"+w.Slug+"/"+id+".jpg", hex.EncodeToString(sum[:]), pick(d, words.Captions), strconv.FormatInt(taken.Unix(), 10),
		pick(d, w.sales).Name, degrees(j.at.lat+(d.Float64()-0.5)/5000), degrees(j.at.long+(d.Float64()-0.5)/5000), tags)
}

func degrees(x float64) string { return strconv.FormatFloat(x, 'f', 6, 64) }

// photoDefects are a project off the globe and a photo without its address.
func (w *world) photoDefects(d dice, projects, photos *table) {
	p := person{first: "Joan", last: "Reed"}
	j := job{who: &p, at: w.place(d), created: w.AsOf.AddDate(0, -5, 0)}
	globe := *w.projectRow(d, projects, &j, "60999999", 0)
	projects.rows = projects.rows[:len(projects.rows)-1]
	projects.cell(&globe, "latitude", "3344.826")
	globe.rule, globe.column = "position", "latitude"
	projects.spread(d, globe)
	if len(photos.rows) == 0 { // nobody has been on a roof yet
		return
	}
	nowhere := *w.photoRow(d, photos, &j, photos.rows[0].cells[1])
	photos.rows = photos.rows[:len(photos.rows)-1]
	photos.cell(&nowhere, "url", "")
	nowhere.rule = "no_url"
	photos.spread(d, nowhere)
}
