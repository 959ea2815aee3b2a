package proof

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"strings"
	"time"

	"github.com/skaiscraper/skai/internal/platform/web"
	"github.com/skaiscraper/skai/internal/proof/report"
)

// pairs is how often an address is asked for each of two ids, in turn.
const pairs = 41

// compareTimes finds out whether the time of an answer tells that an id exists
// in the other organisation.
func (p *prover) compareTimes(ctx context.Context) error {
	owner := p.a.roles[0]
	for _, r := range p.Routes {
		theirs := p.b.seen[key(r)]
		if r.Method != http.MethodGet || r.Audience == web.Public || !strings.Contains(r.Pattern, "{id}") || theirs.path == "" {
			continue
		}
		var found, none []float64
		for range pairs {
			for _, try := range []struct {
				standIn func(string) string
				into    *[]float64
			}{{itself, &found}, {nowhere(), &none}} {
				a, err := p.send(ctx, owner, request{method: r.Method, path: uuids.ReplaceAllStringFunc(theirs.path, try.standIn)})
				if err != nil {
					return err
				}
				*try.into = append(*try.into, float64(a.took)/float64(time.Millisecond))
			}
		}
		t := report.TimeResult{Route: key(r), Pairs: pairs, Theirs: report.Median(found), Nowhere: report.Median(none), Z: report.RankSum(found, none)}
		p.report.Times = append(p.report.Times, t)
		p.current = p.result(r)
		if math.Abs(t.Z) > 5 && math.Abs(t.Theirs-t.Nowhere) > min(t.Theirs, t.Nowhere)/4 {
			p.surprise("owner", "time", fmt.Sprintf("%.2f ms for the other organisation's id, %.2f ms for one that never existed", t.Theirs, t.Nowhere))
		}
	}
	return nil
}
