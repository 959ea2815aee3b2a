package mail

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"mime"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// kept is how many mails the folder holds; the oldest go first.
const kept = 200

// ending is that of the files in the folder; mail programs open them.
const ending = ".eml"

// stamp begins a file's name with its time, in UTC.
const stamp = "20060102-150405.000000"

// keep writes a mail into the folder, for its owner alone.
func keep(folder string, m *gomail.Msg, now time.Time) error {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return fmt.Errorf("folder for mails: %w", err)
	}
	name := filepath.Join(folder, now.UTC().Format(stamp)+"-"+rand.Text()[:8]+ending)
	// Under another name until it is whole: somebody may be listing them.
	file, err := os.OpenFile(name+".part", os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600) //nolint:gosec // below the data folder, named by this program
	if err != nil {
		return fmt.Errorf("write a mail: %w", err)
	}
	_, err = m.WriteTo(file)
	if err = errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("write a mail: %w", err)
	}
	if err := os.Rename(name+".part", name); err != nil {
		return fmt.Errorf("write a mail: %w", err)
	}
	return tidy(folder)
}

func tidy(folder string) error {
	names, err := files(folder)
	if err != nil {
		return err
	}
	for _, name := range names[min(kept, len(names)):] {
		if err := os.Remove(filepath.Join(folder, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove an old mail: %w", err)
		}
	}
	return nil
}

// files lists the folder's mails, the newest first.
func files(folder string) ([]string, error) {
	entries, err := os.ReadDir(folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("folder for mails: %w", err)
	}
	var names []string
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ending) {
			names = append(names, e.Name())
		}
	}
	slices.Sort(names)
	slices.Reverse(names)
	return names, nil
}

// Kept is a mail in the folder.
type Kept struct {
	At      time.Time
	To      string
	Subject string
	Text    string // what the person reads
}

// Latest gives the newest mails of a folder, at most so many; none where there is no folder.
func Latest(folder string, most int) ([]Kept, error) {
	names, err := files(folder)
	if err != nil {
		return nil, err
	}
	var list []Kept
	for _, name := range names[:min(most, len(names))] {
		k, err := read(filepath.Join(folder, name))
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		list = append(list, k)
	}
	return list, nil
}

func read(path string) (Kept, error) {
	m, err := gomail.EMLToMsgFromFile(path)
	if err != nil {
		return Kept{}, err
	}
	k := Kept{To: strings.Trim(strings.Join(m.GetToString(), ", "), "<>")}
	if k.Subject, err = new(mime.WordDecoder).DecodeHeader(strings.Join(m.GetGenHeader(gomail.HeaderSubject), " ")); err != nil {
		return Kept{}, err
	}
	if name := filepath.Base(path); len(name) > len(stamp) {
		k.At, _ = time.Parse(stamp, name[:len(stamp)]) // a mail put there by hand has no time
	}
	for _, part := range m.GetParts() {
		if part.GetContentType() == gomail.TypeTextPlain {
			text, err := part.GetContent()
			if err != nil {
				return Kept{}, err
			}
			k.Text = strings.TrimSpace(strings.ReplaceAll(string(text), "\r\n", "\n"))
		}
	}
	return k, nil
}
