package oncall

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/skaiscraper/skai/internal/ops/incidents"
)

// Desk is what the commands work at. They tell nobody themselves: a process that does
// background jobs does, and knows whom.
type Desk struct {
	Open func(ctx context.Context, work func(*incidents.Service) error) error // opens the database and closes it again
	Say  func(format string, args ...any)                                     // prints
}

// IncidentCommands are skai incident.
type IncidentCommands struct {
	List  incidentList  `cmd:"" help:"List the incidents of the last days, with all that was written of them."`
	Open  incidentOpen  `cmd:"" help:"Open an incident that no rule sees. It stands on the page for everybody at once, and whoever is to be told is told."`
	Close incidentClose `cmd:"" help:"Close an incident that was opened by hand; those of rules are closed by their rules."`
	Note  incidentNote  `cmd:"" help:"Write what is known of an incident."`
}

type incidentList struct {
	Days int `help:"How many." default:"90" env:"SKAI_INCIDENT_DAYS"`
}

// Run prints them, the newest first.
func (c *incidentList) Run(ctx context.Context, d *Desk) error {
	return d.Open(ctx, func(s *incidents.Service) error {
		now := time.Now()
		list, err := s.List(ctx, now.AddDate(0, 0, -max(c.Days, 1)), now, false)
		if err == nil && len(list) == 0 {
			d.Say("No incident in %d days.\n", max(c.Days, 1))
		}
		for _, i := range list {
			until := "goes on"
			if i.ClosedAt != nil {
				until = "to " + i.ClosedAt.UTC().Format(minuteForm)
			}
			d.Say("%4d  %-6s  %s %s  %s (%s)\n", i.ID, i.Severity, i.OpenedAt.UTC().Format(minuteForm), until, i.Title, i.Rule)
			for _, line := range []string{i.Seen, i.FigureWords()} {
				if line != "" {
					d.Say("              %s\n", line)
				}
			}
			for _, n := range i.Notes {
				d.Say("              %s %s: %s\n", n.At.UTC().Format(minuteForm), map[bool]string{true: "for everybody", false: "for the operator"}[n.Public], n.Words)
			}
		}
		return err
	})
}

// minuteForm is how commands print and read a time; the Z, or an offset, is never left out.
const minuteForm = "2006-01-02T15:04Z07:00"

// timeOf reads a time that was typed; flag names where.
func timeOf(flag, typed string) (time.Time, error) {
	at, err := time.Parse(minuteForm, typed)
	if err != nil {
		at, err = time.Parse(time.RFC3339, typed)
	}
	if err != nil {
		return at, fmt.Errorf("--%s is %q; it is a time with its offset, for example 2026-12-05T22:00Z or 2026-12-05T15:00-07:00", flag, typed)
	}
	return at, nil
}

type incidentOpen struct {
	Title    string `arg:"" help:"What is wrong, in a sentence for everybody."`
	Severity string `help:"page (somebody acts now) or ticket (within days)." default:"page" env:"SKAI_INCIDENT_SEVERITY"`
	Since    string `help:"When it began, with the offset: 2026-12-05T22:00Z; now where it is left out." env:"SKAI_INCIDENT_SINCE" placeholder:"TIME"`
}

// Run opens it.
func (c *incidentOpen) Run(ctx context.Context, d *Desk) error {
	now := time.Now()
	since, err := timeOf("since", cmp.Or(c.Since, now.Format(time.RFC3339)))
	if err != nil {
		return err
	}
	return d.Open(ctx, func(s *incidents.Service) error {
		i, err := s.OpenByHand(ctx, c.Title, incidents.Severity(c.Severity), since, now)
		if err == nil {
			d.Say("Incident %d is open, and on the page for everybody. Write what is known: skai incident note %d \"...\" --public\n", i.ID, i.ID)
		}
		return err
	})
}

type incidentClose struct {
	ID int64 `arg:"" help:"Its number, as skai incident list prints it."`
}

// Run closes it.
func (c *incidentClose) Run(ctx context.Context, d *Desk) error {
	return d.Open(ctx, func(s *incidents.Service) error {
		err := s.CloseByHand(ctx, c.ID, time.Now())
		if err == nil {
			d.Say("Incident %d is closed.\n", c.ID)
		}
		return err
	})
}

