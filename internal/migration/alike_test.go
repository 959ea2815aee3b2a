package migration_test

import "testing"

// TestWhatAnOfficeSharesMakesNobodyAlike: two with one number may be one person,
// six with one number are an office.
func TestWhatAnOfficeSharesMakesNobodyAlike(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	rows := []string{"First Name,Last Name,Phone"}
	for _, who := range []string{"Ann,Able", "Bea,Able", "Cal,Able", "Dan,Able", "Eve,Able", "Fay,Able"} {
		rows = append(rows, who+",602-555-0123")
	}
	h.imports(h.file("contacts.csv", append(rows, "Guy,Baker,602-555-0124", "Hal,Baker,602-555-0124")...))
	h.want(`SELECT c.first_name || ' looks like ' || o.first_name || ' by ' || i.rung FROM import_candidates i JOIN contacts c ON c.id = i.record_id JOIN contacts o ON o.id = i.candidate_id`,
		"Hal looks like Guy by phone")
}
