package uptime_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/skaiscraper/skai/internal/platform/mail"
	"github.com/skaiscraper/skai/internal/platform/uptime"
)

const alarmTarget = "https://skai.titan.example"

// usual is the rule of skai probe where nobody says another one.
var usual = uptime.Rule{Looks: 3, After: 30 * time.Second}

// listener is somebody who is told, or can't be.
type listener struct {
	start time.Time
	fails func(try int) error // nil takes everything

	mu    sync.Mutex
	tries []time.Duration // when, since the start
	heard []string        // "30s Not ready"
	news  []uptime.News
}

func (l *listener) Tell(ctx context.Context, n uptime.News) error {
	l.mu.Lock()
	try := len(l.tries)
	l.tries = append(l.tries, time.Since(l.start))
	l.mu.Unlock()
	if l.fails != nil {
		if err := l.fails(try); err != nil {
			return err
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	title, _, _ := strings.Cut(n.Title(), ":")
	l.heard, l.news = append(l.heard, fmt.Sprint(time.Since(l.start), " ", title)), append(l.news, n)
	return ctx.Err()
}

// watch has an alarm see looks, one every ten seconds: u is up, d is down.
func watch(t *testing.T, folder, looks string, listeners map[string]*listener) (said []string) {
	t.Helper()
	var mu sync.Mutex
	var list []uptime.Teller
	for name, l := range listeners {
		l.start = time.Now()
		list = append(list, uptime.Teller{Name: name, Tell: l.Tell})
	}
	a, err := uptime.NewAlarm(alarmTarget, folder, usual, list, func(format string, args ...any) {
		mu.Lock()
		defer mu.Unlock()
		said = append(said, fmt.Sprintf(format, args...))
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	wait := a.Start(ctx)
	for _, look := range looks {
		a.See(look == 'u', time.Now())
		<-time.After(10 * time.Second)
	}
	synctest.Wait()
	stop()
	wait()
	return said
}

// TestARuleTellsOnce has looks of all kinds, and clocks that go by themselves.
func TestARuleTellsOnce(t *testing.T) {
	t.Parallel()
	for looks, want := range map[string][]string{
		"uuuuuuuu":                     nil,
		"ddduuuuuu":                    nil, // 20 s lie between the first and the last
		"ddddd":                        {"30s Not ready"},
		"dduddduddd":                   nil, // never for long enough
		"udududududud":                 nil,
		"ddddddddddddddddddd":          {"30s Not ready"},
		"ddddduuuuuuu":                 {"30s Not ready", "1m20s Ready again"},
		"ddddduuuduuuuu":               {"30s Not ready", "2m0s Ready again"}, // it was back for too short a time first
		"ddddduuuuuuddddddduuuu":       {"30s Not ready", "1m20s Ready again", "2m20s Not ready", "3m30s Ready again"},
		"dddduuuudddduuuuddd":          {"30s Not ready", "1m10s Ready again", "1m50s Not ready", "2m30s Ready again"},
		"uuuuuuuuudddduuuduuuduuuduuu": {"2m0s Not ready"},
	} {
		t.Run(looks, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				l := &listener{}
				if said := watch(t, folder, looks, map[string]*listener{"chat": l}); len(said) > 0 {
					t.Errorf("said %q", said)
				}
				if !slices.Equal(l.heard, want) {
					t.Errorf("%s: heard %q, want %q", looks, l.heard, want)
				}
			})
		})
	}
}

// TestTheStoryOfAnOutage is told with its times.
func TestTheStoryOfAnOutage(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	synctest.Test(t, func(t *testing.T) { // whose clock begins at 2000-01-01 00:00 UTC
		l := &listener{}
		watch(t, folder, "uuuddddddddduuuu", map[string]*listener{"chat": l})
		if len(l.news) != 2 {
			t.Fatalf("%+v", l.news)
		}
		down, up := l.news[0], l.news[1]
		if got := strings.Join(down.Lines(), "\n"); down.Title() != "Not ready: "+alarmTarget || !strings.HasSuffix(got, "has not found it ready since 2000-01-01 00:00:30 UTC.") {
			t.Errorf("%s\n%s", down.Title(), got)
		}
		if got := strings.Join(up.Lines(), "\n"); up.Title() != "Ready again: "+alarmTarget || !strings.HasSuffix(got, "did not find it ready from 2000-01-01 00:00:30 UTC on, and did again from 2000-01-01 00:02:00 UTC on: it was away for 1m30s.") {
			t.Errorf("%s\n%s", up.Title(), got)
		}
	})
}

var errAway = errors.New("nobody there")

// TestTellingIsTriedAgain by waits that double, beside a listener who hears at once and
// one who never answers.
func TestTellingIsTriedAgain(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		fine, late := &listener{}, &listener{fails: func(try int) error {
			if try < 5 {
				return errAway
			}
			return nil
		}}
		hangs := &listener{fails: func(int) error {
			<-time.After(time.Hour)
			return errAway
		}}
		said := watch(t, folder, strings.Repeat("d", 20), map[string]*listener{"fine": fine, "late": late, "hangs": hangs})
		if !slices.Equal(fine.heard, []string{"30s Not ready"}) {
			t.Errorf("beside others heard %q", fine.heard)
		}
		const s = time.Second
		if want := []time.Duration{30 * s, 31 * s, 33 * s, 37 * s, 45 * s, 61 * s}; !slices.Equal(late.tries, want) || !slices.Equal(late.heard, []string{"1m1s Not ready"}) {
			t.Errorf("tried at %s, heard %q", late.tries, late.heard)
		}
		if n := len(hangs.tries); n != 1 {
			t.Errorf("one that hangs was asked %d times at once", n)
		}
		if want := "late could not be told, it is tried again in 1s: nobody there"; !slices.Contains(said, want) || len(said) != 6 { // and that the third was not told
			t.Errorf("said %q", said)
		}
	})
}

