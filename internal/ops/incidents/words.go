package incidents

import (
	"fmt"
	"slices"
	"time"

	"github.com/skaiscraper/skai/internal/platform/ui"
)

// noticedLate is how long after its beginning an incident is noticed when that is worth saying.
const noticedLate = 15 * time.Minute

func (i Incident) noticedLate() bool {
	return i.Rule != byHand && i.NoticedAt.Sub(i.OpenedAt) > noticedLate
}

// ahead are the windows that are under way or to come, the next one first.
func ahead(list []Maintenance, now time.Time) (next []Maintenance) {
	for _, m := range slices.Backward(list) {
		if m.CancelledAt == nil && m.EndsAt.After(now) {
			next = append(next, m)
		}
	}
	return next
}

// over are the windows in which there was work.
func over(list []Maintenance, now time.Time) (past []Maintenance) {
	for _, m := range list {
		if !m.Ended().After(now) && m.Ended().After(m.StartsAt) {
			past = append(past, m)
		}
	}
	return past
}

func (m Maintenance) words(now time.Time) string {
	if m.StartsAt.After(now) {
		return "Maintenance is planned: " + m.What
	}
	return "Maintenance is under way: " + m.What
}

// counts says whether what is down in it counts.
func (m Maintenance) counts() string {
	if m.Excused {
		return fmt.Sprintf("Announced %.0f hours before or earlier: what is down in it does not count as down.", Notice.Hours())
	}
	return fmt.Sprintf("Announced less than %.0f hours before: what is down in it counts as down.", Notice.Hours())
}

// lasted is a duration in words: "25 minutes", "3 h 5 min".
func lasted(d time.Duration) string {
	switch minutes := int(d.Round(time.Minute) / time.Minute); {
	case minutes == 1:
		return "a minute"
	case minutes < 90:
		return fmt.Sprintf("%d minutes", minutes)
	case minutes < 48*60:
		return fmt.Sprintf("%d h %d min", minutes/60, minutes%60)
	default:
		return fmt.Sprintf("%d days %d h", minutes/60/24, minutes/60%24)
	}
}

// events are both in one row, the latest first.
func events(list []Incident, work []Maintenance, now time.Time) []ui.Event {
	all := make([]ui.Event, 0, len(list)+len(work))
	for _, i := range list {
		e := ui.Event{Icon: "alert-triangle", Tone: ui.Neutral, Title: i.Title, Who: i.Severity.Words() + ", over after " + lasted(i.Lasted(now)), At: i.OpenedAt, Body: incidentBody(i)}
		if i.Open() {
			e.Tone, e.Who = ui.Amber, i.Severity.Words()+", has gone on for "+lasted(i.Lasted(now))
			if i.Severity == Page {
				e.Tone = ui.Red
			}
		}
		all = append(all, e)
	}
	for _, m := range over(work, now) {
		all = append(all, ui.Event{Icon: "clock", Tone: ui.Neutral, Title: "Maintenance: " + m.What, Who: "took " + lasted(m.Ended().Sub(m.StartsAt)), At: m.StartsAt, Body: ui.Text(m.counts())})
	}
	slices.SortStableFunc(all, func(a, b ui.Event) int { return b.At.Compare(a.At) })
	return all
}

// Going gives those that go on.
func Going(list []Incident) (open []Incident) {
	for _, i := range list {
		if i.Open() {
			open = append(open, i)
		}
	}
	return open
}
