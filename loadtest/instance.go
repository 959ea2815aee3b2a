package main

import (
	"bufio"
	"context"
	_ "embed" // the SQL that fills an organisation
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/platform/capacity"
	"github.com/skaiscraper/skai/internal/platform/localpg"
	"github.com/skaiscraper/skai/internal/platform/postgres"
)

// How much there is before anybody comes, for each organisation, beside the book of
// the demonstration.
const (
	peopleEach = "250"
	claimsEach = 10_000
)

// processes is how many the program thinks share the database, without SKAI_PROCESSES.
const processes = 2

//go:embed fill.sql
var fill string

// organisation is one as the scripts know it.
type organisation struct {
	Slug    string          `json:"slug"`
	Name    string          `json:"name"`
	ID      string          `json:"id"`
	Word    string          `json:"word"`    // stands in all its records and nowhere else
	Address string          `json:"address"` // of its office's router, of the range for documentation
	People  json.RawMessage `json:"people"`
}

// instance is an installation of its own, and what was started for it.
type instance struct {
	folder, url string
	pool        int // connections the program has
	server      *localpg.Server
	look        *pgx.Conn // as the superuser, to look and to fill
	serving     *exec.Cmd
	ended       chan error
	log         *os.File
	orgs        []organisation
}

const program = "bin/skai"

// newInstance makes the two organisations with their people and books.
func newInstance(ctx context.Context, folder string) (i *instance, err error) {
	i = &instance{folder: folder, orgs: []organisation{
		{Slug: "titan", Word: "quillfinch", Address: "198.51.100.7"}, {Slug: "prowest", Word: "mossgable", Address: "203.0.113.9"},
	}}
	defer func() {
		if err != nil {
			err = errors.Join(err, i.close())
		}
	}()
	say("making two organisations with %s more people each", peopleEach)
	if i.server, err = localpg.Start(ctx, localpg.Options{DataDir: i.data(), Log: slog.New(slog.DiscardHandler)}); err != nil {
		return i, err
	}
	if out, err := exec.CommandContext(ctx, program, "demo", "--data", i.data(), "--people", peopleEach).CombinedOutput(); err != nil { //nolint:gosec // our own program
		return i, fmt.Errorf("skai demo: %w: %s", err, out)
	}
	if i.look, err = pgx.Connect(ctx, i.server.URL(localpg.Superuser, "skai")); err != nil {
		return i, err
	}
	db, err := postgres.Open(ctx, i.server.URL("skai_app", "skai"), processes)
	if err != nil {
		return i, err
	}
	i.pool = int(db.Config().MaxConns) // as the program reckons it
	db.Close()
	for n := range i.orgs {
		if err := i.fill(ctx, &i.orgs[n]); err != nil {
			return i, fmt.Errorf("fill %s: %w", i.orgs[n].Slug, err)
		}
	}
	if _, err := i.look.Exec(ctx, "ANALYZE"); err != nil {
		return i, err
	}
	data, err := json.Marshal(map[string]any{"organisations": i.orgs})
	if err != nil {
		return i, err
	}
	return i, errors.Join(os.WriteFile(i.peopleFile(), data, 0o600), writePhoto(i.photoFile()))
}

func (i *instance) data() string       { return filepath.Join(i.folder, "data") }
func (i *instance) peopleFile() string { return filepath.Join(i.folder, "people.json") }
func (i *instance) photoFile() string  { return filepath.Join(i.folder, "photo.jpg") }

// writePhoto writes a JPEG of some 200 kB, all of it noise.
func writePhoto(path string) error {
	picture := image.NewGray(image.Rect(0, 0, 600, 600))
	if _, err := rand.NewChaCha8([32]byte{}).Read(picture.Pix); err != nil {
		return err
	}
	return write(path, func(f *os.File) error { return jpeg.Encode(f, picture, nil) })
}

// fill puts records with the organisation's word into it.
func (i *instance) fill(ctx context.Context, o *organisation) error {
	if err := i.look.QueryRow(ctx, `SELECT id::text, name FROM orgs WHERE slug = $1`, o.Slug).Scan(&o.ID, &o.Name); err != nil {
		return err
	}
	if _, err := i.look.Exec(ctx, fmt.Sprintf(fill, o.ID, o.Word, claimsEach)); err != nil {
		return err
	}
	list, err := os.ReadFile(filepath.Join(i.data(), "people-"+o.Slug+".json"))
	if err != nil {
		return err
	}
	var people []struct{ Name, Email, Password, Role string }
	if err := json.Unmarshal(list, &people); err != nil {
		return err
	}
	type person struct {
		Email    string `json:"email"`
		Password string `json:"password"`
		Role     string `json:"role"`
	}
	small := make([]person, len(people))
	for n, p := range people {
		small[n] = person{p.Email, p.Password, p.Role}
	}
	o.People, err = json.Marshal(small) //nolint:gosec // as above
	return err
}

