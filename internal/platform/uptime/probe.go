package uptime

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Where a probe looks, and where it brings what it saw.
const (
	lookPath  = "/api/health/ready"
	BringPath = "/api/probe"
)

// lookPatience is how long an answer may take to count.
const lookPatience = 5 * time.Second

// Probe looks at a target from another machine. What it could not bring yet stands in
// a file, so that neither an outage nor a restart of its own loses it.
type Probe struct {
	target string
	key    ed25519.PrivateKey
	file   string
	client *http.Client

	now     Minute   // the minute that is under way
	pending []Minute // those that are over and were not brought yet
}

// NewProbe gives a probe of a target ("https://skai.titan.example"), whose key and
// whose file are in a folder; both are made where they are missing.
func NewProbe(target, folder string) (*Probe, error) {
	p := &Probe{
		target: strings.TrimSuffix(target, "/"), file: filepath.Join(folder, "probe.json"),
		client: &http.Client{Timeout: lookPatience, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, Transport: &http.Transport{DisableKeepAlives: true}},
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("folder of the probe: %w", err)
	}
	var err error
	if p.key, err = keyIn(filepath.Join(folder, "probe.key")); err != nil {
		return nil, err
	}
	kept, err := os.ReadFile(p.file)
	if err == nil {
		err = json.Unmarshal(kept, &p.pending)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s can't be read: %w; remove it to begin anew", p.file, err)
	}
	return p, nil
}

// keyIn gives the key in a file, which it makes where there is none.
func keyIn(file string) (ed25519.PrivateKey, error) {
	seed, err := os.ReadFile(file) //nolint:gosec // the operator's own
	if errors.Is(err, fs.ErrNotExist) {
		seed = make([]byte, ed25519.SeedSize)
		_, _ = rand.Read(seed) // never fails; it ends the program instead
		err = os.WriteFile(file, seed, 0o600)
	}
	if err != nil {
		return nil, fmt.Errorf("key of the probe: %w", err)
	}
	if len(seed) != ed25519.SeedSize {
		return nil, fmt.Errorf("%s holds no key of a probe; remove it, and a new one is made", file)
	}
	return ed25519.NewKeyFromSeed(seed), nil
}

// Key is the probe's public key, for SKAI_PROBE_KEYS.
func (p *Probe) Key() string {
	return base64.StdEncoding.EncodeToString(p.public())
}

func (p *Probe) public() ed25519.PublicKey {
	return ed25519.PublicKey(p.key[ed25519.PrivateKeySize-ed25519.PublicKeySize:])
}

// Run looks every so often until ctx ends, and brings each minute that is over. say
// hears of what it saw that is worth telling, and alarm of every look.
func (p *Probe) Run(ctx context.Context, every time.Duration, alarm *Alarm, say func(format string, args ...any)) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	defer alarm.start(ctx)()
	was := true
	for {
		at := time.Now()
		up, err := p.look(ctx)
		if ctx.Err() != nil {
			return p.turn(time.Time{}) // what was seen of this minute
		}
		if err != nil { // of the probe's own, which says nothing of the target
			say("%s", err)
		}
		if up != was {
			say("%s %s is %s", at.UTC().Format(time.RFC3339), p.target, map[bool]string{true: "ready again", false: "not ready"}[up])
			was = up
		}
		alarm.See(up, at)
		if len(p.pending) > 0 {
			if err := p.bring(ctx); err != nil && up {
				say("%d minutes could not be brought: %s", len(p.pending), err)
			}
		}
		select {
		case <-ctx.Done():
			return p.turn(time.Time{})
		case <-tick.C:
		}
	}
}

// look looks once, now. An error says that what was seen before can't be kept.
func (p *Probe) look(ctx context.Context) (up bool, err error) {
	err = p.turn(time.Now())
	return p.lookNow(ctx), err
}

func (p *Probe) lookNow(ctx context.Context) (up bool) {
	start := time.Now()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, p.target+lookPath, http.NoBody)
	if err == nil {
		var res *http.Response
		if res, err = p.client.Do(r); err == nil {
			_, _ = io.CopyN(io.Discard, res.Body, 1<<16) // the status is what counts
			_ = res.Body.Close()
			up = res.StatusCode == http.StatusOK
		}
	}
	if ctx.Err() != nil {
		return up // told to stop: this look says nothing
	}
	took := float64(time.Since(start)) / float64(time.Millisecond)
	if up {
		p.now.Up++
		p.now.SumMS += took
		p.now.MaxMS = max(p.now.MaxMS, took)
	} else {
		p.now.Down++
	}
	return up
}

// turn ends the minute that is under way where at is in another one, signs and keeps it.
func (p *Probe) turn(at time.Time) error {
	minute := at.UTC().Truncate(time.Minute)
	if p.now.At.Equal(minute) {
		return nil
	}
	over := p.now
	p.now = Minute{At: minute}
	if over.Up+over.Down == 0 {
		return nil
	}
	over.Signature = ed25519.Sign(p.key, over.signed(p.target))
	p.pending = append(p.pending, over)
	return p.save()
}

func (p *Probe) save() error {
	if err := put(p.file, p.pending); err != nil {
		return fmt.Errorf("what the probe saw can't be kept: %w", err)
	}
	return nil
}

// put writes a file that is whole at any time.
func put(file string, what any) error {
	text, err := json.Marshal(what)
	if err == nil {
		err = os.WriteFile(file+".part", text, 0o600)
	}
	if err == nil {
		err = os.Rename(file+".part", file)
	}
	return err
}

// Brought is what a probe sends.
type Brought struct {
	Key     string   `json:"key" doc:"The probe's public key, in base64"`
	Minutes []Minute `json:"minutes" maxItems:"1440" nullable:"false"`
}

// bring takes what is pending to the target, the oldest first.
func (p *Probe) bring(ctx context.Context) error {
	part := p.pending[:min(len(p.pending), MostMinutes)]
	body, err := json.Marshal(Brought{p.Key(), part})
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, p.target+BringPath, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	res, err := p.client.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }() // it is read below
	if res.StatusCode != http.StatusNoContent {
		words, _ := io.ReadAll(io.LimitReader(res.Body, 500)) // as much as there is
		return fmt.Errorf("it answered %s %s", res.Status, words)
	}
	p.pending = p.pending[len(part):]
	return p.save()
}
