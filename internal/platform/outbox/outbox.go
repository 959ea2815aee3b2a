// Package outbox keeps messages in a folder for want of somewhere to send them: mails
// and text messages, for trying things out on one machine.
package outbox

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Most is how many messages a folder holds; the oldest go first.
const Most = 200

// stamp begins a file's name with its time, in UTC.
const stamp = "20060102-150405.000000"

// Folder holds messages, a file each, whose names have the same ending: ".eml".
type Folder struct{ Path, Ending string }

// Keep writes a message, for the folder's owner alone.
func (f Folder) Keep(now time.Time, write func(io.Writer) error) error {
	if err := os.MkdirAll(f.Path, 0o700); err != nil {
		return fmt.Errorf("folder for messages: %w", err)
	}
	name := filepath.Join(f.Path, now.UTC().Format(stamp)+"-"+rand.Text()[:8]+f.Ending)
	// Under another name until it is whole: somebody may be listing them.
	file, err := os.OpenFile(name+".part", os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600) //nolint:gosec // below the data folder, named by this program
	if err != nil {
		return fmt.Errorf("write a message: %w", err)
	}
	if err := errors.Join(write(file), file.Close()); err != nil {
		return fmt.Errorf("write a message: %w", err)
	}
	if err := os.Rename(name+".part", name); err != nil {
		return fmt.Errorf("write a message: %w", err)
	}
	return f.tidy()
}

func (f Folder) tidy() error {
	list, err := f.all()
	if err != nil {
		return err
	}
	for _, path := range list[min(Most, len(list)):] {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove an old message: %w", err)
		}
	}
	return nil
}

// Latest gives the files of the newest messages, the newest first, at most so many;
// none where there is no folder.
func (f Folder) Latest(most int) ([]string, error) {
	list, err := f.all()
	return list[:min(max(most, 0), len(list))], err
}

func (f Folder) all() (list []string, err error) {
	entries, err := os.ReadDir(f.Path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("folder for messages: %w", err)
	}
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), f.Ending) {
			list = append(list, filepath.Join(f.Path, e.Name()))
		}
	}
	slices.Sort(list)
	slices.Reverse(list)
	return list, nil
}

// TimeOf is when a message was kept; the zero time for a file put there by hand.
func TimeOf(path string) time.Time {
	name := filepath.Base(path)
	at, _ := time.Parse(stamp, name[:min(len(stamp), len(name))])
	return at
}
