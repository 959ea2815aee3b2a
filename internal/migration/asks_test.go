package migration_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/skaiscraper/skai/internal/migration"
	"github.com/skaiscraper/skai/internal/migration/rows"
	"github.com/skaiscraper/skai/internal/platform/fault"
)

// TestWhatIsUncertainIsAsked stops before any row where it would have to guess,
// and says how to tell it.
func TestWhatIsUncertainIsAsked(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for name, c := range map[string]struct {
		lines []string
		words []string
	}{
		"no known kind":   {[]string{"A,B,C", "1,2,3", "4,5,6"}, []string{"can't tell what its rows are", `"A", "B", "C"`, "--as", "--map"}},
		"under 90 %":      {[]string{"Name,Email,Foo,Bar,Baz,Qux,Quux", "P Q,p@x.com,1,2,3,4,5"}, []string{"70 % sure", "--source generic --as contacts"}},
		"ambiguous dates": {[]string{"First Name,Last Name,Email,Created", "A,B,a@x.com,01/02/2024"}, []string{`"Created"`, `"01/02/2024"`, `"date_order": "mdy" or "dmy"`, "--map"}},
	} {
		_, err := h.svc.Import(h.ctx, migration.Options{Files: []migration.FileOptions{h.file("unsure.csv", c.lines...)}})
		if !fault.Is(err, fault.KindInvalid) {
			t.Errorf("%s: %v, want to be asked", name, err)
			continue
		}
		for _, words := range c.words {
			if !strings.Contains(err.Error(), words) {
				t.Errorf("%s: %v, doesn't say %s", name, err, words)
			}
		}
	}
	h.want(`SELECT count(*)::text FROM contacts`, "0")
	path := filepath.Join(h.dir, "map.json")
	if err := os.WriteFile(path, []byte(`{"columns": {"A": "e-mail"}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := rows.ReadMapping(path); err == nil || !strings.Contains(err.Error(), `no field "e-mail"`) || !strings.Contains(err.Error(), "email, ") {
		t.Errorf("a field that is none: %v, want the fields there are", err)
	}
}
