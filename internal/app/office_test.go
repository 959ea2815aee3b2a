package app_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

// Monday morning: everybody of an office, behind one address, signs in at the
// same moment. Neither the rate of sign-ins nor the count of wrong passwords may
// take them for one person.
func TestAnOfficeSignsInAtOnce(t *testing.T) {
	t.Parallel()
	const people = 120
	db := dbtest.New(t)
	titan := dbtest.Org(t, db, "titan")
	titan.As(t, tenant.Member)
	super := dbtest.Super(t, db)
	for _, sql := range []string{
		`INSERT INTO users (id, email, name, password_hash)
		 SELECT gen_random_uuid(), 'crew' || n || '@titan.example', 'Crew ' || n, (SELECT password_hash FROM users WHERE email = $1) FROM generate_series(1, $2::int) n`,
		`INSERT INTO people (org_id, id, user_id, kind, name, email, role, active)
		 SELECT (SELECT org_id FROM people WHERE email = $1), gen_random_uuid(), u.id, 'member', u.name, u.email, 'member', true
		 FROM users u WHERE email LIKE 'crew%' AND $2::int > 0`,
	} {
		if _, err := super.Exec(t.Context(), sql, titan.Email(tenant.Member), people); err != nil {
			t.Fatal(err)
		}
	}
	h := build(t, db).Handler()
	signIn := func(email, password string) *httptest.ResponseRecorder {
		form := url.Values{"email": {email}, "password": {password}}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/sign-in", strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	start := time.Now()
	var all sync.WaitGroup
	for n := 1; n <= people; n++ {
		all.Go(func() {
			if w := signIn(fmt.Sprintf("crew%d@titan.example", n), dbtest.Password); w.Code != http.StatusSeeOther {
				t.Errorf("person %d: %d %.200s", n, w.Code, w.Body)
			}
		})
	}
	all.Wait()
	took := time.Since(start)
	t.Logf("%d people signed in within %.1f s", people, took.Seconds())
	if took > time.Minute {
		t.Errorf("it took %v", took)
	}
	// One of them guesses at a colleague's password, faster than it is forgiven.
	var last *httptest.ResponseRecorder
	for range 12 {
		last = signIn("crew1@titan.example", "not the password")
	}
	if last.Code != http.StatusTooManyRequests || last.Header().Get("Retry-After") == "" || !strings.Contains(last.Header().Get("RateLimit"), `"auth"`) {
		t.Errorf("guessing: %d %v", last.Code, last.Header())
	}
	if w := signIn("crew2@titan.example", dbtest.Password); w.Code != http.StatusSeeOther {
		t.Errorf("a colleague after the guesses: %d", w.Code)
	}
}
