package incidents

import (
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestOutages reads minutes as letters: u up, d down, m mixed, . nobody looked.
func TestOutages(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	for seen, want := range map[string]string{
		"":                                      "",
		"uuuuuu":                                "",
		"uuduuu":                                "", // a single minute
		"uuddu":                                 "2-",
		"uudduuu":                               "2-4",
		"uudduudduuu":                           "2-8",     // two good minutes end nothing
		"uudduuudduuu":                          "2-4 7-9", // three do
		"dududududu":                            "",        // it flaps and opens nothing
		"uuddmumumuuu":                          "2-9",     // and flaps on and closes nothing
		"uummmmmm":                              "",        // half of the looks
		"uudmduuu":                              "",        // no row
		"uud..duuu":                             "2-6",     // nobody looked between
		"uud......duuu":                         "",        // too far apart to be a row
		"uudd....":                              "2-",      // unknown is not up
		"uudd....uu":                            "2-",      // nor are two minutes
		"uudd....u.uu":                          "2-8",     // it ends where it was seen up again
		"dd":                                    "0-",
		"uuu" + strings.Repeat("d", 60) + "uuu": "3-63",
	} {
		var list []minute
		for i, c := range seen {
			m := minute{At: start.Add(time.Duration(i) * time.Minute), Looks: 6}
			switch c {
			case 'u':
				m.Up = 6
			case 'm':
				m.Up = 3
			case '.':
				continue
			}
			list = append(list, m)
		}
		var got []string
		for _, o := range outages(list) {
			words := clock(o.from.Sub(start)) + "-"
			if !o.to.IsZero() {
				words += clock(o.to.Sub(start))
			}
			got = append(got, words)
		}
		if words := strings.Join(got, " "); words != want {
			t.Errorf("%s: %q, want %q", seen, words, want)
		}
	}
}

func clock(d time.Duration) string { return strconv.Itoa(int(d.Minutes())) }
