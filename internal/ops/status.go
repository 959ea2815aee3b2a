package ops

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/skaiscraper/skai/internal/ops/incidents"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/ui"
	"github.com/skaiscraper/skai/internal/platform/uptime"
	"github.com/skaiscraper/skai/internal/platform/web"
)

// statusPath is the page for everybody.
const statusPath = incidents.StatusPath

// announcedAhead is how far ahead maintenance is told.
const announcedAhead = 60 * 24 * time.Hour

// statusDays is how many days it shows.
const statusDays = 90

// status is what the page says.
type status struct {
	at   time.Time
	days []uptime.Seen // UTC days, the last one is under way
	all  uptime.Seen
	now  uptime.Seen // of the last five minutes

	what []incidents.Incident
	work []incidents.Maintenance
}

// statusFor is how long one look at what the probes saw serves everybody: the page is
// public, and 90 days of minutes are much to add up.
const statusFor = 15 * time.Second

func (s *Service) statusPage(w http.ResponseWriter, r *http.Request) error {
	v, err := s.status(r.Context(), time.Now().UTC())
	if err != nil {
		return err
	}
	return ui.PublicPage(w, r, ui.Head{Title: "Status", Lead: "Whether SkaiScraper could be used, as a probe on another machine saw it."}, statusView(v))
}

// status looks, or gives what was seen a moment ago.
func (s *Service) status(ctx context.Context, now time.Time) (v status, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now.Sub(s.last.at) < statusFor {
		return s.last, nil
	}
	v.at = now
	first := now.Truncate(24*time.Hour).AddDate(0, 0, 1-statusDays)
	if v.days, err = uptime.Steps(ctx, s.db, first, 24*time.Hour, statusDays); err != nil {
		return v, err
	}
	minute := now.Truncate(time.Minute)
	if v.now, err = uptime.Window(ctx, s.db, minute.Add(-5*time.Minute), minute.Add(time.Minute)); err != nil {
		return v, err
	}
	v.all.Minutes = int64(now.Sub(first) / time.Minute)
	for _, d := range v.days {
		v.all.Add(d)
	}
	if v.what, err = s.incidents.List(ctx, first, now, true); err != nil {
		return v, err
	}
	if v.work, err = s.incidents.Windows(ctx, first, now.Add(announcedAhead)); err != nil {
		return v, err
	}
	s.last = v
	return v, nil
}

// words says how it is now.
func (v status) words() (ui.Tone, string) {
	switch part, known := v.now.UptimeOfAll(); {
	case !known:
		return ui.Neutral, "Nobody looked within the last five minutes, so whether it is up is unknown here."
	case part == 1:
		return ui.Green, "It is up: every look of the last five minutes found it ready."
	case part == 0:
		return ui.Red, "It is down: no look of the last five minutes found it ready."
	}
	return ui.Amber, fmt.Sprintf("It is up and down: %d of %d looks of the last five minutes found it ready.", v.now.Up, v.now.Looks)
}

func (v status) tone() ui.Tone {
	t, _ := v.words()
	return t
}

func (v status) sentence() string {
	_, w := v.words()
	return w
}

// tone is how a day is shown.
func tone(s uptime.Seen) ui.Tone {
	switch part, known := s.Uptime(); {
	case !known:
		return ui.Neutral
	case part >= objectiveUptime:
		return ui.Green
	case part >= 0.95:
		return ui.Amber
	}
	return ui.Red
}

// dayWords says how a day was.
func dayWords(s uptime.Seen) string {
	day := s.From.Format("January 2")
	part, known := s.Uptime()
	if !known && s.Looks > 0 {
		return day + ": maintenance that was announced, all the time that somebody looked"
	}
	if !known {
		return day + ": unknown, nobody looked"
	}
	return fmt.Sprintf("%s: %s of %d looks, in %s of the day's minutes", day, share(part), s.Looks-s.ExcusedLooks, share(float64(s.Known)/float64(s.Minutes)))
}

// maintenanceWords says what excused maintenance made of the figure.
func maintenanceWords(s uptime.Seen) string {
	all, known := s.UptimeOfAll()
	if s.ExcusedLooks == 0 || !known {
		return ""
	}
	return fmt.Sprintf("Another %s looks were in maintenance that was announced 48 hours before, and are not counted; with them it is %s.", ui.Count(s.ExcusedLooks), share(all))
}

// bring takes what a probe saw.
func (s *Service) bring(w http.ResponseWriter, r *http.Request) error {
	var in uptime.Brought
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		return fault.Invalid("minutes", "this is not what a probe brings")
	}
	key, err := uptime.ParseKey(in.Key)
	if err != nil {
		return fault.Forbidden("probe", "this is no probe that is known here")
	}
	if err := uptime.Keep(r.Context(), s.db, s.probes, key, web.Origin(r), in.Minutes, time.Now()); err != nil {
		return err
	}
	s.mu.Lock()
	s.last = status{} // the page shows it at once
	s.mu.Unlock()
	w.WriteHeader(http.StatusNoContent)
	return nil
}
