package audit

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/platform/postgres"
)

func TestChangesInWords(t *testing.T) {
	t.Parallel()
	var c Changes
	err := json.Unmarshal([]byte(`{"tags": [[], ["hail", "tile"]], "rcv": [null, 123456], "size": [null, 12345678901234567], "adjuster_id": ["a", null],
		"extra": [{}, {"k": 1}], "phones": [[{"typed": "5"}], []], "password_hash": "changed", "notes": ["", ""], "unit": [null, ""], "do_not_contact": [false, true]}`), &c)
	if err != nil {
		t.Fatal(err)
	}
	want := []Change{
		{Column: "adjuster", Before: "a"},
		{Column: "do not contact", Before: "no", After: "yes"},
		{Column: "extra", After: `{"k": 1}`},
		{Column: "password hash", Secret: true},
		{Column: "phones", Before: `[{"typed": "5"}]`},
		{Column: "RCV", After: "$1,234.56"},
		{Column: "size", After: "12345678901234567"},
		{Column: "tags", After: "hail, tile"},
	}
	if diff := cmp.Diff(want, c.List()); diff != "" {
		t.Error(diff)
	}
}

// TestAmountsAreKnown finds an amount that the trail would show in cents.
func TestAmountsAreKnown(t *testing.T) {
	t.Parallel()
	type column struct{ Table, Name string }
	all, err := postgres.Many[column](t.Context(), dbtest.Super(t, dbtest.Shared(t)), `
		SELECT c.table_name AS table, c.column_name AS name FROM audit_columns c
		JOIN information_schema.columns i ON i.table_schema = 'public' AND i.table_name = c.table_name AND i.column_name = c.column_name
		WHERE c.class = 'track' AND i.data_type = 'bigint'`)
	if err != nil || len(all) == 0 {
		t.Fatal(all, err)
	}
	for _, c := range all {
		if counts := c.Name == "number" || c.Name == "size"; amounts[c.Name] == counts {
			t.Errorf("%s.%s is a whole number: list it under amounts, or here if it is none", c.Table, c.Name)
		}
	}
}
