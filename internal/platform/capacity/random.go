package capacity

import (
	"math"
	"math/rand/v2"
	"slices"
)

const (
	resamplings = 2000
	block       = 3 // windows: what is odd about one is so about the next
)

// bootstrap gives a figure of the windows with the spread of it over resamplings of
// them in blocks. The same windows always give the same. A resampling of which the
// figure is NaN does not count.
func bootstrap[T any](all []T, figure func([]T) float64) Interval {
	source := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // a statistic, and the same each time
	size := min(block, len(all))
	values, sample := make([]float64, 0, resamplings), make([]T, 0, len(all)+size)
	for range resamplings {
		sample = sample[:0]
		for len(sample) < len(all) {
			at := source.IntN(len(all) - size + 1)
			sample = append(sample, all[at:at+size]...)
		}
		if v := figure(sample[:len(all)]); !math.IsNaN(v) {
			values = append(values, v)
		}
	}
	if len(values) == 0 {
		return Interval{math.NaN(), math.NaN(), math.NaN()}
	}
	slices.Sort(values)
	return Interval{values[len(values)*25/1000], figure(all), values[max(0, len(values)*975/1000-1)]}
}

// enough is the part of the times that as many as atMost says are enough.
const enough = 0.999

// atMost is the smallest number that a Poisson variable with the mean is not above,
// 999 of 1,000 times.
func atMost(mean float64) int {
	if mean > 500 { // the normal distribution is as good there, and does not underflow
		return int(math.Ceil(mean + 3.09*math.Sqrt(mean)))
	}
	p := math.Exp(-mean)
	n, sum := 0, p
	for sum < enough {
		n++
		p *= mean / float64(n)
		sum += p
	}
	return n
}

// peopleOfPool is how many people a pool holds, each of whom keeps a connection busy
// for the part of the time.
func peopleOfPool(pool int, each float64) float64 {
	low, high := 0.0, float64(pool)/each // on average all would be busy
	for range 60 {
		if middle := (low + high) / 2; atMost(middle*each) <= pool {
			low = middle
		} else {
			high = middle
		}
	}
	return low
}
