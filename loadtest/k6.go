package main

import (
	"cmp"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/skaiscraper/skai/internal/platform/capacity"
)

// k6 is the program that is the people, while it runs and after it.
type k6 struct {
	process      *exec.Cmd
	csv, summary string
	done         chan struct{}
	err          error // set before done is closed
}

// thresholdsCrossed is k6's exit code where a limit did not hold.
const thresholdsCrossed = 99

// passed are the settings that may come from the environment.
var passed = []string{"USERS", "DURATION", "THINK_MIN", "THINK_MAX", "RAMP", "STEP", "PACES"}

// startK6 starts the script of a test. It talks to the installation alone: no usage
// report goes out, no dashboard and no control port is opened.
func startK6(ctx context.Context, i *instance, r *capacity.Run) (*k6, error) {
	r.ThinkMin, r.ThinkMax = 5, 15
	if r.Name == "smoke" {
		r.ThinkMin, r.ThinkMax = 1, 3
	}
	for name, into := range map[string]*float64{"THINK_MIN": &r.ThinkMin, "THINK_MAX": &r.ThinkMax} {
		if v := os.Getenv(name); v != "" {
			var err error
			if *into, err = strconv.ParseFloat(v, 64); err != nil {
				return nil, fmt.Errorf("%s is %q, and not a number of seconds", name, v)
			}
		}
	}
	if r.Name == "stress" {
		r.Unhurried = number("RAMP", 120) + number("STEP", 45) // as in stress.js
	}
	k := &k6{csv: filepath.Join(i.folder, "k6.csv"), summary: filepath.Join(i.folder, "summary.json"), done: make(chan struct{})}
	k.process = exec.CommandContext(ctx, "bin/k6", "run", "--no-usage-report", "--address", "", "--quiet", "--no-color", "--out", "csv="+k.csv, filepath.Join("loadtest", r.Name+".js")) //nolint:gosec // a program of ours
	k.process.Cancel = func() error { return k.process.Process.Signal(syscall.SIGTERM) }
	k.process.WaitDelay = time.Minute
	k.process.Stdout, k.process.Stderr = os.Stdout, os.Stderr
	k.process.Env = append(os.Environ(), "BASE_URL="+i.url, "PEOPLE="+i.peopleFile(), "PHOTO="+i.photoFile(), "SUMMARY="+k.summary, "K6_CSV_TIME_FORMAT=unix_milli",
		fmt.Sprintf("THINK_MIN=%g", r.ThinkMin), fmt.Sprintf("THINK_MAX=%g", r.ThinkMax))
	for _, name := range passed {
		if v := os.Getenv(name); v != "" {
			r.Settings[name] = v
		}
	}
	if err := k.process.Start(); err != nil {
		return nil, fmt.Errorf("start k6: %w; make bin/k6 builds it", err)
	}
	go func() {
		err := k.process.Wait()
		if k.process.ProcessState.ExitCode() != thresholdsCrossed {
			k.err = err
		}
		close(k.done)
	}()
	return k, nil
}

// number is a setting of the environment, or what the scripts take without it.
func number(name string, usual float64) float64 {
	if v, err := strconv.ParseFloat(os.Getenv(name), 64); err == nil {
		return v
	}
	return usual
}

// account fills the report from what k6 wrote and what was seen meanwhile.
func (k *k6) account(r *capacity.Run, samples []sample) error {
	t := newTally()
	if err := t.read(k.csv); err != nil {
		return fmt.Errorf("what k6 measured: %w", err)
	}
	if len(t.windows) == 0 {
		return errors.New("k6 made no request")
	}
	t.fill(r)
	addSamples(r, t.start, samples)
	return thresholds(k.summary, r)
}

// tally adds up the lines that k6 wrote, one for each measurement.
type tally struct {
	start   float64 // seconds since 1970 of the first request
	last    float64
	windows map[int]*bin
	all     bin // of people at work
	signIn  bin
	routes  map[string]*bin

	journeys             map[string]int64
	checks, failedChecks int64
	failing              map[string]int64 // by the check's name
	refused              map[string]int64 // by address and status
	wrong                int64
}

