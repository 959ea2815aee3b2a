package reports

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/skaiscraper/skai/internal/ops/incidents"
	"github.com/skaiscraper/skai/internal/orgs"
	"github.com/skaiscraper/skai/internal/platform/mail"
	"github.com/skaiscraper/skai/internal/platform/ui"
)

// unknown stands where nothing was measured.
const unknown = "unknown"

// line is one figure of a report: of the week, and of the one before.
type line struct{ label, now, before, note string }

// lines are the figures, the same on the page, in the PDF and in the mail.
func (r Report) lines() []line {
	list := []struct {
		label, note string
		of          func(Figures) string
	}{
		{"Up, seen from outside", "the objective is 99.5 %; maintenance announced 48 hours before is left out", func(f Figures) string { return share(f.seen().Uptime()) }},
		{"The same with all maintenance", "", func(f Figures) string { return share(f.seen().UptimeOfAll()) }},
		{"Of its error budget is left", "of the week's; below 0 is overdrawn", func(f Figures) string { return left(f.seen().Uptime()) }},
		{"Somebody looked in", "of the minutes; in the rest it is unknown whether it was up", func(f Figures) string { return part(f.Known, f.Minutes) }},
		{"Requests", "of your organisation's people and programs", func(f Figures) string { return f.count() }},
		{"Half were answered within", "", func(f Figures) string { return f.millis(f.P50) }},
		{"95 of 100 within", "the objective is 2 s", func(f Figures) string { return f.millis(f.P95) }},
		{"99 of 100 within", "", func(f Figures) string { return f.millis(f.P99) }},
		{"Failed", "the objective is under 1 %", func(f Figures) string { return part(f.Failures, f.Requests) }},
		{"Of that error budget is left", "of the week's; below 0 is overdrawn", func(f Figures) string {
			return budget(float64(f.Failures)/float64(max(f.Requests, 1)), incidents.ErrorRate, f.Requests > 0)
		}},
		{"Measured in", "of the minutes; in the rest nothing is known", func(f Figures) string { return part(min(f.Measured, f.Minutes), f.Minutes) }},
		{"Incidents that were noticed", "", func(f Figures) string { return strconv.Itoa(len(f.Incidents)) }},
	}
	lines := make([]line, len(list))
	for i, l := range list {
		lines[i] = line{l.label, l.of(r.Figures), "no report", l.note}
		if r.Before != nil {
			lines[i].before = l.of(*r.Before)
		}
	}
	return lines
}

// share is a part in words, where it is known.
func share(p float64, known bool) string {
	if !known {
		return unknown
	}
	return strings.TrimSuffix(strings.TrimRight(strconv.FormatFloat(p*100, 'f', 2, 64), "0"), ".") + " %"
}

func part(some, all int64) string { return share(float64(some)/float64(max(all, 1)), all > 0) }

// left is what is left of the availability's budget.
func left(p float64, known bool) string { return budget(1-p, 1-incidents.Availability, known) }

func budget(bad, allowed float64, known bool) string {
	return share(incidents.BudgetLeft(bad, allowed), known)
}

// millis is a time, where there was a request.
func (f Figures) millis(ms float64) string {
	switch {
	case f.Requests == 0:
		return unknown
	case ms < 10:
		return fmt.Sprintf("%.1f ms", ms)
	case ms < 1000:
		return fmt.Sprintf("%.0f ms", ms)
	}
	return fmt.Sprintf("%.2f s", ms/1000)
}

// count is how many requests there were, where anything was measured.
func (f Figures) count() string {
	if f.Measured == 0 {
		return unknown
	}
	return ui.Count(f.Requests)
}

// zone is the one that the week was in.
func (f Figures) zone() *time.Location {
	z, err := time.LoadLocation(f.Zone)
	if err != nil {
		return time.UTC // it was one when it was written; this machine knows fewer
	}
	return z
}

// span is the week in words: "November 23 to 29, 2026".
func (r Report) span() string {
	last := r.Week.AddDate(0, 0, 6)
	switch {
	case r.Week.Year() != last.Year():
		return r.Week.Format("January 2, 2006") + " to " + last.Format("January 2, 2006")
	case r.Week.Month() != last.Month():
		return r.Week.Format("January 2") + " to " + last.Format("January 2, 2006")
	}
	return r.Week.Format("January 2") + " to " + last.Format("2, 2006")
}

// happened are the incidents and the maintenance in words, in the order in which they began.
func (f Figures) happened() (list []string) {
	form := func(t time.Time) string { return t.In(f.zone()).Format("Mon Jan 2, 15:04") }
	for _, m := range slices.Backward(f.Maintenance) {
		if m.CancelledAt == nil || m.CancelledAt.After(m.StartsAt) {
			list = append(list, fmt.Sprintf("Maintenance, %s to %s: %s", form(m.StartsAt), form(m.Ended()), m.What))
		}
	}
	for _, i := range slices.Backward(f.Incidents) {
		until := "and went on when this was written"
		if i.ClosedAt != nil {
			until = "to " + form(*i.ClosedAt)
		}
		words := []string{fmt.Sprintf("Incident (%s), %s %s: %s.", i.Severity.Words(), form(i.OpenedAt), until, i.Title), i.Seen}
		for _, note := range i.Notes {
			words = append(words, note.Words)
		}
		list = append(list, strings.TrimSpace(strings.Join(words, " ")))
	}
	return list
}

// verdict says in a sentence whether the objectives were held.
func (r Report) verdict() string {
	f, held, known := r.Figures, []string{}, true
	if p, ok := f.seen().Uptime(); !ok {
		known = false
	} else if p < incidents.Availability {
		held = append(held, "availability")
	}
	if f.Requests == 0 {
		known = false
	} else {
		if f.P95 >= float64(incidents.SlowAfter/time.Millisecond) {
			held = append(held, "the time of answers")
		}
		if float64(f.Failures)/float64(f.Requests) >= incidents.ErrorRate {
			held = append(held, "failures")
		}
	}
	switch {
	case len(held) > 0:
		return "Not held: the objective of " + strings.Join(held, ", and that of ") + "."
	case known:
		return "All three objectives were held."
	}
	return "No objective was missed, as far as anything is known: not all was measured."
}

// letter is the mail to an owner.
func letter(to string, org orgs.Org, r Report) mail.Letter {
	look := mail.Look{Name: org.Name}
	if org.BrandColor != nil {
		look.Colour = *org.BrandColor
	}
	lines := []string{"What SkaiScraper was like for " + org.Name + " from " + r.span() + ". " + r.verdict()}
	for _, l := range r.lines() {
		lines = append(lines, fmt.Sprintf("%s: %s (the week before: %s)", l.label, l.now, l.before))
	}
	return mail.Letter{
		To: to, Subject: "The week's service: " + r.span(), Look: look, Lines: append(lines, r.Figures.happened()...),
		Button: "See the report", Path: reportPath + "?week=" + dateOf(r.Week), After: []string{"Whoever may change settings can end these mails on the page of the weekly reports."},
	}
}
