package demo_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/demo"
	"github.com/skaiscraper/skai/internal/demo/generate"
	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/orgs"
)

// TestStaffSignsIn makes people twice: the second time only those who are missing,
// and everybody keeps their password.
func TestStaffSignsIn(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	o := orgs.New(db)
	if _, err := o.Create(t.Context(), generate.Titan.Slug, generate.Titan.Name, generate.Titan.TimeZone); err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	d := demo.New(db, nil, folder, t.Logf)
	var lists [2][]demo.SignIn
	for i, n := range []int{2, 4} {
		if err := d.Staff(t.Context(), []generate.Company{generate.Titan}, n); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(folder, "people-titan.json")
		info, err := os.Stat(file)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Fatalf("the file with the passwords: %v, %v", info, err)
		}
		data, err := os.ReadFile(file) //nolint:gosec // the test's own
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(data, &lists[i]); err != nil || len(lists[i]) != n {
			t.Fatalf("%d people, want %d: %v", len(lists[i]), n, err)
		}
	}
	people := identity.New(db, o)
	for i, s := range lists[1] {
		if i < 2 && s != lists[0][i] {
			t.Errorf("%s was made anew", s.Email)
		}
		token, err := people.SignIn(t.Context(), s.Email, s.Password, identity.Device{})
		if err != nil {
			t.Fatalf("%s: %v", s.Email, err)
		}
		session, err := people.Authenticate(t.Context(), token)
		if err != nil || session.OrgName != generate.Titan.Name || session.Role != s.Role {
			t.Errorf("%s is %+v: %v", s.Email, session, err)
		}
	}
}
