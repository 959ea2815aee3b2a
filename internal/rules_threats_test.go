package internal_test

import (
	"io/fs"
	"os"
	"regexp"
	"testing"
)

// TestTheThreatModelIsTrue checks that the tests and places which the threat model
// names exist: a defence whose test was removed is a claim, not a defence.
func TestTheThreatModelIsTrue(t *testing.T) {
	t.Parallel()
	root := os.DirFS("..")
	text, err := os.ReadFile("../docs/security/threat-model.md")
	if err != nil {
		t.Fatal(err)
	}
	h, err := readHouse(root)
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]bool{}
	function := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
	for _, s := range h.sources {
		if s.test() {
			for _, m := range function.FindAllStringSubmatch(s.text, -1) {
				tests[m[1]] = true
			}
		}
	}
	named := regexp.MustCompile(`\b(?:Test|Fuzz)[A-Z]\w+`).FindAllString(string(text), -1)
	for _, name := range named {
		if !tests[name] {
			t.Errorf("the threat model names %s, which is no test any more: name the one that shows it now", name)
		}
	}
	places := regexp.MustCompile("`(internal/[\\w/.]+)`").FindAllStringSubmatch(string(text), -1)
	for _, m := range places {
		if _, err := fs.Stat(root, m[1]); err != nil {
			t.Errorf("the threat model names %s: %v", m[1], err)
		}
	}
	if len(named) < 40 || len(places) < 10 {
		t.Errorf("only %d tests and %d places were found", len(named), len(places))
	}
}
