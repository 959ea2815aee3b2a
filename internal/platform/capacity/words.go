package capacity

import (
	"fmt"
	"io"
	"math"
)

// significant rounds to two digits that count: more would be a precision that no run has.
func significant(v float64) string {
	if v == 0 || math.IsNaN(v) || math.IsInf(v, 0) {
		return fmt.Sprint(v)
	}
	digits := func(v float64) float64 { return 1 - math.Floor(math.Log10(math.Abs(v))) } // behind the point
	rounded := math.Round(v*math.Pow(10, digits(v))) / math.Pow(10, digits(v))
	return fmt.Sprintf("%.*f", max(0, int(digits(rounded))), rounded) // 9.96 has another one
}

// String is "12 (10 to 15)".
func (i Interval) String() string {
	return fmt.Sprintf("%s (%s to %s)", significant(i.Mid), significant(i.Low), significant(i.High))
}

// Write tells the estimate to a person.
func (e Estimate) Write(w io.Writer, a Ask) error {
	p := printer{w: w}
	p.line("From the %s: %d windows of ten seconds, %d requests.", e.Source, e.Windows, e.Requests)
	p.line("In brackets: where 95 of 100 resamplings of those windows lie.")
	p.line("")
	p.line("A request takes        %s ms of processor time, %.0f %% of it skai's and the rest PostgreSQL's", e.PerRequest, 100*e.SkaiPart)
	if e.PerSignIn != nil {
		p.line("Signing in takes       %s ms", *e.PerSignIn)
	}
	p.line("A request keeps busy   a connection for %s ms", e.InTransaction)
	if a.Every > 0 {
		p.line("A person asks every    %s s, as given", significant(a.Every))
	} else {
		p.line("A person asks every    %s s", e.Every)
	}
	p.line("A core holds           %s people, kept %.0f %% busy", e.PeopleACore, 100*a.Busy)
	p.line("")
	p.line("What is reached first:")
	for i, l := range e.Limits {
		p.line("  %d. %s at %s people: %s", i+1, l.What, l.People, l.How)
	}
	if f := e.For; f != nil {
		p.line("")
		p.line("%d people at once:", f.People)
		p.line("  requests a second    %s", f.ASecond)
		p.line("  cores                %s", f.Cores)
		p.line("  connections          %.0f (%.0f to %.0f) in use at once, 999 of 1,000 times", f.Connections.Mid, f.Connections.Low, f.Connections.High)
		p.line("  memory               the most that was seen were %s MB, with %.0f people", significant(f.MemoryMB), f.SeenPeople)
	}
	p.unknown(e.Unknown)
	return p.err
}

// Write tells it to a person.
func (o Own) Write(w io.Writer, a Ask) error {
	p := printer{w: w}
	p.line("From what this installation measured of itself: %d minutes with requests, %d requests.", o.Minutes, o.Requests)
	p.line("In brackets: where 95 of 100 resamplings of those minutes lie.")
	p.line("")
	p.line("A request takes        %s ms and %s statements", o.PerRequest, significant(o.Queries))
	p.line("The busiest minute     %s: %d requests, %s under way on average, for which %d connections are enough 999 of 1,000 times",
		o.Busiest.At.UTC().Format("2006-01-02 15:04 UTC"), o.Busiest.Requests, significant(o.UnderWay), o.Connections)
	if o.PeopleACore != nil {
		p.line("A core holds           at least %s people who ask every %s s, kept %.0f %% busy", *o.PeopleACore, significant(a.Every), 100*a.Busy)
	}
	if o.Cores != nil {
		p.line("%d people need      at most %s cores", a.People, *o.Cores)
	}
	p.line("")
	p.line("What takes the longest together:")
	for _, r := range o.Routes {
		p.line("  %-40s %8d requests  %6s ms  %4s statements", r.Route, r.Requests, significant(1000*r.Seconds/float64(r.Requests)), significant(float64(r.Queries)/float64(r.Requests)))
	}
	p.unknown(o.Unknown)
	return p.err
}

// printer writes lines and keeps the first error.
type printer struct {
	w   io.Writer
	err error
}

func (p *printer) line(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format+"\n", args...)
	}
}

func (p *printer) unknown(list []string) {
	p.line("")
	p.line("Not known:")
	for _, u := range list {
		p.line("  - %s", u)
	}
}
