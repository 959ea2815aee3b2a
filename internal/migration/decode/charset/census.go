package charset

import (
	"slices"
	"unicode/utf8"
)

// maxListed bounds how many lines a [Verdict] lists.
const maxListed = 1000

// Census counts the lines of a text by what their bytes can be. It is for texts
// that are not UTF-16.
type Census struct {
	utf8          bool  // a line needs UTF-8
	clear         int   // lines that are not UTF-8 at all
	mixed         int   // lines that are not UTF-8 but hold characters of it
	undefined     int   // lines that are neither UTF-8 nor Windows-1252
	clearLines    []int // the first of them
	mixedLines    []int
	letters, high int // in the lines that are not UTF-8
}

// Add counts the lines of a piece of text that starts with the line of this number.
func (c *Census) Add(text []byte, line int) {
	if ASCII(text) {
		return
	}
	for ; len(text) > 0; line++ {
		n := LineLength(text)
		c.line(text[:n], line)
		text = text[n:]
	}
}

func (c *Census) line(text []byte, line int) {
	if utf8.Valid(text) {
		c.utf8 = c.utf8 || !ASCII(text)
		return
	}
	f := inspect(text)
	c.letters += f.letters
	c.high += f.high
	switch {
	case f.undefined:
		c.undefined++
	case f.sequences:
		c.mixed++
		if c.mixed <= maxListed {
			c.mixedLines = append(c.mixedLines, line)
		}
	default:
		c.clear++
		if c.clear <= maxListed {
			c.clearLines = append(c.clearLines, line)
		}
	}
}

// Verdict is what a census found out about a whole text.
type Verdict struct {
	Encoding string
	Foreign  int   // lines that are not UTF-8 and can be read as Windows-1252
	Lines    []int // the first thousand of them
	Unsure   int   // lines whose encoding can't be told
	Alphabet bool  // the lines that are not UTF-8 seem to be in other letters than Latin ones
}

// Verdict decides the encoding of a text that starts with a byte order mark, or not.
func (c *Census) Verdict(bom bool) Verdict {
	v := Verdict{
		Encoding: UTF8, Foreign: c.clear, Lines: c.clearLines, Unsure: c.undefined + c.mixed,
		Alphabet: c.high > 20 && c.high*2 > c.letters,
	}
	switch {
	case bom:
		v.Encoding = UTF8BOM
	case c.clear == 0:
	case c.utf8 || c.mixed > c.clear:
		v.Encoding = Mixed
	default:
		v.Encoding = Windows1252
		v.Foreign += c.mixed
		v.Unsure = c.undefined
		v.Lines = slices.Concat(c.clearLines, c.mixedLines)
		slices.Sort(v.Lines)
		v.Lines = v.Lines[:min(len(v.Lines), maxListed)]
	}
	return v
}
