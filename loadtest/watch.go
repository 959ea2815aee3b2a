package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/skaiscraper/skai/internal/platform/capacity"
)

// sample is one look at the processes: processor times since they began.
type sample struct {
	at                   time.Time
	skai, postgres, load float64 // seconds
	skaiMB, postgresMB   float64
	connections, waiting int     // waiting for a lock
	busy                 float64 // seconds that statements and transactions have taken so far
}

// watch looks once a second until k6 has ended.
func (i *instance) watch(ctx context.Context, k *k6) (list []sample, err error) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for n := 0; ; n++ {
		select {
		case <-k.done:
			return list, nil
		case err := <-i.ended:
			i.ended <- err
			return list, fmt.Errorf("skai serve ended in the middle: %w: %s", err, i.logged())
		case <-tick.C:
		}
		s, err := i.sample(ctx, k.process.Process.Pid, n%5 == 0)
		if err != nil {
			select {
			case <-k.done: // it ended while it was looked at
				return list, nil
			default:
				return list, err
			}
		}
		if len(list) > 0 && s.postgresMB == 0 {
			s.postgresMB = list[len(list)-1].postgresMB
		}
		list = append(list, s)
	}
}

// sample looks at all of them. What PostgreSQL has in memory is added up from each
// of its processes' pages, which takes a while: only where memory asks for it.
func (i *instance) sample(ctx context.Context, loader int, memory bool) (s sample, err error) {
	s.at = time.Now()
	if s.skai, err = processor(i.serving.Process.Pid, false); err != nil {
		return s, err
	}
	if s.load, err = processor(loader, false); err != nil {
		return s, err
	}
	s.skaiMB = kilobytes(fmt.Sprintf("/proc/%d/status", i.serving.Process.Pid), "VmRSS:") / 1024
	main, err := i.postmaster()
	if err != nil {
		return s, err
	}
	if s.postgres, err = processor(main, true); err != nil { // with those of its processes that have ended
		return s, err
	}
	pids := append(childrenOf(main), main)
	for _, pid := range pids {
		if pid != main {
			if took, err := processor(pid, false); err == nil { // it may have ended just now
				s.postgres += took
			}
		}
		if memory {
			s.postgresMB += kilobytes(fmt.Sprintf("/proc/%d/smaps_rollup", pid), "Pss:") / 1024
		}
	}
	err = i.look.QueryRow(ctx, `
		SELECT a.here, a.waiting, (active_time + idle_in_transaction_time) / 1000
		FROM pg_stat_database, (SELECT count(*) AS here, count(*) FILTER (WHERE wait_event_type = 'Lock') AS waiting FROM pg_stat_activity WHERE application_name = 'skai') a
		WHERE datname = current_database()`).Scan(&s.connections, &s.waiting, &s.busy)
	return s, err
}

// postmaster is the id of PostgreSQL's first process: the first line of its file.
func (i *instance) postmaster() (int, error) {
	data, err := os.ReadFile(filepath.Join(i.data(), "postgres", "postmaster.pid"))
	if err != nil {
		return 0, err
	}
	first, _, _ := strings.Cut(string(data), "\n")
	return strconv.Atoi(strings.TrimSpace(first))
}

// tick is Linux's unit of processor time in /proc, 1/100 s on every platform Go has
// (USER_HZ; proc(5)).
const tick = 0.01

// processor is the processor time of a process in seconds, in user and kernel mode;
// with ended, also that of its children that have ended (fields 14 to 17, proc(5)).
func processor(pid int, ended bool) (float64, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(data), ") ") // the name before may have blanks
	fields := strings.Fields(rest)
	if len(fields) < 15 {
		return 0, fmt.Errorf("/proc/%d/stat has %d fields", pid, len(fields))
	}
	fields = fields[11:15]
	if !ended {
		fields = fields[:2]
	}
	sum := 0.0
	for _, f := range fields {
		n, err := strconv.ParseFloat(f, 64)
		if err != nil {
			return 0, err
		}
		sum += n
	}
	return sum * tick, nil
}

// childrenOf are the processes that a process started and that are there still.
func childrenOf(pid int) (list []int) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	if err != nil {
		return nil
	}
	for f := range strings.FieldsSeq(string(data)) {
		if n, err := strconv.Atoi(f); err == nil {
			list = append(list, n)
		}
	}
	return list
}

// kilobytes reads a line like "Pss: 1234 kB" of a file of /proc; 0 where it has none.
func kilobytes(path, name string) float64 {
	f, err := os.Open(path) //nolint:gosec // of /proc
	if err != nil {
		return 0
	}
	defer func() { _ = f.Close() }() // it was only read
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if rest, found := strings.CutPrefix(lines.Text(), name); found {
			n, _ := strconv.ParseFloat(strings.Fields(rest)[0], 64) // the kernel's own words
			return n
		}
	}
	return 0
}

// about says what a run is made of and on.
func about(ctx context.Context, name string) (capacity.Run, error) {
	r := capacity.Run{Name: name, When: time.Now().UTC().Truncate(time.Second), Settings: map[string]string{}}
	r.Machine = capacity.Machine{CPU: lineOf("/proc/cpuinfo", "model name"), Cores: runtime.NumCPU(), MemoryMB: int64(kilobytes("/proc/meminfo", "MemTotal:") / 1024)}
	head, err := exec.CommandContext(ctx, "git", "rev-parse", "HEAD").Output()
	if err != nil {
		return r, fmt.Errorf("which commit is this: %w", err)
	}
	changes, err := exec.CommandContext(ctx, "git", "status", "--porcelain", "--", ".", ":!docs/load").Output()
	if err != nil {
		return r, err
	}
	r.Commit, r.Changed = strings.TrimSpace(string(head)), len(changes) > 0
	load, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return r, err
	}
	r.LoadBefore, err = strconv.ParseFloat(strings.Fields(string(load))[0], 64)
	return r, err
}

// lineOf is what a line "name : value" of a file says.
func lineOf(path, name string) string {
	f, err := os.Open(path) //nolint:gosec // of /proc
	if err != nil {
		return ""
	}
	defer func() { _ = f.Close() }() // it was only read
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if key, value, found := strings.Cut(lines.Text(), ":"); found && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
