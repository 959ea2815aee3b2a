package migration_test

import (
	"testing"

	"github.com/skaiscraper/skai/internal/migration"
)

// TestWhatIsArchivedAtItsSourceIsArchivedHere goes through the life of a flag:
// the source archives, and people here decide afterwards.
func TestWhatIsArchivedAtItsSourceIsArchivedHere(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	contacts := func(a, b, c, d string) migration.FileOptions {
		return h.file("contacts.csv", "jnid,record_type_name,display_name,first_name,last_name,fax_number,website,is_active,is_archived",
			"j1,Customer,Pat Null,Pat,Null,602-555-0123,null.example,"+a, "j2,Customer,Ann Lee,Ann,Lee,,,"+b, "j3,Customer,Bo Ray,Bo,Ray,,,"+c, "j4,Customer,Cy Fox,Cy,Fox,,,"+d)
	}
	const archived = `SELECT concat_ws('|', c.last_name, p.kind) FROM contacts c JOIN people p ON p.id = c.archived_by WHERE c.archived_at IS NOT NULL ORDER BY 1`
	report := h.imports(contacts("true,false", "true,1", "0,", "true,false"))
	wantOutcomes(t, report.Files[0], [7]int64{4, 0, 0, 0, 0, 0, 0})
	h.want(archived, "Lee|member", "Ray|member")
	h.want(`SELECT concat_ws('|', phones ->> 0, extra) FROM contacts WHERE last_name = 'Null'`,
		`{"e164": "+16025550123", "type": "fax", "typed": "602-555-0123"}|{"jobnimbus": {"website": "null.example", "is_active": "true", "is_archived": "false"}}`)
	h.want(`SELECT DISTINCT version::text FROM contacts`, "1")

	// Lee is restored here; Null and Fox are archived at the source, Fox was edited here.
	h.exec(`UPDATE contacts SET archived_at = NULL, archived_by = NULL WHERE last_name = 'Lee'`)
	h.exec(`UPDATE contacts SET notes = 'ours', updated_at = now() + interval '1 second' WHERE last_name = 'Fox'`)
	h.imports(contacts("true,true", "true,1", "0,", "true,true"))
	h.want(archived, "Null|member", "Ray|member")

	// A row that changes otherwise doesn't archive again what was restored, and a
	// flag that is taken back doesn't restore what a person may want archived.
	h.imports(h.file("contacts.csv", "jnid,record_type_name,display_name,first_name,last_name,company,is_active,is_archived",
		"j1,Customer,Pat Null,Pat,Null,Acme,true,false", "j2,Customer,Ann Lee,Ann,Lee,Acme,true,1", "j4,Customer,Cy Fox,Cy,Fox,Acme,true,true"))
	h.want(archived, "Null|member", "Ray|member")
	h.want(`SELECT last_name FROM contacts WHERE company = 'Acme' ORDER BY 1`, "Fox", "Lee", "Null")

	bad := h.imports(h.file("bad.csv", "jnid,record_type_name,display_name,first_name,last_name,is_archived", "j9,Customer,Di Day,Di,Day,perhaps"))
	wantOutcomes(t, bad.Files[0], [7]int64{0, 0, 0, 0, 0, 1, 0})
	h.want(`SELECT concat_ws('|', column_name, rule) FROM import_problems`, "is_archived|yes_no")
}

// TestAnArchivedProjectLeavesTheHouseOfAJobOpen imports a project that is put
// away and a job at the same address, which is not.
func TestAnArchivedProjectLeavesTheHouseOfAJobOpen(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	projects := h.file("projects.csv", "id,name,street_address_1,city,state,postal_code,archived,notepad,created_at",
		"p1,Elm,12 Elm Ct,Phoenix,AZ,85001,true,,2024-01-01", "p2,Oak,13 Oak St,Phoenix,AZ,85001,true,,2024-01-01")
	h.imports(projects, h.file("jobs.csv", jobsHeader, `Approved,Kim,Shea,kim@example.com,602-555-0101,Insurance,,12 Elm Ct,Phoenix,AZ,85001,State Farm,SF1,6/19/25,,,6/20/25,,,,`))
	h.want(`SELECT concat_ws('|', street, archived_at IS NOT NULL) FROM properties ORDER BY 1`, "12 Elm Ct|f", "13 Oak St|t")
	wantOutcomes(t, h.imports(projects).Files[0], [7]int64{0, 0, 0, 2, 0, 0, 0})
	h.want(`SELECT concat_ws('|', street, archived_at IS NOT NULL) FROM properties ORDER BY 1`, "12 Elm Ct|f", "13 Oak St|t")
}

// TestAJobFindsItsArchivedContact links by name: an archived contact counts
// where no other has the name.
func TestAJobFindsItsArchivedContact(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.imports(h.file("contacts.csv", "jnid,record_type_name,display_name,first_name,last_name,is_archived",
		"j1,Customer,Pat Null,Pat,Null,true", "j2,Customer,Ann Lee,Ann,Lee,true", "j3,Customer,Ann Lee,Ann,Lee,false"),
		h.file("jobs.csv", "jnid,number,name,primary_contact,status_name,date_start,is_archived", "b1,1,Roof,Pat Null,Lead,,false", "b2,2,Gutter,Ann Lee,Lead,,true"))
	h.want(`SELECT concat_ws('|', l.title, c.first_name, c.archived_at IS NOT NULL, l.archived_at IS NOT NULL) FROM leads l JOIN contacts c ON c.id = l.contact_id ORDER BY 1`,
		"Gutter|Ann|f|t", "Roof|Pat|t|f")
}
