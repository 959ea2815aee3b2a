package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// pocketbase is a PocketBase with the same claims: what people who want a list and a
// record behind a sign-in would otherwise take. make bench-side builds it.
type pocketbase struct {
	process

	token string   // of a person
	paths []string // the list as its clients ask for it by themselves, with the number of all, and a record, of a collection as it is made
	tuned []string // the list without that number, which ours does not tell either, and the record, of one with indexes for it
}

// builtPocketbase is where make bench-side puts the program.
const builtPocketbase = "bin/pocketbase"

// others starts a PocketBase and fills it; nil where it was not built.
func (b *bench) others(ctx context.Context) (p *pocketbase, err error) {
	program, err := filepath.Abs(builtPocketbase)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(program); err != nil {
		fmt.Printf("%s is not there, so nothing is measured beside it; make bench-side builds it\n", builtPocketbase)
		return nil, nil //nolint:nilerr,nilnil // left out, and it says so
	}
	dir := filepath.Join(b.folder, "pocketbase")
	const admin = "root@example.com"
	if out, err := exec.CommandContext(ctx, program, "superuser", "create", admin, password, "--dir", dir).CombinedOutput(); err != nil { //nolint:gosec // built by us
		return nil, fmt.Errorf("pocketbase superuser: %w: %s", err, out)
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		return nil, err
	}
	p = &pocketbase{process: process{exec.CommandContext(ctx, program, "serve", "--http", address, "--dir", dir), "http://" + address}} //nolint:gosec // built by us
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	if err := p.wait("/api/health"); err != nil {
		return nil, err
	}
	if err := p.fill(ctx, admin); err != nil {
		p.stop()
		return nil, err
	}
	return p, nil
}

// fill makes one person, and two collections of so many claims that people who are signed in may read.
func (p *pocketbase) fill(ctx context.Context, admin string) error {
	var signedIn struct{ Token string }
	if err := post(ctx, p.url+"/api/collections/_superusers/auth-with-password", "", map[string]any{"identity": admin, "password": password}, &signedIn); err != nil {
		return err
	}
	root := signedIn.Token
	plain, err := p.collection(ctx, root, "plain")
	if err != nil {
		return err
	}
	tuned, err := p.collection(ctx, root, "tuned", "CREATE INDEX claims_stage ON tuned (stage, opened)", "CREATE INDEX claims_opened ON tuned (opened)")
	if err != nil {
		return err
	}
	if err := post(ctx, p.url+"/api/collections/users/records", root, map[string]any{"email": person(1), "password": password, "passwordConfirm": password, "verified": true}, nil); err != nil {
		return err
	}
	if err := post(ctx, p.url+"/api/collections/users/auth-with-password", "", map[string]any{"identity": person(1), "password": password}, &signedIn); err != nil {
		return err
	}
	p.token = signedIn.Token
	const list = `?perPage=50&sort=-opened&filter=stage%3D%22denied%22`
	p.paths = []string{"/api/collections/plain/records" + list, "/api/collections/plain/records/" + plain}
	p.tuned = []string{"/api/collections/tuned/records" + list + "&skipTotal=1", "/api/collections/tuned/records/" + tuned}
	return nil
}

// collection makes one, with its claims, and gives the id of one.
func (p *pocketbase) collection(ctx context.Context, root, name string, indexes ...string) (one string, err error) {
	people := `@request.auth.id != ""`
	var fields []map[string]any
	for _, name := range []string{"carrier", "claim_number", "date_of_loss", "stage", "contact", "property", "opened"} {
		fields = append(fields, map[string]any{"name": name, "type": "text"})
	}
	for _, name := range []string{"number", "rcv"} {
		fields = append(fields, map[string]any{"name": name, "type": "number"})
	}
	if err := post(ctx, p.url+"/api/collections", root, map[string]any{"name": name, "type": "base", "fields": fields, "listRule": people, "viewRule": people, "indexes": append([]string{}, indexes...)}, nil); err != nil {
		return "", err
	}
	return p.claims(ctx, root, name)
}

// claims makes the same claims as fill.sql and gives the id of one.
func (p *pocketbase) claims(ctx context.Context, root, collection string) (one string, err error) {
	start := time.Now()
	const hands = 8
	problems := make([]error, hands)
	var all sync.WaitGroup
	for h := range hands {
		all.Go(func() {
			for i := 1 + h; i <= sideClaims && problems[h] == nil; i += hands {
				var made struct{ ID string }
				problems[h] = post(ctx, p.url+"/api/collections/"+collection+"/records", root, claim(i, start), &made)
				if i == sideClaims/2 {
					one = made.ID
				}
			}
		})
	}
	all.Wait()
	for _, problem := range problems {
		if problem != nil {
			return "", problem
		}
	}
	return one, nil
}

// post sends JSON and reads the answer, which has to be 200 or 204.
func post(ctx context.Context, url, token string, body, answer any) error {
	b, err := json.Marshal(body)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(b)) //nolint:gosec // on this machine, named by whoever measures
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", token)
	res, err := http.DefaultClient.Do(r) //nolint:gosec // as above
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }() // it is read to its end
	text, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK && res.StatusCode != http.StatusNoContent {
		return fmt.Errorf("%s: %s %s (%w)", url, res.Status, text, err)
	}
	if answer == nil {
		return nil
	}
	return json.Unmarshal(text, answer)
}

// sides are the two ways in which so many people ask it; none where it was not built.
func (p *pocketbase) sides(people int) []side {
	if p == nil {
		return nil
	}
	tokens := slices.Repeat([]string{p.token}, people)
	return []side{{"pocketbase", order{p.url, "Authorization", tokens, p.paths, people}}, {"tuned", order{p.url, "Authorization", tokens, p.tuned, people}}}
}
