package localpg

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// lockFile is an advisory lock on a file. It ends with the process that holds
// it, however that ends, and children do not inherit it.
type lockFile struct{ f *os.File }

func openLock(path string, who account) (*lockFile, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) //nolint:gosec // the path is in the data folder the operator chose
	if err != nil {
		return nil, fmt.Errorf("open the lock of the database: %w", err)
	}
	if who.drop {
		if err := f.Chown(int(who.uid), int(who.gid)); err != nil {
			return nil, errors.Join(err, f.Close())
		}
	}
	return &lockFile{f}, nil
}

// try takes the lock in the given way, or returns unix.EWOULDBLOCK.
func (l *lockFile) try(how int) error {
	for {
		err := unix.Flock(int(l.f.Fd()), how|unix.LOCK_NB)
		if !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}

// lock waits until nobody else holds the lock.
func (l *lockFile) lock(ctx context.Context) error {
	for {
		err := l.try(unix.LOCK_EX)
		if !errors.Is(err, unix.EWOULDBLOCK) {
			return err
		}
		if err := pause(ctx); err != nil {
			return fmt.Errorf("%s is locked: %w", l.f.Name(), err)
		}
	}
}

// share takes the lock beside others.
func (l *lockFile) share() error {
	if err := l.try(unix.LOCK_SH); err != nil {
		return fmt.Errorf("share %s: %w", l.f.Name(), err)
	}
	return nil
}

// tryLock gives up a shared lock and tells whether nobody else holds one.
func (l *lockFile) tryLock() (alone bool, err error) {
	err = l.try(unix.LOCK_EX)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return false, nil
	}
	return err == nil, err
}

// unlock can't fail on an open file; if it did, close would release the lock.
func (l *lockFile) unlock() { _ = l.try(unix.LOCK_UN) }

func (l *lockFile) close() error { return l.f.Close() }

// pause waits for a moment between two looks at something.
func pause(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(20 * time.Millisecond):
		return nil
	}
}
