package proof

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"
)

// pairs is how often an address is asked for each of two ids, in turn.
const pairs = 41

// compareTimes finds out whether the time of an answer tells that an id exists
// in the other organisation.
func (p *prover) compareTimes(ctx context.Context) error {
	owner := p.a.roles[0]
	for _, r := range p.Routes {
		theirs := p.b.seen[key(r)]
		if r.Method != http.MethodGet || !strings.Contains(r.Pattern, "{id}") || theirs.path == "" {
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
		t := TimeResult{Route: key(r), Pairs: pairs, Theirs: median(found), Nowhere: median(none), Z: rankSum(found, none)}
		p.report.Times = append(p.report.Times, t)
		p.current = p.result(r)
		if math.Abs(t.Z) > 5 && math.Abs(t.Theirs-t.Nowhere) > min(t.Theirs, t.Nowhere)/4 {
			p.surprise("owner", "time", fmt.Sprintf("%.2f ms for the other organisation's id, %.2f ms for one that never existed", t.Theirs, t.Nowhere))
		}
	}
	return nil
}

func median(list []float64) float64 {
	sorted := slices.Sorted(slices.Values(list))
	return sorted[len(sorted)/2]
}

// rankSum is the z of the Mann-Whitney U test of two samples of the same size,
// by its normal approximation, without ties.
func rankSum(a, b []float64) float64 {
	type value struct {
		v     float64
		first bool
	}
	all := make([]value, 0, len(a)+len(b))
	for _, v := range a {
		all = append(all, value{v, true})
	}
	for _, v := range b {
		all = append(all, value{v, false})
	}
	slices.SortFunc(all, func(x, y value) int { return cmp.Compare(x.v, y.v) })
	ranks := 0
	for i, v := range all {
		if v.first {
			ranks += i + 1
		}
	}
	n, m := float64(len(a)), float64(len(b))
	u := float64(ranks) - n*(n+1)/2
	return (u - n*m/2) / math.Sqrt(n*m*(n+m+1)/12)
}
