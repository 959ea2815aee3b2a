package uptime

import (
	"fmt"
	"time"
)

// News is what a probe has to tell people.
type News struct {
	Target string // the address that is looked at
	Probe  string // the machine that looks; "" where it has no name
	Down   bool
	Since  time.Time // of the first look that did not find it ready
	Until  time.Time // of the first that did again; zero where it is down
	Missed int       // earlier ones that could not be told in this way
}

// Title says it in a line.
func (n News) Title() string {
	if n.Down {
		return "Not ready: " + n.Target
	}
	return "Ready again: " + n.Target
}

// Lines say the rest.
func (n News) Lines() (list []string) {
	const form = "2006-01-02 15:04:05 UTC"
	probe := "The probe"
	if n.Probe != "" {
		probe += " on " + n.Probe
	}
	since, until := n.Since.UTC().Format(form), n.Until.UTC().Format(form)
	if n.Down {
		list = append(list, fmt.Sprintf("%s has not found it ready since %s.", probe, since))
	} else {
		list = append(list, fmt.Sprintf("%s did not find it ready from %s on, and did again from %s on: it was away for %s.", probe, since, until, n.Until.Sub(n.Since).Round(time.Second)))
	}
	if n.Missed > 0 {
		list = append(list, fmt.Sprintf("Earlier messages of this probe did not get through here: %d.", n.Missed))
	}
	return list
}
