package proof

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/skaiscraper/skai/internal/proof/body"
)

// request is one attempt, before an actor sends it.
type request struct {
	method, path string
	query        url.Values
	form         url.Values
	multipart    bool
	json         []byte
	header       map[string]string
}

// answer is what came back.
type answer struct {
	status                      int
	location, contentType, body string
	disposition                 string // Content-Disposition
	took                        time.Duration
}

// mostBody is how much of an answer is read, in bytes: a canary has little to show.
const mostBody = 4 << 20

// mostPatience is how often an attempt that is to be made later is made again.
const mostPatience = 100

// long is longer than the doors let anybody wait who may come in.
const long = 2 * time.Minute

func newClient() *http.Client {
	return &http.Client{
		Timeout:       time.Minute,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// send makes an attempt as an actor. Where the installation asks for slower
// attempts, it waits as long as it was told and tries again.
func (p *prover) send(ctx context.Context, a *actor, r request) (answer, error) {
	for range mostPatience {
		got, wait, err := p.once(ctx, a, r)
		if err != nil || wait == 0 {
			return got, err
		}
		if wait > long && a.renew != nil {
			if err := a.renew(ctx, a); err != nil {
				return got, err
			}
			continue
		}
		select {
		case <-ctx.Done():
			return got, ctx.Err()
		case <-time.After(wait):
		}
	}
	return answer{}, fmt.Errorf("%s %s was answered 429 %d times", r.method, r.path, mostPatience)
}

func (p *prover) once(ctx context.Context, a *actor, r request) (got answer, wait time.Duration, err error) {
	sent, contentType, err := r.body()
	if err != nil {
		return got, 0, err
	}
	target := p.URL + r.path
	if len(r.query) > 0 {
		target += "?" + r.query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, r.method, target, sent)
	if err != nil {
		return got, 0, err
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	a.authorise(req)
	for name, value := range r.header {
		req.Header.Set(name, value)
	}
	start := time.Now()
	res, err := p.client.Do(req)
	if err != nil {
		return got, 0, err
	}
	defer func() { _ = res.Body.Close() }() // it was read to the end
	text, err := body.Read(res, mostBody)
	got = answer{res.StatusCode, res.Header.Get("Location"), res.Header.Get("Content-Type"), string(text), res.Header.Get("Content-Disposition"), time.Since(start)}
	if res.StatusCode == http.StatusTooManyRequests {
		seconds, err := strconv.Atoi(res.Header.Get("Retry-After"))
		if err != nil {
			seconds = 1
		}
		return got, time.Duration(max(seconds, 1)) * time.Second, nil
	}
	return got, 0, err
}

// authorise gives a request what the actor has to show.
func (a *actor) authorise(req *http.Request) {
	if a.token == "" {
		return
	}
	if a.only != nil {
		req.Header.Set("Authorization", "Bearer "+a.token)
		return
	}
	for _, name := range []string{"session", "__Host-session"} {
		req.AddCookie(&http.Cookie{Name: name, Value: a.token}) //nolint:gosec // a request's cookie has no attributes
	}
}

func (r request) body() (io.Reader, string, error) {
	switch {
	case r.json != nil:
		return bytes.NewReader(r.json), "application/json", nil
	case r.form == nil:
		return nil, "", nil
	case !r.multipart:
		return strings.NewReader(r.form.Encode()), "application/x-www-form-urlencoded", nil
	}
	return body.Multipart(r.form)
}
