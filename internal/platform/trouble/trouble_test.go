package trouble_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"runtime/debug"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
	"github.com/skaiscraper/skai/internal/platform/trouble"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

func list(t *testing.T, db *postgres.DB, c dbtest.Contractor, f trouble.Filter) []trouble.Group {
	t.Helper()
	f.Limit = 100
	got, err := trouble.List(c.As(t, tenant.Owner), db, f)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func flush(t *testing.T, r *trouble.Recorder) {
	t.Helper()
	if err := r.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestErrorsAreGroupedAndCounted(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	titan, prowest := dbtest.Org(t, db, "titan"), dbtest.Org(t, db, "prowest")
	owner, _ := tenant.From(titan.As(t, tenant.Owner))
	member, _ := tenant.From(titan.As(t, tenant.Member))
	old, r := trouble.New(db, "v1", nil), trouble.New(db, "v2", nil)
	unique := func(detail string) error {
		return fmt.Errorf("make claim %s: %w", detail, &pgconn.PgError{Code: "23505", ConstraintName: "claims_number_key", TableName: "claims", Message: "duplicate", Detail: detail})
	}
	old.Note(trouble.Seen{Org: titan.ID, Person: owner.ActorID, Place: "POST /claims", Request: "r1", Err: unique("1")})
	flush(t, old)
	for i, who := range []uuid.UUID{owner.ActorID, owner.ActorID, member.ActorID, uuid.New(), uuid.Nil} {
		r.Note(trouble.Seen{Org: titan.ID, Person: who, Place: "POST /claims", Request: fmt.Sprint("r", 2+i), Err: unique(fmt.Sprint(i))})
	}
	r.Note(trouble.Seen{Org: titan.ID, Place: "POST /leads", Err: unique("elsewhere")})
	r.Note(trouble.Seen{Org: prowest.ID, Place: "POST /claims", Err: unique("theirs")})
	r.Note(trouble.Seen{Place: "POST /sign-in", Err: unique("nobody's")})
	r.Note(trouble.Seen{Org: uuid.New(), Place: "POST /claims", Err: unique("destroyed since")})
	flush(t, r)
	got := list(t, db, titan, trouble.Filter{Words: "post /CLAIMS"})
	if len(got) != 1 || got[0].Count != 6 || got[0].People != 2 || got[0].FirstRelease != "v1" || got[0].LastRelease != "v2" || got[0].RequestID != "r6" ||
		got[0].Kind != "database" || got[0].Words != "23505 claims claims_number_key" || got[0].Chain != "*fmt.wrapError > *pgconn.PgError" || !got[0].FirstSeen.Before(got[0].LastSeen) {
		t.Fatalf("%+v", got)
	}
	id := got[0].ID
	if all := list(t, db, titan, trouble.Filter{}); len(all) != 2 {
		t.Errorf("%+v", all)
	}
	// Resolved, it is out of sight until it comes back.
	ctx := titan.As(t, tenant.Owner)
	for _, resolved := range []bool{true, true} {
		if err := trouble.Resolve(ctx, db, id, resolved); err != nil {
			t.Fatal(err)
		}
	}
	if all, done := list(t, db, titan, trouble.Filter{}), list(t, db, titan, trouble.Filter{Resolved: true}); len(all) != 1 || len(done) != 1 || done[0].ResolvedAt == nil {
		t.Errorf("%+v, %+v", all, done)
	}
	theirs, err := trouble.Get(prowest.As(t, tenant.Owner), db, id) // the same kind
	if err != nil || theirs.Count != 1 || theirs.ResolvedAt != nil {
		t.Errorf("%+v, %v", theirs, err)
	}
	r.Note(trouble.Seen{Org: titan.ID, Place: "POST /claims", Request: "r9", Err: unique("again")})
	flush(t, r)
	if g, err := trouble.Get(ctx, db, id); err != nil || g.ResolvedAt != nil || g.Reopened != 1 || g.Count != 7 {
		t.Errorf("%+v, %v", g, err)
	}
	if err := trouble.Resolve(ctx, db, uuid.New(), true); !fault.Is(err, fault.KindNotFound) {
		t.Error(err)
	}
	// The operator sees all of them, and what is nobody's.
	everything, err := trouble.ListAll(t.Context(), db, trouble.Filter{Limit: 10})
	if err != nil || len(everything) != 4 {
		t.Errorf("%+v, %v", everything, err)
	}
	if same, err := trouble.GetAll(t.Context(), db, id); err != nil || len(same) != 2 || same[0].Org != "prowest" {
		t.Errorf("%+v, %v", same, err)
	}
	if err := trouble.ResolveAll(t.Context(), db, id, true); err != nil {
		t.Error(err)
	}
	if left, err := trouble.ListAll(t.Context(), db, trouble.Filter{Limit: 10}); err != nil || len(left) != 2 {
		t.Errorf("%+v, %v", left, err)
	}
	if n, err := trouble.Prune(t.Context(), db, time.Now().Add(91*24*time.Hour)); err != nil || n != 4 {
		t.Errorf("%d, %v", n, err)
	}
}

func boom(value any) { panic(value) }

// caught is what a panic is noted as.
func caught(place string, org uuid.UUID, value any) (s trouble.Seen) {
	defer func() {
		p := recover()
		s = trouble.Seen{Org: org, Place: place, Panicked: true, Value: p, Stack: debug.Stack(), Err: fmt.Errorf("panic: %v", p)}
	}()
	boom(value)
	return s
}

// TestNobodyIsNamed puts what is personal into every part of errors that has room for
// it, and looks for it in every row.
func TestNobodyIsNamed(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	titan := dbtest.Org(t, db, "titan")
	const who = "Quackenbush quackenbush@example.com +1 602 555 0100 sk_live_51Hxyz"
	r := trouble.New(db, "v1", nil)
	note := func(err error) {
		for _, org := range []uuid.UUID{titan.ID, uuid.Nil} {
			r.Note(trouble.Seen{Org: org, Place: "POST /contacts", Err: err})
			r.Note(trouble.Seen{Org: org, Place: "POST /wrapped", Err: fmt.Errorf("save %s: %w", who, err)})
			r.Note(trouble.Seen{Org: org, Place: "POST /joined", Err: errors.Join(errors.New(who), err)})
		}
	}
	for _, err := range []error{
		errors.New(who),
		&pgconn.PgError{Code: "22P02", Message: `invalid input: "` + who + `"`, Detail: "Key (email)=(" + who + ")", Where: who, InternalQuery: who, Hint: who, File: who},
		&fs.PathError{Op: "open", Path: who, Err: syscall.ENOENT}, &url.Error{Op: "Get", URL: "https://x.example/" + who, Err: context.DeadlineExceeded},
		&net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Name: who, Err: who}}, &os.LinkError{Op: "link", Old: who, New: who, Err: errors.New(who)},
		fault.Unavailable("mail.away", "the mail to %s can't be sent", who), context.Canceled,
	} {
		note(err)
	}
	// One that PostgreSQL makes.
	err := postgres.Do(titan.As(t, tenant.Owner), db, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `SELECT $1::text::int`, who)
		return err
	})
	if err == nil || !strings.Contains(err.Error(), "Quackenbush") {
		t.Fatal("PostgreSQL says nothing of the value, so nothing is shown by this test", err)
	}
	note(err)
	var array []int
	index := func() (s trouble.Seen) {
		defer func() {
			p := recover()
			s = trouble.Seen{Org: titan.ID, Place: "GET /index", Panicked: true, Value: p, Stack: debug.Stack()}
		}()
		_ = array[len(who)]
		return s
	}
	for _, s := range []trouble.Seen{caught("GET /text", titan.ID, who), caught("GET /error", titan.ID, errors.New(who)), caught("GET /nobody", uuid.Nil, fmt.Sprint(who)), index()} {
		r.Note(s)
	}
	flush(t, r)
	super := dbtest.Super(t, db)
	for _, table := range []string{"error_groups", "error_people", "system_errors"} {
		rows, err := postgres.Values[string](t.Context(), super, `SELECT t::text FROM `+table+` t`)
		if err != nil || len(rows) == 0 && table != "error_people" {
			t.Fatalf("%d rows of %s, %v", len(rows), table, err)
		}
		for _, row := range rows {
			for _, secret := range []string{"uackenbush", "@", "602", "555 0100", "sk_live"} {
				if strings.Contains(row, secret) {
					t.Errorf("%s has %q: %s", table, secret, row)
				}
			}
		}
	}
	// What can be told is there.
	for words, want := range map[string]string{"GET /text": "panic: string", "GET /index": "panic: index out of range", "GET /error": "panic: *errors.errorString", "no such file": "error: file does not exist; no such file or directory; open", "mail.away": "fault: mail.away", "22P02": "database: 22P02"} {
		got := list(t, db, titan, trouble.Filter{Words: words})
		if len(got) == 0 || got[0].Title() != want {
			t.Errorf("%s: %+v", words, got)
		}
	}
	if got := list(t, db, titan, trouble.Filter{Words: "GET /text"}); len(got) != 1 || !strings.HasPrefix(got[0].Frames, "internal/platform/trouble_test.boom trouble_test.go:") {
		t.Errorf("%+v", got)
	}
}

