package decode

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"github.com/skaiscraper/skai/internal/migration/decode/charset"
)

const (
	maxRecord      = 4 << 20   // bytes in one record; Excel allows 16,384 cells of 32,767 characters, nobody has them
	maxQuotedLines = 100       // lines in one quoted cell; more means that the closing quote is missing
	chunkSize      = 256 << 10 // bytes read at a time, of larger files
)

// span is where a cell's text stands in its record, without its quotes.
type span struct {
	from, to int
	quoted   bool
	doubled  bool // holds quotes written twice
}

// record is one record as it stands in the text.
type record struct {
	raw     []byte // with its line end
	line    int    // 1-based, where it starts
	cells   []span
	loneCR  bool // ends with a carriage return that no line feed follows
	stray   bool // a cell without quotes around it has one inside
	nul     bool
	problem *Problem
}

// dialect is how cells and records are told apart.
type dialect struct {
	delim, quote byte
	bom          bool // a byte order mark before a record is not part of it
	width        int  // columns of the table, 0 when not known yet
}

func (l Layout) dialect() dialect {
	return dialect{delim: byte(l.Delimiter), quote: byte(l.Quote), bom: l.BOM, width: len(l.Header)} //nolint:gosec // ASCII both
}

// skipBOM is the length of a byte order mark at the start of b that is not text.
// Before a quote it never is: no writer puts text there.
func (d dialect) skipBOM(b []byte) int {
	if !bytes.HasPrefix(b, []byte(charset.BOM)) || !d.bom && (len(b) == 3 || b[3] != d.quote) {
		return 0
	}
	return 3
}

// pad tells whether c may stand between a delimiter and a quote.
func (d dialect) pad(c byte) bool { return c == ' ' || c == '\t' && d.delim != '\t' }

// split reads the record at the start of b and says how many bytes it takes. That
// is 0 when the record may go on beyond b, which can't be when final. A record
// that has a problem is cut after its first physical line.
func (d dialect) split(b []byte, final bool, cells []span) (rec record, n int) {
	rec.cells = cells
	p := d.skipBOM(b)
	for {
		q := p
		for q < len(b) && d.pad(b[q]) {
			q++
		}
		if q == len(b) && !final {
			return rec, 0
		}
		var cell span
		var words string
		if q < len(b) && b[q] == d.quote {
			cell, p, words = d.quotedCell(b, q, final)
		} else {
			cell, p = d.bareCell(b, p)
			rec.stray = rec.stray || bytes.IndexByte(b[cell.from:cell.to], d.quote) >= 0
		}
		if words != "" {
			return d.broken(b, final, rec, words)
		}
		if p == -1 || p+1 >= len(b) && !final && (p == len(b) || b[p] == '\r') {
			return rec, 0
		}
		rec.cells = append(rec.cells, cell)
		if p == len(b) || b[p] != d.delim {
			break
		}
		p++
	}
	return d.finish(b, p, rec)
}

// finish ends the record at the line end, or end of the text, at p.
func (d dialect) finish(b []byte, p int, rec record) (record, int) {
	if p < len(b) {
		rec.loneCR = b[p] == '\r'
		p++
		if rec.loneCR && p < len(b) && b[p] == '\n' {
			rec.loneCR = false
			p++
		}
	}
	rec.raw = b[:p]
	// A lost quote can pair up with the first one of a later record. It shows when
	// the cells are not as many as they should be while the first line's are.
	if d.width > 1 && len(rec.cells) != d.width {
		first := rec.raw[:charset.LineLength(rec.raw)]
		if len(first) < p && bytes.Count(first, []byte{d.delim}) == d.width-1 {
			for i, c := range rec.cells {
				if charset.CountLineEnds(b[c.from:c.to]) > 0 {
					rec.cells = rec.cells[:i]
					break
				}
			}
			return d.broken(rec.raw, true, rec, "a quotation mark is opened and seems never to be closed")
		}
	}
	return rec, p
}

// broken cuts the record after its first physical line. The problem is in the
// column after the cells it has so far.
func (d dialect) broken(b []byte, final bool, rec record, words string) (record, int) {
	n := charset.LineLength(b)
	if !final && (n == len(b) && b[n-1] != '\n') {
		return rec, 0
	}
	rec.problem = &Problem{
		Code: ProblemQuote, Column: len(rec.cells) + 1, Words: words,
		Hint: "put quotation marks around the whole cell and write each one inside it twice",
	}
	rec.raw, rec.cells, rec.loneCR = b[:n], rec.cells[:0], false
	return rec, n
}

// bareCell reads a cell without quotes around it, in which a quote is a character
// like any other (5" pipe), and says where it ends.
func (d dialect) bareCell(b []byte, from int) (span, int) {
	i := from
	for i < len(b) && b[i] != d.delim && b[i] != '\n' && b[i] != '\r' {
		i++
	}
	return span{from: from, to: i}, i
}

