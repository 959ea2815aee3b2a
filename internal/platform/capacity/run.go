// Package capacity turns the measured cost of requests into how many people a machine
// holds. What a load test measured is a [Run], as docs/load keeps them; what the
// running installation measured of itself are the minutes of package measure. Neither
// knows what was not measured, and an [Estimate] says so.
package capacity

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"
)

// WindowSeconds is how long each window of a run is.
const WindowSeconds = 10

// Machine is what a run was made on.
type Machine struct {
	CPU      string `json:"cpu"`
	Cores    int    `json:"cores"`
	MemoryMB int64  `json:"memory_mb"`
}

// Times are how long answers took, in milliseconds; exact, of every request.
type Times struct {
	Requests int64   `json:"requests"`
	Failed   int64   `json:"failed"`
	P50      float64 `json:"p50_ms"`
	P95      float64 `json:"p95_ms"`
	P99      float64 `json:"p99_ms"`
	Max      float64 `json:"max_ms"`
}

// Route is what requests of an address were like.
type Route struct {
	Name string `json:"name"` // "GET /claims/{id}"
	Times
}

// Threshold is a limit of the run and whether it held.
type Threshold struct {
	Metric string `json:"metric"`
	Limit  string `json:"limit"`
	Held   bool   `json:"held"`
}

// Window is what happened in ten seconds.
type Window struct {
	Second  int     `json:"second"` // at which it begins, since the first request
	People  float64 `json:"people"` // on average
	SignIns int64   `json:"sign_ins"`
	Times           // of all but signing in and files

	SkaiCPU     float64 `json:"skai_cpu_s"` // seconds of processor time
	PostgresCPU float64 `json:"postgres_cpu_s"`
	LoadCPU     float64 `json:"load_cpu_s"`   // of the program that makes the load
	ImportCPU   float64 `json:"import_cpu_s"` // of the migration's own process
	SkaiMB      float64 `json:"skai_mb"`      // resident; the last of the window
	PostgresMB  float64 `json:"postgres_mb"`  // its processes' proportional set sizes together
	Connections float64 `json:"connections"`  // of the program to the database, on average
	Busy        float64 `json:"busy"`         // of them in a transaction or a statement, on average
	Waiting     float64 `json:"waiting"`      // of them waiting for a lock, on average
	Importing   bool    `json:"importing"`    // a migration ran in it
	Sampled     int     `json:"sampled"`      // looks at the processes in it; 0 is none, and the figures of them mean nothing
}

// Import is the migration that ran meanwhile.
type Import struct {
	Organisation string  `json:"organisation"`
	Rows         int64   `json:"rows"`
	Second       float64 `json:"second"` // at which it began, since the first request
	Seconds      float64 `json:"seconds"`
	ExitCode     int     `json:"exit_code"`
}

// Run is what a load test measured.
type Run struct {
	Name         string            `json:"name"` // smoke, soak, spike or stress
	When         time.Time         `json:"when"`
	Commit       string            `json:"commit"`
	Changed      bool              `json:"changed"` // the work tree had changes beside the commit
	Machine      Machine           `json:"machine"`
	LoadBefore   float64           `json:"load_before"` // the machine's load average of the minute before: what else ran on it
	PostgreSQL   string            `json:"postgresql"`
	Pool         int               `json:"pool"` // connections the program may have
	Settings     map[string]string `json:"settings"`
	ThinkMin     float64           `json:"think_min_s"`
	ThinkMax     float64           `json:"think_max_s"`
	Seconds      float64           `json:"seconds"`
	Unhurried    float64           `json:"unhurried_s,omitempty"` // after which people thought for less than that; 0 is never
	All          Times             `json:"all"`
	SignIn       Times             `json:"sign_in"`
	Routes       []Route           `json:"routes"`
	Journeys     map[string]int64  `json:"journeys"`
	Checks       int64             `json:"checks"`
	ChecksFailed int64             `json:"checks_failed"`
	Failing      map[string]int64  `json:"failing"`      // of them, by the check's name
	Refused      map[string]int64  `json:"refused"`      // requests that failed, by address and status
	WrongTenant  int64             `json:"wrong_tenant"` // answers with somebody else's data
	Thresholds   []Threshold       `json:"thresholds"`
	ServerErrors int               `json:"server_errors"` // lines of the program's log with a status from 500 on
	Windows      []Window          `json:"windows"`
	Import       *Import           `json:"import,omitempty"`
}

// Held tells whether every limit of the run held.
func (r *Run) Held() bool {
	for _, t := range r.Thresholds {
		if !t.Held {
			return false
		}
	}
	return len(r.Thresholds) > 0
}

// The limits that a run is held to, at 200 people.
const (
	LimitP95    = 500.0 // ms
	LimitP99    = 1500.0
	LimitFailed = 0.001 // of all
)

// Broke gives the first window that was beyond a limit; ok is false where none was.
func (r *Run) Broke() (first Window, ok bool) {
	for _, w := range r.Windows {
		if w.Requests >= 20 && (w.P95 >= LimitP95 || w.P99 >= LimitP99 || float64(w.Failed) >= LimitFailed*float64(w.Requests)) {
			return w, true
		}
	}
	return Window{}, false
}

// ReadRun reads a report that a load test kept. It refuses one without windows, from
// which nothing can be told.
func ReadRun(path string) (Run, error) {
	var r Run
	data, err := os.ReadFile(path) //nolint:gosec // named by whoever runs the command
	if err != nil {
		return r, fmt.Errorf("the load test's report can't be read: %w", err)
	}
	if err := json.Unmarshal(data, &r); err != nil {
		return r, fmt.Errorf("%s is no report of a load test: %w; make load-soak makes one in docs/load", path, err)
	}
	if len(r.Windows) == 0 || r.Machine.Cores == 0 {
		return r, fmt.Errorf("%s has no measurements in it; make load-soak makes one in docs/load", path)
	}
	return r, nil
}

// WriteJSON writes the report for a program, a window on each line.
func (r *Run) WriteJSON(w io.Writer) error {
	windows := r.Windows
	shell := *r
	shell.Windows = nil
	head, err := json.MarshalIndent(shell, "", " ")
	if err != nil {
		return err
	}
	var tail []byte
	for i, one := range windows {
		line, err := json.Marshal(one)
		if err != nil {
			return err
		}
		if i > 0 {
			tail = append(tail, ",\n"...)
		}
		tail = append(append(tail, "  "...), line...)
	}
	const empty = `"windows": null`
	at := len(head)
	for i := 0; i+len(empty) <= len(head); i++ {
		if string(head[i:i+len(empty)]) == empty {
			at = i
			break
		}
	}
	if at == len(head) {
		return fmt.Errorf("capacity: the report has no place for its windows")
	}
	_, err = fmt.Fprintf(w, "%s\"windows\": [\n%s\n ]%s\n", head[:at], tail, head[at+len(empty):])
	return err
}