// What could not be written is written later, and nothing twice.
func TestErrorsAreNotLostWhereTheDatabaseIsWhatFailed(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	titan := dbtest.Org(t, db, "titan")
	r := trouble.New(db, "v1", nil)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for range 3 {
		r.Note(trouble.Seen{Org: titan.ID, Place: "GET /", Err: context.DeadlineExceeded})
		if err := r.Flush(gone); err == nil {
			t.Fatal("it was written without a database")
		}
	}
	flush(t, r)
	flush(t, r)
	if got := list(t, db, titan, trouble.Filter{}); len(got) != 1 || got[0].Count != 3 {
		t.Errorf("%+v", got)
	}
}

// Two processes count together.
func TestManyProcessesCountOneError(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	titan := dbtest.Org(t, db, "titan")
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			r := trouble.New(db, "v1", nil)
			for i := range 50 {
				for _, place := range []string{"GET /a", "GET /b", "GET /c"} {
					r.Note(trouble.Seen{Org: titan.ID, Place: place, Err: context.Canceled})
				}
				if i%5 == 4 {
					if err := r.Flush(t.Context()); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	all.Wait()
	for _, g := range list(t, db, titan, trouble.Filter{}) {
		if g.Count != 200 {
			t.Errorf("%+v", g)
		}
	}
}

func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	r := trouble.New(nil, "v1", nil)
	for i := range 1010 {
		r.Note(trouble.Seen{Place: fmt.Sprint("GET /", i), Err: context.Canceled})
	}
	if n := r.Dropped(); n != 10 {
		t.Errorf("%g", n)
	}
}