type incidentNote struct {
	ID     int64  `arg:"" help:"The incident's number, as skai incident list prints it."`
	Text   string `arg:"" help:"What is known, in plain words."`
	Public bool   `help:"It stands on the page for everybody; without this the operator alone sees it." env:"SKAI_INCIDENT_PUBLIC"`
}

// Run writes it.
func (c *incidentNote) Run(ctx context.Context, d *Desk) error {
	return d.Open(ctx, func(s *incidents.Service) error {
		err := s.WriteNote(ctx, c.ID, c.Text, c.Public)
		if err == nil {
			d.Say("Written to incident %d, for %s.\n", c.ID, map[bool]string{true: "everybody", false: "the operator alone"}[c.Public])
		}
		return err
	})
}

// MaintenanceCommands are skai maintenance.
type MaintenanceCommands struct {
	Add    maintenanceAdd    `cmd:"" help:"Announce work, before it begins: it stands on the page for everybody. Announced 48 hours before or earlier, what is down in it does not count as down."`
	List   maintenanceList   `cmd:"" help:"List what was announced, the latest first."`
	Cancel maintenanceCancel `cmd:"" help:"Call work off, or end it before its time."`
}

type maintenanceAdd struct {
	From string `required:"" help:"When it begins, with the offset: 2026-12-05T22:00Z." env:"SKAI_MAINTENANCE_FROM" placeholder:"TIME"`
	To   string `required:"" help:"When it ends, a day later at most." env:"SKAI_MAINTENANCE_TO" placeholder:"TIME"`
	What string `required:"" help:"What will be done and what people will notice." env:"SKAI_MAINTENANCE_WHAT" placeholder:"TEXT"`
}

// Run announces it.
func (c *maintenanceAdd) Run(ctx context.Context, d *Desk) error {
	from, err := timeOf("from", c.From)
	if err != nil {
		return err
	}
	to, err := timeOf("to", c.To)
	if err != nil {
		return err
	}
	return d.Open(ctx, func(s *incidents.Service) error {
		m, err := s.Announce(ctx, from, to, c.What)
		if err == nil {
			d.Say("Maintenance %d is announced, and on the page for everybody. What is down in it %s.\n", m.ID, counts(m))
		}
		return err
	})
}

func counts(m incidents.Maintenance) string {
	if m.Excused {
		return "does not count as down"
	}
	return fmt.Sprintf("counts as down: it begins in less than %.0f hours", incidents.Notice.Hours())
}

type maintenanceList struct {
	Days int `help:"How many back." default:"90" env:"SKAI_MAINTENANCE_DAYS"`
}

// Run prints it.
func (c *maintenanceList) Run(ctx context.Context, d *Desk) error {
	return d.Open(ctx, func(s *incidents.Service) error {
		now := time.Now()
		list, err := s.Windows(ctx, now.AddDate(0, 0, -max(c.Days, 0)), now.AddDate(10, 0, 0))
		if err == nil && len(list) == 0 {
			d.Say("No maintenance was announced.\n")
		}
		for _, m := range list {
			state := "excused"
			switch {
			case m.CancelledAt != nil:
				state = "cancelled"
			case !m.Excused:
				state = "counts"
			}
			d.Say("%4d  %-9s  %s to %s, announced %s  %s\n", m.ID, state, m.StartsAt.UTC().Format(minuteForm), m.EndsAt.UTC().Format(minuteForm), m.AnnouncedAt.UTC().Format(minuteForm), m.What)
		}
		return err
	})
}

type maintenanceCancel struct {
	ID int64 `arg:"" help:"Its number, as skai maintenance list prints it."`
}

// Run calls it off.
func (c *maintenanceCancel) Run(ctx context.Context, d *Desk) error {
	return d.Open(ctx, func(s *incidents.Service) error {
		err := s.Cancel(ctx, c.ID)
		if err == nil {
			d.Say("Maintenance %d is called off.\n", c.ID)
		}
		return err
	})
}
