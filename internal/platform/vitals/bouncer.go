package vitals

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// console is the name of the database that PgBouncer answers for itself.
const console = "pgbouncer"

// BouncerEvery is how often PgBouncer is asked for its pools.
const BouncerEvery = 5 * time.Second

const (
	// bouncerPatience is how long it may take to answer, connecting included.
	bouncerPatience = 2 * time.Second
	// bouncerLasts is how long an answer tells how it is: three looks.
	bouncerLasts = 3 * BouncerEvery
)

// Pools are what a PgBouncer has for one database, those of all its users together.
type Pools struct {
	Active  int     // clients that have a server, or that ask for nothing at the moment
	Waiting int     // clients that asked for something and have no server yet
	Servers int     // connections to PostgreSQL that a client has
	Idle    int     // connections to PostgreSQL that nobody has
	Wait    float64 // seconds that the first of those that wait has waited
}

// Bouncer asks the console of a PgBouncer for its pools of one database. It is safe for
// concurrent use.
type Bouncer struct {
	config *pgconn.Config

	conn *pgconn.PgConn // of the look, which is one at a time

	mu   sync.Mutex
	last Pools
	at   time.Time // of the last look that was answered
}

// ParseBouncer reads the address of a PgBouncer's console:
// postgres://stats:secret@127.0.0.1:6432/pgbouncer. An error does not repeat it.
func ParseBouncer(address string) (*Bouncer, error) {
	config, err := pgx.ParseConfig(address) // it takes out what is the driver's own: default_query_exec_mode
	const example = "an example: postgres://stats:secret@127.0.0.1:6432/" + console
	switch {
	case err != nil:
		return nil, errors.New("it can't be read as an address; " + example)
	case config.Database != console:
		return nil, errors.New("it does not end with the database " + console + ", which is the console; " + example)
	}
	config.RuntimeParams["application_name"] = "skai"
	return &Bouncer{config: &config.Config}, nil
}

// Last gives what the last look found, and when that was; known is false where there
// was none within the last 15 seconds.
func (b *Bouncer) Last() (p Pools, at time.Time, known bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.last, b.at, !b.at.IsZero() && time.Since(b.at) < bouncerLasts
}

// look asks it once for the pools of a database. The console understands the simple
// protocol alone.
func (b *Bouncer) look(ctx context.Context, database string) (p Pools, err error) {
	ctx, cancel := context.WithTimeout(ctx, bouncerPatience)
	defer cancel()
	if b.conn == nil {
		if b.conn, err = pgconn.ConnectConfig(ctx, b.config); err != nil {
			b.conn = nil
			return p, reason(err)
		}
	}
	answer, err := b.conn.Exec(ctx, "SHOW POOLS").ReadAll()
	if err != nil {
		b.close()
		return p, reason(err)
	}
	if p, err = poolsOf(answer, database); err != nil {
		return p, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.last, b.at = p, time.Now()
	return p, nil
}

// close gives the connection back.
func (b *Bouncer) close() {
	if b.conn == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), bouncerPatience)
	defer cancel()
	_ = b.conn.Close(ctx) // nothing is left to be said
	b.conn = nil
}

// poolsOf adds up the pools of a database: there is one for each of its users.
func poolsOf(answer []*pgconn.Result, database string) (p Pools, err error) {
	found := false
	for _, result := range answer {
		for _, row := range result.Rows {
			of := func(column string) (n int) {
				i := slices.IndexFunc(result.FieldDescriptions, func(f pgconn.FieldDescription) bool { return f.Name == column })
				if i < 0 {
					err = errors.Join(err, fmt.Errorf("SHOW POOLS has no column %s", column))
					return 0
				}
				n, bad := strconv.Atoi(string(row[i]))
				err = errors.Join(err, bad)
				return n
			}
			if i := slices.IndexFunc(result.FieldDescriptions, func(f pgconn.FieldDescription) bool { return f.Name == "database" }); i < 0 || string(row[i]) != database {
				continue
			}
			found = true
			p.Active, p.Waiting = p.Active+of("cl_active"), p.Waiting+of("cl_waiting")
			// One that was not used for a while stands under used until it was tried.
			p.Servers, p.Idle = p.Servers+of("sv_active"), p.Idle+of("sv_idle")+of("sv_used")
			p.Wait = max(p.Wait, float64(of("maxwait"))+float64(of("maxwait_us"))/1e6)
		}
	}
	if !found && err == nil {
		err = fmt.Errorf("it has no pool of the database %q: nobody came through it, or it knows it by another name", database)
	}
	return p, err
}

// reason says why there was no answer, without the address.
func reason(err error) error {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return fmt.Errorf("it answered %s (%s)", e.Message, e.Code)
	}
	if pgconn.Timeout(err) || errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("no answer within %s", bouncerPatience)
	}
	if e, ok := errors.AsType[*net.OpError](err); ok {
		return e.Err
	}
	return errors.New("the connection was lost")
}

// worse is the worst of what was seen before, nil for nothing, and now: the most of
// everything, and of what is idle the least.
func (p *Pools) worse(now Pools) *Pools {
	if p != nil {
		now = Pools{max(p.Active, now.Active), max(p.Waiting, now.Waiting), max(p.Servers, now.Servers), min(p.Idle, now.Idle), max(p.Wait, now.Wait)}
	}
	return &now
}

// columns are the figures as a row has them; NULL where nobody saw them.
func (p *Pools) columns() []any {
	if p == nil {
		return []any{nil, nil, nil, nil, nil}
	}
	return []any{p.Active, p.Waiting, p.Servers, p.Idle, p.Wait}
}

// watchBouncer looks at PgBouncer until ctx ends. failed hears once of each time in
// which it does not answer.
func (r *Recorder) watchBouncer(ctx context.Context, failed func(error)) {
	defer r.bouncer.close()
	tick := time.NewTicker(BouncerEvery)
	defer tick.Stop()
	for away := false; ; {
		p, err := r.bouncer.look(ctx, r.db.Config().ConnConfig.Database)
		switch {
		case ctx.Err() != nil:
			return
		case err == nil:
			r.pools(p)
		case !away:
			failed(fmt.Errorf("the pools of PgBouncer are not known: %w", err))
		}
		away = err != nil
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// pools notes what PgBouncer said.
func (r *Recorder) pools(p Pools) {
	r.mu.Lock()
	defer r.mu.Unlock()
	m := r.this()
	m.bouncer = m.bouncer.worse(p)
}
