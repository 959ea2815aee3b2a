package trouble

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/getsentry/sentry-go"
	"github.com/google/uuid"
)

// Sentry sends what went wrong to a Sentry: of each error what is kept of it here, and
// so nothing that was put into its words.
type Sentry struct{ client *sentry.Client }

// NewSentry gives one for a project's DSN. Where the DSN can't be read, the error does
// not repeat it.
func NewSentry(dsn, release string) (*Sentry, error) {
	client, err := sentry.NewClient(sentry.ClientOptions{
		Dsn: dsn, Release: release, ServerName: "skai", // by itself it tells the machine's name
		Integrations: func([]sentry.Integration) []sentry.Integration { return nil }, // they add what we have not looked at
	})
	if err != nil {
		return nil, errors.New("it is no DSN of a project, which reads like https://key@sentry.example/7")
	}
	return &Sentry{client}, nil
}

// send hands an error over. It waits for nobody: what a Sentry does not take is lost.
func (s *Sentry) send(d description, seen Seen, id uuid.UUID) {
	e := sentry.NewEvent()
	e.Level = sentry.LevelError
	e.Fingerprint = []string{id.String()}
	e.Transaction = seen.Place
	e.Tags = map[string]string{"kind": d.kind, "place": seen.Place}
	if seen.Request != "" {
		e.Tags["request"] = seen.Request
	}
	if seen.Org != uuid.Nil {
		e.Tags["organisation"] = seen.Org.String()
	}
	if seen.Person != uuid.Nil {
		e.User = sentry.User{ID: seen.Person.String()} // by which Sentry counts people; it names nobody
	}
	e.Exception = []sentry.Exception{{Type: d.chain, Value: d.words, Stacktrace: stack(d.frames)}}
	s.client.CaptureEvent(e, nil, nil)
}

// stack is a panic's frames as Sentry has them, the innermost last; nil where there are none.
func stack(frames string) *sentry.Stacktrace {
	if frames == "" {
		return nil
	}
	var list []sentry.Frame
	for line := range strings.SplitSeq(frames, "\n") {
		list = append([]sentry.Frame{{Function: line, InApp: true}}, list...)
	}
	return &sentry.Stacktrace{Frames: list}
}

// Close sends what waits, and gives up after five seconds.
func (s *Sentry) Close() error {
	defer s.client.Close()
	if !s.client.Flush(5 * time.Second) {
		return fmt.Errorf("not all errors went to Sentry: it does not answer")
	}
	return nil
}
