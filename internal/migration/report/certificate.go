package report

import (
	"strconv"
)

// certificateStyle stands in the file itself: the page is opened from a folder,
// where there is nothing else to load, and served from nowhere.
const certificateStyle = `
:root { color-scheme: light; }
body { font: 15px/1.5 system-ui, sans-serif; color: #16202a; max-width: 76rem; margin: 2rem auto; padding: 0 1.25rem; }
h1 { font-size: 1.7rem; margin: 0; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
header { border-bottom: 3px solid #16202a; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .35rem .6rem; border-bottom: 1px solid #d5dbe1; vertical-align: top; overflow-wrap: anywhere; }
th { font-weight: 600; background: #f2f5f7; } .n { text-align: right; white-space: nowrap; }
small { display: block; color: #56636f; font-size: .75rem; }
.bad td:first-child { border-left: 4px solid #b42318; } .notice { background: #fff4d6; padding: .6rem .8rem; border-left: 4px solid #b7791f; }
.sign { display: flex; gap: 3rem; margin: 4rem 0 2rem; break-inside: avoid; } .sign p { flex: 1; } .sign span { display: block; border-bottom: 1px solid #16202a; height: 3rem; }
:is(th, td):not(.n) { min-width: 5rem; } :is(th, td):first-child:not(.n) { min-width: 8rem; }
@page { margin: 12mm; }
@media print { body { margin: 0; padding: 0; max-width: none; font-size: 8pt; } th { background: none; } th, td { padding: .25rem; } tr { break-inside: avoid; } :is(th, td):not(.n) { min-width: 5em; } :is(th, td):first-child:not(.n) { min-width: 9em; } }
`

// Count writes a number with its thousands apart.
func Count(n int64) string {
	digits := strconv.FormatInt(n, 10)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// Rows is the number of rows of all files.
func (r *Report) Rows() (n int64) {
	for _, f := range r.Files {
		n += f.Rows
	}
	return n
}

// Missing lists what the exports of the run's vendors can't hold, each once.
func (r *Report) Missing() []string {
	return r.once(func(f FileReport) []string { return f.Refused })
}

// HowRead lists what was found and decided in reading the files.
func (r *Report) HowRead() []string {
	var all []string
	for _, f := range r.Files {
		for _, n := range f.Notes {
			all = append(all, f.Name+": "+n)
		}
	}
	return all
}

func (r *Report) once(of func(FileReport) []string) []string {
	var all []string
	known := map[string]bool{}
	for _, f := range r.Files {
		for _, line := range of(f) {
			if !known[line] {
				known[line] = true
				all = append(all, line)
			}
		}
	}
	return all
}
