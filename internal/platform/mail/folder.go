package mail

import (
	"fmt"
	"io"
	"mime"
	"path/filepath"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"github.com/skaiscraper/skai/internal/platform/outbox"
)

// outboxIn is where mails stand in a folder; mail programs open them.
func outboxIn(folder string) outbox.Folder { return outbox.Folder{Path: folder, Ending: ".eml"} }

// keep writes a mail into the folder, for its owner alone.
func keep(folder string, m *gomail.Msg, now time.Time) error {
	return outboxIn(folder).Keep(now, func(w io.Writer) error {
		_, err := m.WriteTo(w)
		return err
	})
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
	paths, err := outboxIn(folder).Latest(most)
	if err != nil {
		return nil, err
	}
	var list []Kept
	for _, path := range paths {
		k, err := read(path)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", filepath.Base(path), err)
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
	k := Kept{At: outbox.TimeOf(path), To: strings.Trim(strings.Join(m.GetToString(), ", "), "<>")}
	if k.Subject, err = new(mime.WordDecoder).DecodeHeader(strings.Join(m.GetGenHeader(gomail.HeaderSubject), " ")); err != nil {
		return Kept{}, err
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
