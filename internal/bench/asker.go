package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"sync"
	"time"
)

const (
	warm  = 2 * time.Second  // not counted
	asked = 10 * time.Second // counted
)

// order is what an asker is told.
type order struct {
	Base   string
	Header string   // by which people are known
	Known  []string // its value for each of them; none for nobody in particular
	Paths  []string
	People int
}

// asker asks as it is told on standard input, and prints requests per second and the
// 50th, 95th and 99th percentile of their times in milliseconds.
func asker(ctx context.Context) error {
	var o order
	if err := json.NewDecoder(os.Stdin).Decode(&o); err != nil {
		return err
	}
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: o.People, DisableCompression: true}, Timeout: time.Minute}
	times := make([][]float64, o.People)
	problems := make([]error, o.People)
	begin := time.Now().Add(warm)
	var all sync.WaitGroup
	for n := range o.People {
		all.Go(func() { times[n], problems[n] = o.person(ctx, client, n, begin) })
	}
	all.Wait()
	for _, err := range problems {
		if err != nil {
			return err
		}
	}
	list := slices.Concat(times...)
	slices.Sort(list)
	if len(list) == 0 {
		return fmt.Errorf("nothing was answered")
	}
	at := func(part float64) float64 { return list[int(part*float64(len(list)-1))] }
	_, err := fmt.Println(float64(len(list))/asked.Seconds(), at(0.5), at(0.95), at(0.99))
	return err
}

// person asks for one path after the other until the time is up.
func (o order) person(ctx context.Context, client *http.Client, n int, begin time.Time) (times []float64, err error) {
	for i := n; ; i++ {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, o.Base+o.Paths[i%len(o.Paths)], nil)
		if err != nil {
			return nil, err
		}
		if len(o.Known) > 0 {
			r.Header.Set(o.Header, o.Known[n])
		}
		start := time.Now()
		res, err := client.Do(r)
		if err != nil {
			return nil, err
		}
		size, err := io.Copy(io.Discard, res.Body)
		_ = res.Body.Close() // it was read to its end
		if err != nil || res.StatusCode != http.StatusOK || size < 100 {
			return nil, fmt.Errorf("%s was answered with %s, %d bytes (%w)", r.URL.Path, res.Status, size, err)
		}
		end := time.Now()
		if end.After(begin.Add(asked)) {
			return times, nil
		}
		if end.After(begin) {
			times = append(times, float64(end.Sub(start).Microseconds())/1000)
		}
	}
}