// serve starts the program as an operator would, its limits on.
func (i *instance) serve(ctx context.Context) (err error) {
	if i.log, err = os.Create(filepath.Join(i.folder, "serve.log")); err != nil {
		return err
	}
	i.serving = exec.CommandContext(ctx, program, "serve", "--data", i.data(), "--listen", "127.0.0.1:0") //nolint:gosec // our own program
	i.serving.Cancel = func() error { return i.serving.Process.Signal(syscall.SIGTERM) }
	i.serving.WaitDelay = time.Minute
	i.serving.Stderr = i.log
	out, err := i.serving.StdoutPipe()
	if err != nil {
		return err
	}
	if err := i.serving.Start(); err != nil {
		return err
	}
	i.ended = make(chan error, 1)
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if _, url, found := strings.Cut(lines.Text(), "SkaiScraper is at "); found {
			i.url = url
			break
		}
	}
	go func() { i.ended <- i.serving.Wait() }()
	if i.url == "" {
		return fmt.Errorf("skai serve did not start: %w: %s", <-i.ended, i.logged())
	}
	return nil
}

func (i *instance) logged() []byte {
	data, err := os.ReadFile(i.log.Name())
	if err != nil {
		return []byte(err.Error())
	}
	return data[max(0, len(data)-2000):]
}

// serverErrors counts the requests that the program itself calls its own fault.
func (i *instance) serverErrors() (n int, err error) {
	f, err := os.Open(i.log.Name())
	if err != nil {
		return 0, err
	}
	defer func() { _ = f.Close() }() // it was only read
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if strings.Contains(lines.Text(), " status=5") {
			n++
		}
	}
	return n, lines.Err()
}

// importMeanwhile takes a file of contacts into the first organisation while people
// are at work, and notes how long that took.
func (i *instance) importMeanwhile(ctx context.Context, p plan, over <-chan struct{}, r *capacity.Run) error {
	if p.rows == 0 {
		return nil
	}
	path := filepath.Join(i.folder, "contacts.csv")
	if err := i.writeContacts(path, p.rows); err != nil {
		return err
	}
	select {
	case <-over:
		return nil // shorter than usual: there was nobody to be in the way of
	case <-time.After(p.startAt):
	}
	c := exec.CommandContext(ctx, program, "import", "--data", i.data(), "--org", i.orgs[0].Slug, "--json", path) //nolint:gosec // our own program
	start := time.Now()
	out, err := c.CombinedOutput()
	took := time.Since(start)
	r.Import = &capacity.Import{Organisation: i.orgs[0].Slug, Rows: int64(p.rows), Second: float64(start.UnixMilli()) / 1000, Seconds: took.Seconds(), ExitCode: c.ProcessState.ExitCode()}
	if err != nil {
		return fmt.Errorf("the migration meanwhile: %w: %s", err, out[max(0, len(out)-2000):])
	}
	say("a migration of %d rows ran meanwhile, %.1f s", p.rows, took.Seconds())
	return nil
}

func (i *instance) writeContacts(path string, rows int) error {
	f, err := os.Create(path) //nolint:gosec // in our own folder
	if err != nil {
		return err
	}
	w := bufio.NewWriter(f)
	_, _ = w.WriteString("id,first_name,last_name,email,phone,street,city,state,zip,notes\r\n") // Flush tells
	for n := range rows {
		_, _ = fmt.Fprintf(w, "M%d,Moved%d,Over%d %s,moved%d@example.com,602-555-01%02d,%d Oak St,Mesa,AZ,852%02d,Came with the migration\r\n", // Flush tells
			n, n%977, n, i.orgs[0].Word, n, n%100, n, n%100)
	}
	return errors.Join(w.Flush(), f.Close())
}

// close ends what was started, by its own id.
func (i *instance) close() error {
	var problems []error
	if i.ended != nil {
		_ = i.serving.Process.Signal(syscall.SIGTERM) // it may have ended
		if err := <-i.ended; err != nil && i.serving.ProcessState.ExitCode() > 1 {
			problems = append(problems, fmt.Errorf("skai serve: %w", err))
		}
	}
	if i.look != nil {
		problems = append(problems, i.look.Close(context.Background()))
	}
	if i.server != nil {
		problems = append(problems, i.server.Close())
	}
	if i.log != nil {
		problems = append(problems, i.log.Close())
	}
	return errors.Join(problems...)
}