// TestWhatCouldNotBeToldIsToldAsOver has a way that is away for as long as the outage,
// and for another one.
func TestWhatCouldNotBeToldIsToldAsOver(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		back := time.Now().Add(200 * time.Second)
		chat := &listener{fails: func(int) error {
			if time.Now().Before(back) {
				return errAway
			}
			return nil
		}}
		watch(t, folder, "dddddduuuuudddduuuuuuuuuuuuuuuuuuuuuu", map[string]*listener{"chat": chat})
		if len(chat.news) != 1 || chat.news[0].Down || chat.news[0].Missed != 2 {
			t.Fatalf("%+v", chat.news)
		}
		if got := strings.Join(chat.news[0].Lines(), "\n"); !strings.HasSuffix(got, "it was away for 40s.\nEarlier messages of this probe did not get through here: 2.") {
			t.Error(got)
		}
	})
}

// TestARestartRepeatsNothing runs an alarm again and again in one folder.
func TestARestartRepeatsNothing(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		hear := func(looks string, names ...string) map[string][]string {
			t.Helper()
			all := map[string]*listener{}
			for _, n := range names {
				all[n] = &listener{}
				if n == "away" {
					all[n].fails = func(int) error { return errAway }
				}
			}
			watch(t, folder, looks, all)
			heard := map[string][]string{}
			for n, l := range all {
				heard[n] = l.heard
			}
			return heard
		}
		if got := hear("ddddd", "chat"); len(got["chat"]) != 1 {
			t.Errorf("an outage: %q", got)
		}
		if got := hear("ddddd", "chat", "mail"); len(got["chat"]) != 0 || !slices.Equal(got["mail"], []string{"0s Not ready"}) {
			t.Errorf("after a restart, with a new way: %q", got)
		}
		if got := hear("uuuuu", "chat", "away"); !slices.Equal(got["chat"], []string{"30s Ready again"}) || len(got["away"]) != 0 {
			t.Errorf("and back: %q", got)
		}
		if got := hear("uuuuu", "chat", "mail"); len(got["chat"])+len(got["mail"]) != 0 {
			t.Errorf("and again: %q", got)
		}
	})
	if err := os.WriteFile(filepath.Join(folder, "alarm.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := uptime.NewAlarm(alarmTarget, folder, usual, nil, nil); err == nil || !strings.Contains(err.Error(), "remove it to begin anew") {
		t.Errorf("a broken file: %v", err)
	}
	if err := os.WriteFile(filepath.Join(folder, "alarm.json"), []byte(`{"target": "https://elsewhere.example", "changes": 1}`), 0o600); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		l := &listener{}
		watch(t, folder, "uuuuu", map[string]*listener{"chat": l})
		if len(l.heard) != 0 {
			t.Errorf("of another target: %q", l.heard)
		}
	})
}

// TestARefusalForGoodIsNotRepeated has an address that the mail server will never take.
func TestARefusalForGoodIsNotRepeated(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	post, err := mail.New(mail.Config{Folder: folder, URL: alarmTarget})
	if err != nil {
		t.Fatal(err)
	}
	final := post.Send(t.Context(), mail.Letter{To: "nobody"})
	if !mail.IsFinal(final) {
		t.Fatal(final)
	}
	synctest.Test(t, func(t *testing.T) {
		l := &listener{fails: func(int) error { return final }}
		said := watch(t, folder, "ddddddddduuuuuuu", map[string]*listener{"mail": l})
		if len(l.tries) != 2 || len(said) != 2 || !strings.Contains(said[0], "it is not tried again") {
			t.Errorf("tried at %s, said %q", l.tries, said)
		}
	})
}