// bin is what belongs together.
type bin struct {
	took      []float64 // ms
	failed    int64
	signIns   int64
	people, n float64
}

func newTally() *tally {
	return &tally{windows: map[int]*bin{}, routes: map[string]*bin{}, journeys: map[string]int64{}, failing: map[string]int64{}, refused: map[string]int64{}}
}

func (t *tally) read(path string) error {
	f, err := os.Open(path) //nolint:gosec // in our own folder
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // it was only read
	lines := csv.NewReader(f)
	lines.ReuseRecord = true
	header, err := lines.Read()
	if err != nil {
		return err
	}
	at := map[string]int{}
	for i, name := range header {
		at[name] = i
	}
	for {
		cells, err := lines.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		cell := func(name string) string {
			if i, ok := at[name]; ok {
				return cells[i]
			}
			return ""
		}
		value, errValue := strconv.ParseFloat(cell("metric_value"), 64)
		milli, errTime := strconv.ParseFloat(cell("timestamp"), 64)
		if err := errors.Join(errValue, errTime); err != nil {
			return err
		}
		tags := tagsOf(cell("extra_tags"))
		tags["check"], tags["status"] = cell("check"), cell("status")
		t.add(cell("metric_name"), milli/1000, value, cell("name"), tags)
	}
}

// tagsOf reads "kind=work&org=titan".
func tagsOf(text string) map[string]string {
	tags := map[string]string{}
	for pair := range strings.SplitSeq(text, "&") {
		if name, value, found := strings.Cut(pair, "="); found {
			tags[name] = value
		}
	}
	return tags
}

func (t *tally) window(at float64) *bin {
	n := int(at-t.start) / capacity.WindowSeconds
	if t.windows[n] == nil {
		t.windows[n] = &bin{}
	}
	return t.windows[n]
}

func (t *tally) add(metric string, at, value float64, name string, tags map[string]string) {
	if t.start == 0 && strings.HasPrefix(metric, "http_req") {
		t.start = math.Floor(at)
	}
	if t.start == 0 || at < t.start {
		return
	}
	t.last = max(t.last, at)
	bins := []*bin{&t.all, t.window(at)}
	if tags["kind"] != "work" {
		bins = []*bin{}
	}
	if t.routes[name] == nil && name != "" {
		t.routes[strings.Clone(name)] = &bin{}
	}
	if b := t.routes[name]; b != nil {
		bins = append(bins, b)
	}
	switch metric {
	case "http_req_duration":
		for _, b := range bins {
			b.took = append(b.took, value)
		}
	case "http_req_failed":
		for _, b := range bins {
			b.failed += int64(value)
		}
		if value != 0 {
			t.refused[name+" "+tags["status"]]++
		}
	case "sign_in":
		t.signIn.took = append(t.signIn.took, value)
		t.window(at).signIns++
	case "vus":
		w := t.window(at)
		w.people, w.n = w.people+value, w.n+1
	case "checks":
		t.checks++
		if value == 0 {
			t.failedChecks++
			t.failing[strings.Clone(tags["check"])]++
		}
	case "journeys":
		t.journeys[strings.Clone(tags["journey"])] += int64(value)
	case "wrong_tenant":
		t.wrong += int64(value)
	}
}

func (b *bin) times() capacity.Times {
	slices.Sort(b.took)
	n := len(b.took)
	t := capacity.Times{Requests: int64(n), Failed: b.failed}
	if n > 0 {
		t.P50, t.P95, t.P99, t.Max = rank(b.took, 0.5), rank(b.took, 0.95), rank(b.took, 0.99), round(b.took[n-1])
	}
	return t
}

// rank is the smallest value that the part of all is not above (nearest rank).
func rank(sorted []float64, part float64) float64 {
	return round(sorted[max(0, int(math.Ceil(part*float64(len(sorted))))-1)])
}

