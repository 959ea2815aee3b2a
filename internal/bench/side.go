package main

import (
	"bufio"
	"context"
	_ "embed" // hire.sql
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/orgs"
	"github.com/skaiscraper/skai/internal/platform/limit"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

const (
	sideClaims = 10_000
	rounds     = 3 // of each, in turn, so that a noisy machine is noisy for both
	password   = "a password for a measurement"
)

// closed is how many people ask, each for the next thing as soon as the last is there.
var closed = []int{50, 200}

// side measures the program, as its own process with everything on, beside a floor that
// runs the same statements and does nothing else: the list of claims, filtered and
// sorted, 50 of 10,000, and one claim, in turn.
func (b *bench) side(ctx context.Context) error {
	org, err := b.office(ctx)
	if err != nil {
		return err
	}
	paths := []string{"/api/claims?stage=denied&sort=-created_at&limit=50", ""}
	if paths[1], err = b.oneClaim(ctx, org.ID); err != nil {
		return err
	}
	ours, err := b.serve(ctx)
	if err != nil {
		return err
	}
	defer ours.stop()
	floor, err := b.floor(ctx, paths)
	if err != nil {
		return err
	}
	defer floor.Close()
	other, err := b.others(ctx)
	if err != nil {
		return err
	}
	if other != nil {
		defer other.stop()
	}
	third, err := newDirectus(ctx)
	if err != nil {
		return err
	}
	fmt.Printf("%-8s %-10s %12s %10s %10s %10s\n", "people", "what", "requests/s", "p50 ms", "p95 ms", "p99 ms")
	for _, n := range closed {
		jars, err := signInAll(ctx, ours.url, n)
		if err != nil {
			return err
		}
		sides := []side{{"floor", order{Base: floor.URL, Paths: paths, People: n}}, {"skai", order{ours.url, "Cookie", jars, paths, n}}}
		if err := compare(ctx, slices.Concat(sides, other.sides(n), third.sides(n))); err != nil {
			return err
		}
	}
	fmt.Printf("memory after it: skai %d MB", ours.resident()/1024)
	if other != nil {
		fmt.Printf(", pocketbase %d MB", other.resident()/1024)
	}
	fmt.Println()
	return nil
}

// office makes the organisation that is asked, its claims and its people.
func (b *bench) office(ctx context.Context) (org orgs.Org, err error) {
	people := orgs.New(b.db)
	org, err = people.Create(ctx, "side", "Side by Side", "America/Denver")
	if err != nil {
		return org, err
	}
	if _, err := identity.New(b.db, people).CreateUser(ctx, identity.NewUser{Email: person(1), OrgSlug: "side", Role: tenant.Manager, Password: password}); err != nil {
		return org, err
	}
	if err := b.script(ctx, fmt.Sprintf(fill, org.ID, sideClaims)); err != nil {
		return org, err
	}
	if err := b.script(ctx, fmt.Sprintf(hire, person(1), slices.Max(closed))); err != nil {
		return org, err
	}
	return org, errors.Join(people.SetRate(ctx, "enterprise", limit.API, limit.Rate{Quota: 100_000, Window: time.Minute}), second(people.SetPlan(ctx, "side", "enterprise")))
}

// side is one of those that are put beside each other.
type side struct {
	name string
	order
}

// compare has each side asked in turn, and prints the middle round of each beside that
// of the first.
func compare(ctx context.Context, sides []side) error {
	loads := make([][]load, len(sides))
	for range rounds {
		for i, s := range sides {
			l, err := ask(ctx, s.order)
			if err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
			loads[i] = append(loads[i], l)
		}
	}
	least := middle(loads[0])
	for i, s := range sides {
		l := middle(loads[i])
		fmt.Printf("%-8d %-10s %s   %.2f of the floor's requests, %.2f times its p95\n", s.People, s.name, l, l.perSecond/least.perSecond, l.p95/least.p95)
	}
	return nil
}

func second[T any](_ T, err error) error { return err }

func person(n int) string { return fmt.Sprintf("side%d@example.com", n) }

// hire makes so many people with the password of the first.
//
//go:embed hire.sql
var hire string

// process is the program as its own process.
type process struct {
	cmd *exec.Cmd
	url string
}

// serve starts the program with what a customer's installation has on.
func (b *bench) serve(ctx context.Context) (*process, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		return nil, err
	}
	c := exec.CommandContext(ctx, b.skai, "serve", "--data", b.data(), "--listen", address, "--log-level", "warn") //nolint:gosec // our own program
	if err := c.Start(); err != nil {
		return nil, err
	}
	p := &process{c, "http://" + address}
	return p, p.wait("/api/health/ready")
}

