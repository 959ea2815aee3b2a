package faults_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/url"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/skaiscraper/skai/internal/dbtest"
)

// pool puts a PgBouncer between the program and its database.
func (r *rig) pool(t *testing.T) *dbtest.Bouncer {
	t.Helper()
	b, err := dbtest.NewBouncer(t.Context(), r.url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	r.url = b.URL("skai_app", database)
	return b
}

// delay puts a way between the program and its database on which each answer takes as
// many nanoseconds longer as the number says.
func (r *rig) delay(t *testing.T) *atomic.Int64 {
	t.Helper()
	to, err := url.Parse(r.url)
	if err != nil {
		t.Fatal(err)
	}
	query := to.Query()
	const socket = ".s.PGSQL.5432"
	behind := filepath.Join(query.Get("host"), socket)
	front := folder(t)
	query.Set("host", front)
	to.RawQuery = query.Encode()
	r.url = to.String()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "unix", filepath.Join(front, socket))
	if err != nil {
		t.Fatal(err)
	}
	longer := &atomic.Int64{}
	ctx := context.WithoutCancel(t.Context())
	var all sync.WaitGroup
	all.Go(func() {
		for {
			conn, err := l.Accept()
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err == nil {
				all.Go(func() { carry(ctx, conn, behind, longer) })
			}
		}
	})
	t.Cleanup(func() { _ = l.Close(); all.Wait() }) // runs after the processes were stopped
	return longer
}

// carry carries one connection until either end closes it.
func carry(ctx context.Context, conn net.Conn, behind string, longer *atomic.Int64) {
	server, err := (&net.Dialer{}).DialContext(ctx, "unix", behind)
	if err != nil {
		_ = conn.Close()
		return
	}
	go func() {
		_, _ = io.Copy(server, conn) // the program has closed it
		_ = server.Close()
	}()
	defer func() { _ = conn.Close(); _ = server.Close() }()
	buffer := make([]byte, 64<<10)
	for {
		n, err := server.Read(buffer)
		if n > 0 {
			<-time.After(time.Duration(longer.Load()))
			if _, err := conn.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}
