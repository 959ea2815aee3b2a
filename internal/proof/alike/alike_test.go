package alike_test

import (
	"testing"

	"github.com/skaiscraper/skai/internal/proof/alike"
)

// A page that says how long ago something was is no other page a minute later.
func TestTimeGoesOnBetweenTwoAnswers(t *testing.T) {
	t.Parallel()
	one := `<td>Nov 29 <span class="sk-ago">just now</span></td><p>Titan</p>`
	for two, same := range map[string]bool{
		`<td>Nov 29 <span class="sk-ago">1 minute ago</span></td><p>Titan</p>`:    true,
		`<td>Nov 29 <span class="sk-ago">1 minute ago</span></td><p>Pro West</p>`: false,
		`<td>Nov 29 </td><p>Titan</p>`:                                            false,
	} {
		if got := alike.Difference(one, two, false); (got == "") != same {
			t.Errorf("%s differs from the first in %q", two, got)
		}
	}
}