// wait waits until an address is answered with 200; where it is not, the process is
// stopped.
func (p *process) wait(path string) error {
	for range 600 {
		if res, err := http.Get(p.url + path); err == nil { //nolint:noctx // of this machine
			_ = res.Body.Close() // its status is enough
			if res.StatusCode == http.StatusOK {
				return nil
			}
		}
		<-time.After(100 * time.Millisecond)
	}
	p.stop()
	return fmt.Errorf("%s was not ready within a minute", p.url)
}

func (p *process) stop() {
	_ = p.cmd.Process.Signal(os.Interrupt)
	_ = p.cmd.Wait()
}

// resident is how much memory it has, in KiB; 0 where the system does not tell.
func (p *process) resident() int {
	f, err := os.Open(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	defer func() { _ = f.Close() }() // it was only read
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if rest, ok := strings.CutPrefix(lines.Text(), "VmRSS:"); ok {
			n, _ := strconv.Atoi(strings.Fields(rest)[0])
			return n
		}
	}
	return 0
}

// signInAll gives the cookies of so many people.
func signInAll(ctx context.Context, base string, n int) ([]string, error) {
	cookies := make([]string, n)
	for i := range cookies {
		jar, err := cookiejar.New(nil)
		if err != nil {
			return nil, err
		}
		client := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		form := url.Values{"email": {person(i + 1)}, "password": {password}}
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, base+"/sign-in", strings.NewReader(form.Encode()))
		if err != nil {
			return nil, err
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		res, err := client.Do(r)
		if err != nil {
			return nil, err
		}
		_ = res.Body.Close() // it leads on
		var all []string
		for _, c := range jar.Cookies(r.URL) {
			all = append(all, c.Name+"="+c.Value)
		}
		if cookies[i] = strings.Join(all, "; "); res.StatusCode != http.StatusSeeOther {
			return nil, fmt.Errorf("%s can't sign in: %s", person(i+1), res.Status)
		}
		client.CloseIdleConnections()
	}
	return cookies, nil
}

// load is what so many people were answered.
type load struct{ perSecond, p50, p95, p99 float64 }

func (l load) String() string {
	return fmt.Sprintf("%12.0f %10.1f %10.1f %10.1f", l.perSecond, l.p50, l.p95, l.p99)
}

// middle is the round whose requests per second are the median.
func middle(list []load) load {
	slices.SortFunc(list, func(a, b load) int { return int(a.perSecond - b.perSecond) })
	return list[len(list)/2]
}

// ask has a process of its own ask, so that asking takes no part of what is measured.
func ask(ctx context.Context, o order) (l load, err error) {
	program, err := os.Executable()
	if err != nil {
		return l, err
	}
	told, err := json.Marshal(o)
	if err != nil {
		return l, err
	}
	c := exec.CommandContext(ctx, program, "asker") //nolint:gosec // this program
	c.Stdin, c.Stderr = strings.NewReader(string(told)), os.Stderr
	out, err := c.Output()
	if err != nil {
		return l, err
	}
	_, err = fmt.Sscan(string(out), &l.perSecond, &l.p50, &l.p95, &l.p99)
	return l, err
}