// quotedCell reads a cell whose opening quote is at b[q] and says where it ends,
// blanks after it included: at a delimiter, a line end or the end of b. That is -1
// when the cell may go on beyond b. words is set when it can't be read for sure.
func (d dialect) quotedCell(b []byte, q int, final bool) (cell span, end int, words string) {
	cell = span{from: q + 1, quoted: true}
	i := q + 1
	for {
		j := bytes.IndexByte(b[i:], d.quote)
		if j < 0 || i+j+1 == len(b) && !final {
			if final || len(b) > maxRecord || charset.CountLineEnds(b[q:]) > maxQuotedLines {
				return cell, 0, "a quotation mark is opened and never closed"
			}
			return cell, -1, ""
		}
		if i += j + 1; i == len(b) || b[i] != d.quote {
			break
		}
		cell.doubled = true
		i++
	}
	cell.to = i - 1
	if i > maxRecord || charset.CountLineEnds(b[cell.from:cell.to]) > maxQuotedLines {
		return cell, 0, "a quotation mark is opened and not closed for over 100 lines"
	}
	for i < len(b) && d.pad(b[i]) {
		i++
	}
	if i < len(b) && b[i] != d.delim && b[i] != '\n' && b[i] != '\r' {
		return cell, 0, "text follows a closing quotation mark"
	}
	return cell, i, ""
}

// mark remembers where a byte comes next in the scanner's buffer, so that each
// byte is looked for once however many records ask.
type mark struct {
	char  byte
	at    int // found: its place; otherwise: where the search has to go on
	found bool
}

func (m *mark) next(buf []byte, from int) int {
	if m.found && m.at >= from {
		return m.at
	}
	if m.found || m.at < from {
		m.at = from
	}
	i := bytes.IndexByte(buf[m.at:], m.char)
	if m.found = i >= 0; !m.found {
		m.at = len(buf)
		return m.at
	}
	m.at += i
	return m.at
}

// scanner cuts a text into records in constant memory.
type scanner struct {
	ctx   context.Context
	src   io.Reader
	d     dialect
	chunk int // bytes read at a time
	buf   []byte
	at    int // buf[at:] is not given out yet
	eof   bool
	line  int  // of the next record
	long  bool // in the middle of a line that is too long
	cells []span

	lf, cr, quote, nul mark
}

// newScanner cuts up what src gives, which is about size bytes.
func newScanner(ctx context.Context, src io.Reader, size int64, d dialect) *scanner {
	return &scanner{
		ctx: ctx, src: src, d: d, line: 1, chunk: int(min(chunkSize, 2*size+1)),
		lf: mark{char: '\n'}, cr: mark{char: '\r'}, quote: mark{char: d.quote}, nul: mark{},
	}
}

// fill reads on, keeping what is not given out.
func (s *scanner) fill() error {
	if err := s.ctx.Err(); err != nil {
		return err
	}
	kept := copy(s.buf, s.buf[s.at:])
	for _, m := range []*mark{&s.lf, &s.cr, &s.quote, &s.nul} {
		m.found = m.found && m.at >= s.at
		m.at = max(m.at-s.at, 0)
	}
	s.at = 0
	if cap(s.buf)-kept < s.chunk {
		s.buf = append(make([]byte, 0, 2*cap(s.buf)+s.chunk), s.buf[:kept]...)
	}
	n, err := io.ReadFull(s.src, s.buf[kept:kept+s.chunk])
	s.buf = s.buf[:kept+n]
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		s.eof = true
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the file: %w", err)
	}
	return nil
}

// next gives the next record, valid until the next call, or io.EOF.
func (s *scanner) next() (record, error) {
	for {
		rec, n := s.cut()
		if n > 0 {
			rec.line = s.line
			rec.nul = s.nul.next(s.buf, s.at) < s.at+n
			s.line += charset.CountLineEnds(rec.raw)
			s.at += n
			s.cells = rec.cells
			return rec, nil
		}
		if s.eof {
			return record{}, io.EOF
		}
		if err := s.fill(); err != nil {
			return record{}, err
		}
	}
}

// cut finds the record at the start of what is left; n is 0 when it takes more of
// the text to find it, or none is left.
func (s *scanner) cut() (rec record, n int) {
	left := s.buf[s.at:]
	if len(left) == 0 {
		return rec, 0
	}
	lf, cr := s.lf.next(s.buf, s.at), s.cr.next(s.buf, s.at)
	end := min(lf, cr)
	if s.long || end-s.at > maxRecord {
		return s.piece(end - s.at)
	}
	if s.quote.next(s.buf, s.at) < end {
		return s.d.split(left, s.eof, s.cells[:0])
	}
	if !s.eof && (end == len(s.buf) || end == cr && end+1 == len(s.buf)) {
		return rec, 0
	}
	return s.plain(end - s.at)
}

// plain splits a line that has no quote and whose text is the next n bytes.
func (s *scanner) plain(n int) (record, int) {
	b := s.buf[s.at:]
	rec := record{cells: s.cells[:0]}
	p := s.d.skipBOM(b[:n])
	for {
		i := bytes.IndexByte(b[p:n], s.d.delim)
		if i < 0 {
			break
		}
		rec.cells = append(rec.cells, span{from: p, to: p + i})
		p += i + 1
	}
	rec.cells = append(rec.cells, span{from: p, to: n})
	return s.d.finish(b, n, rec)
}

// piece gives a part of a line that is too long, the rest of which is the next n
// bytes as far as they are read.
func (s *scanner) piece(n int) (record, int) {
	b := s.buf[s.at:]
	switch {
	case n > maxRecord:
		for n = maxRecord; n > maxRecord-4 && b[n]&0xC0 == 0x80; n-- { // not inside of a character
		}
		s.long = true
	case n == len(b) && !s.eof, n+1 == len(b) && b[n] == '\r' && !s.eof:
		return record{}, 0
	default:
		n = charset.LineLength(b)
		s.long = false
	}
	return record{raw: b[:n], cells: s.cells[:0], problem: &Problem{
		Code: ProblemTooLong, Words: "a line of more than 4 MiB, which is no row of a table",
		Hint: "check that the export was not cut off or glued together",
	}}, n
}
