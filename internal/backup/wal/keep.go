package wal

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/backup"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/localpg"
	"github.com/skaiscraper/skai/internal/platform/postgres"
)

// How often the archiver writes down how far it is, and looks for new files.
const (
	noteEvery  = time.Second
	filesEvery = 10 * time.Second
)

// lastWords is how long the archiver waits for the rest of the log when it is told to end.
const lastWords = 5 * time.Second

// Check refuses what the log can't be kept with: the address, the role, the folder.
func Check(ctx context.Context, from backup.Source, folder string) error {
	conn, s, err := connect(ctx, from.URL)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return fmt.Errorf("SKAI_WAL_FOLDER: %w", err)
	}
	_, err = current(ctx, conn, s, folder)
	return err
}

// Keep archives the log into the folder as it is written, with the files, until ctx
// ends; then it waits for the rest, five seconds at most. Whatever goes wrong is tried
// again, and is in the log. Of several for one folder one works and the others wait for it
// to end.
func Keep(ctx context.Context, from backup.Source, folder string, log *slog.Logger) {
	const longest = 30 * time.Second
	pause := time.Second
	for {
		began := time.Now()
		err := keep(ctx, from, folder, log)
		switch {
		case ctx.Err() != nil:
			if err != nil {
				log.Warn("the last of the database's log is not archived yet", "error", err)
			}
			return
		case fault.Is(err, fault.KindConflict):
			log.DebugContext(ctx, "the database's log is archived by another process", "folder", folder)
			pause = time.Second
		default:
			if time.Since(began) > longest {
				pause = time.Second
			}
			log.ErrorContext(ctx, "the database's log is not archived; trying again", "error", err, "in", pause)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
		pause = min(2*pause, longest)
	}
}

// lockArchiver makes this process the one that archives into a folder.
func lockArchiver(folder string) (release func(), err error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("SKAI_WAL_FOLDER: %w", err)
	}
	return backup.Lock(filepath.Join(folder, ".archiver"), "another process archives into "+folder+" already")
}

// keep archives until ctx ends, or something goes wrong.
func keep(ctx context.Context, from backup.Source, folder string, log *slog.Logger) error {
	release, err := lockArchiver(folder)
	if err != nil {
		return err
	}
	defer release()
	conn, s, err := connect(ctx, from.URL)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	l, began, err := openLine(ctx, conn, s, folder)
	if err != nil {
		return err
	}
	if began {
		log.WarnContext(ctx, "the archive of the database's log begins here: no moment can be restored before the next base backup (skai backup) is made", "line", l.place)
	}
	if err := l.takeOver(ctx, conn); err != nil {
		return err
	}
	if err := l.removeBegun(s.Segment); err != nil {
		return err
	}
	program, err := localpg.Program(ctx, "pg_receivewal", s.Major)
	if err != nil {
		return err
	}
	log.InfoContext(ctx, "archiving the database's log", "into", l.log())
	running, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	// Each piece is on the disk before the server is told that it is here (synchronous).
	cmd, err := backup.Command(running, program, from.URL, "--directory="+l.log(), "--slot="+l.Slot, "--synchronous", "--no-loop", "--no-password")
	if err != nil {
		return err
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C is for this program, which has it fetch the rest first
	ended := make(chan error, 1)
	go func() { ended <- backup.Run(running, cmd) }()
	err = l.watch(ctx, conn, from, log, ended)
	if end(); errors.Is(err, errEnded) {
		return err
	}
	<-ended //nolint:errcheck // it was told to end
	return err
}

var errEnded = errors.New("pg_receivewal ended")

// watch writes down how far it is, and keeps the files, until ctx or the child ends.
func (l *line) watch(ctx context.Context, conn *pgx.Conn, from backup.Source, log *slog.Logger, ended <-chan error) error {
	tick := time.NewTicker(noteEvery)
	defer tick.Stop()
	last, looked := l.noted().LSN, time.Time{}
	for {
		select {
		case err := <-ended:
			return fmt.Errorf("%w: %w", errEnded, err)
		case <-ctx.Done():
			return l.finish(context.WithoutCancel(ctx), conn)
		case <-tick.C:
		}
		// Not bounded by ctx, at whose end the connection is still needed.
		at, err := l.fetched(context.WithoutCancel(ctx), conn)
		if err == nil && at != last {
			err = l.note(at, time.Now())
			last = at
		}
		if err != nil {
			return err
		}
		if time.Since(looked) >= filesEvery {
			if err := l.keepFiles(ctx, from.Files); err != nil && ctx.Err() == nil {
				log.ErrorContext(ctx, "files are not archived; trying again", "error", err)
			}
			looked = time.Now()
		}
	}
}

// finish waits for what was written until now.
func (l *line) finish(ctx context.Context, conn *pgx.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, lastWords)
	defer cancel()
	text, err := postgres.Value[string](ctx, conn, `SELECT pg_current_wal_flush_lsn()::text`)
	if err != nil {
		return err
	}
	to, err := parsePosition(text)
	if err != nil {
		return err
	}
	if err := l.await(ctx, conn, to); err != nil {
		return err
	}
	return l.note(to, time.Now())
}

// takeOver ends a pg_receivewal whose program was killed: it would go on, and nobody
// would know. That is told by the slot, which one alone may use.
func (l *line) takeOver(ctx context.Context, conn *pgx.Conn) error {
	for begin := time.Now(); ; {
		used, err := postgres.Values[bool](ctx, conn, `SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = $1 AND active_pid IS NOT NULL`, l.Slot)
		if err != nil || len(used) == 0 {
			return err
		}
		if time.Since(begin) > 30*time.Second {
			return fault.Unavailable("wal.used", "another program fetches the log by the slot %s: stop it", l.Slot)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// removeBegun removes a segment that a killed pg_receivewal had begun to lay out, before
// there was anything in it: it is smaller than a segment, and the next one would refuse it
// for ever.
func (l *line) removeBegun(size int64) error {
	begun, err := filepath.Glob(filepath.Join(l.log(), "*.partial"))
	if err != nil {
		return fmt.Errorf("SKAI_WAL_FOLDER: %w", err)
	}
	for _, path := range begun {
		info, err := os.Stat(path)
		if err == nil && info.Size() != size {
			err = os.Remove(path)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// keepFiles copies files that came since the line's newest base backup into it.
func (l *line) keepFiles(ctx context.Context, files string) error {
	all, err := bases(l)
	if err != nil || len(all) == 0 {
		return err
	}
	return copyNewer(ctx, files, all[len(all)-1].files())
}

// archiving has the log archived while work is done: by the process that does so anyway,
// or by this one.
func archiving(ctx context.Context, from backup.Source, folder string, log *slog.Logger, work func(context.Context) error) error {
	keeping, end := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		Keep(keeping, from, folder, log)
	}()
	err := work(ctx)
	end()
	<-done
	return err
}

// Alone tells whether nobody archives into the folder just now.
func Alone(folder string) bool {
	release, err := lockArchiver(folder)
	if err != nil {
		return false
	}
	release()
	return true
}
