package report

import (
	"cmp"
	"math"
	"slices"
)

// Median is the middle of a list.
func Median(list []float64) float64 {
	sorted := slices.Sorted(slices.Values(list))
	return sorted[len(sorted)/2]
}

// RankSum is the z of the Mann-Whitney U test of two samples of the same size,
// by its normal approximation, without ties.
func RankSum(a, b []float64) float64 {
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