func round(v float64) float64 { return math.Round(v*100) / 100 }

func (t *tally) fill(r *capacity.Run) {
	r.Seconds, r.All, r.SignIn = round(t.last-t.start), t.all.times(), t.signIn.times()
	r.Journeys, r.Checks, r.ChecksFailed, r.Failing, r.Refused, r.WrongTenant = t.journeys, t.checks, t.failedChecks, t.failing, t.refused, t.wrong
	for _, name := range slices.Sorted(maps.Keys(t.routes)) {
		if b := t.routes[name]; len(b.took) > 0 {
			r.Routes = append(r.Routes, capacity.Route{Name: name, Times: b.times()})
		}
	}
	slices.SortStableFunc(r.Routes, func(a, b capacity.Route) int { return cmp.Compare(b.Requests, a.Requests) })
	for n := range int(t.last-t.start)/capacity.WindowSeconds + 1 {
		w := capacity.Window{Second: n * capacity.WindowSeconds}
		if b := t.windows[n]; b != nil {
			w.Times, w.SignIns = b.times(), b.signIns
			if b.n > 0 {
				w.People = round(b.people / b.n)
			}
		}
		r.Windows = append(r.Windows, w)
	}
	if r.Import != nil {
		r.Import.Second = round(r.Import.Second - t.start)
		r.Import.Seconds = round(r.Import.Seconds)
		for i := range r.Windows {
			begins := float64(r.Windows[i].Second)
			r.Windows[i].Importing = begins+capacity.WindowSeconds > r.Import.Second && begins < r.Import.Second+r.Import.Seconds
		}
	}
}

// addSamples puts what was used between two looks into the window of the second.
func addSamples(r *capacity.Run, start float64, samples []sample) {
	for i := 1; i < len(samples); i++ {
		a, b := samples[i-1], samples[i]
		since := float64(b.at.UnixMilli())/1000 - start
		n := int(since) / capacity.WindowSeconds
		if since < 0 || n >= len(r.Windows) {
			continue
		}
		w := &r.Windows[n]
		w.Sampled++
		w.SkaiCPU, w.PostgresCPU, w.LoadCPU = round(w.SkaiCPU+b.skai-a.skai), round(w.PostgresCPU+b.postgres-a.postgres), round(w.LoadCPU+b.load-a.load)
		w.SkaiMB, w.PostgresMB = round(b.skaiMB), round(b.postgresMB)
		w.Connections, w.Waiting = w.Connections+float64(b.connections), w.Waiting+float64(b.waiting)
		w.Busy += (b.busy - a.busy) / b.at.Sub(a.at).Seconds()
	}
	for i := range r.Windows {
		if w := &r.Windows[i]; w.Sampled > 0 {
			n := float64(w.Sampled)
			w.Connections, w.Waiting, w.Busy = round(w.Connections/n), round(w.Waiting/n), math.Round(w.Busy/n*1e4)/1e4
		}
	}
}

// thresholds reads from k6's summary which limits held.
func thresholds(path string, r *capacity.Run) error {
	data, err := os.ReadFile(path) //nolint:gosec // in our own folder
	if err != nil {
		return err
	}
	var s struct {
		Metrics map[string]struct {
			Thresholds map[string]struct {
				OK bool `json:"ok"`
			} `json:"thresholds"`
		} `json:"metrics"`
	}
	if err := json.Unmarshal(data, &s); err != nil {
		return err
	}
	for _, metric := range slices.Sorted(maps.Keys(s.Metrics)) {
		for _, limit := range slices.Sorted(maps.Keys(s.Metrics[metric].Thresholds)) {
			r.Thresholds = append(r.Thresholds, capacity.Threshold{Metric: metric, Limit: limit, Held: s.Metrics[metric].Thresholds[limit].OK})
		}
	}
	if len(r.Thresholds) == 0 {
		return errors.New("k6's summary names no limit")
	}
	return nil
}
