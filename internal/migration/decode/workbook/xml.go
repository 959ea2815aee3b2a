package workbook

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/skaiscraper/skai/internal/migration/decode/charset"
)

const (
	xmlChunk = 64 << 10 // bytes read at a time
	xmlDepth = 64       // elements in one another; a worksheet needs under 10
	xmlText  = 4 << 20  // bytes of text in one cell, which in Excel has up to 32,767 characters
)

// errXML is the kind of all errors of a part of a workbook that is no good XML.
var errXML = errors.New("not well-formed XML")

func badXML(format string, args ...any) error {
	return fmt.Errorf("%w: %s", errXML, fmt.Sprintf(format, args...))
}

// xmlReader reads the tags of a part of a workbook one by one, in constant memory
// and several times faster than encoding/xml, which a sheet of a million rows needs.
// It knows no DTD, so there are no entities to blow up.
type xmlReader struct {
	ctx   context.Context
	src   io.Reader
	buf   []byte
	at    int // buf[at:] is not used yet
	eof   bool
	open  []byte // the names of the open elements, one after the other
	ends  []int  // where each of them ends in open
	empty bool   // the last tag was of an empty element whose end is still to come

	keep bool   // collect text
	text []byte // collected since the keeper last emptied it
}

func newXMLReader(ctx context.Context, src io.Reader) (*xmlReader, error) {
	x := &xmlReader{ctx: ctx, src: src}
	for len(x.buf) < 2 && !x.eof {
		if err := x.fill(); err != nil {
			return nil, err
		}
	}
	if is := charset.UTF16Of(x.buf[:min(len(x.buf), 2)]); is != "" {
		x.src = charset.NewUTF16Reader(io.MultiReader(bytes.NewReader(x.buf), src), is == charset.UTF16BE)
		x.buf, x.eof = nil, false
	}
	return x, nil
}

// fill reads on, keeping what is not used yet.
func (x *xmlReader) fill() error {
	if x.eof {
		return io.ErrUnexpectedEOF
	}
	if err := x.ctx.Err(); err != nil {
		return err
	}
	kept := copy(x.buf, x.buf[x.at:])
	if x.at = 0; kept > xmlText {
		return badXML("a tag or text of over 4 MiB")
	}
	if cap(x.buf)-kept < xmlChunk {
		x.buf = append(make([]byte, 0, 2*cap(x.buf)+xmlChunk), x.buf[:kept]...)
	}
	n, err := x.src.Read(x.buf[kept:cap(x.buf)])
	x.buf = x.buf[:kept+n]
	if errors.Is(err, io.EOF) {
		x.eof = true
		return nil
	}
	return err
}

// next gives the next tag, valid until the next call, and io.EOF after the last.
func (x *xmlReader) next() (tag, error) {
	if x.empty {
		x.empty = false
		return x.close(nil)
	}
	for {
		i := bytes.IndexByte(x.buf[x.at:], '<')
		switch {
		case i < 0 && !x.eof || len(x.buf)-x.at-i < 2 && !x.eof:
			if err := x.fill(); err != nil {
				return tag{}, err
			}
			continue
		case i < 0 && len(x.ends) == 0:
			return tag{}, io.EOF
		case i < 0:
			return tag{}, io.ErrUnexpectedEOF
		}
		if err := x.take(i); err != nil {
			return tag{}, err
		}
		if t, ok, err := x.markup(); ok || err != nil {
			return t, err
		}
	}
}

// take uses n bytes of text.
func (x *xmlReader) take(n int) (err error) {
	b := x.buf[x.at : x.at+n]
	x.at += n
	if !x.keep || n == 0 {
		return nil
	}
	if len(x.text)+n > xmlText {
		return badXML("a cell of over 4 MiB")
	}
	x.text, err = appendText(x.text, b)
	return err
}

// markup reads what starts with '<'. ok is false when that is no tag.
func (x *xmlReader) markup() (t tag, ok bool, err error) {
	if c := x.buf[x.at:]; len(c) > 1 && (c[1] == '!' || c[1] == '?') {
		return tag{}, false, x.special()
	}
	end := tagEnd(x.buf[x.at:])
	for end < 0 {
		if err := x.fill(); err != nil {
			return tag{}, false, err
		}
		end = tagEnd(x.buf[x.at:])
	}
	b := x.buf[x.at+1 : x.at+end]
	x.at += end + 1
	if len(b) > 0 && b[0] == '/' {
		t, err := x.close(local(trim(b[1:])))
		return t, true, err
	}
	if x.empty = len(b) > 0 && b[len(b)-1] == '/'; x.empty {
		b = b[:len(b)-1]
	}
	n := 0
	for n < len(b) && !isSpace(b[n]) {
		n++
	}
	t = tag{name: local(b[:n]), attrs: b[n:]}
	if len(t.name) == 0 || len(x.ends) == xmlDepth {
		return tag{}, false, badXML("a tag without a name, or too many in one another")
	}
	x.open = append(x.open, t.name...)
	x.ends = append(x.ends, len(x.open))
	return t, true, nil
}

// special reads what starts with '<!' or '<?'.
func (x *xmlReader) special() error {
	for _, kind := range []struct{ begin, end string }{{"<!--", "-->"}, {"<![CDATA[", "]]>"}, {"<?", "?>"}} {
		b, is, err := x.until(kind.begin, kind.end)
		if err != nil {
			return err
		}
		switch {
		case !is:
			continue
		case kind.begin == "<?":
			return checkDeclaration(b)
		case kind.begin == "<![CDATA[" && x.keep:
			if !utf8.Valid(b) || len(x.text)+len(b) > xmlText {
				return badXML("text that is not UTF-8, or too long")
			}
			x.text = append(x.text, b...)
		}
		return nil
	}
	return badXML("a document type")
}

// until uses and gives what stands between begin, with which the text has to go on,
// and end; is tells whether it does.
func (x *xmlReader) until(begin, end string) (b []byte, is bool, err error) {
	for len(x.buf)-x.at < len(begin) && !x.eof {
		if err := x.fill(); err != nil {
			return nil, false, err
		}
	}
	if !bytes.HasPrefix(x.buf[x.at:], []byte(begin)) {
		return nil, false, nil
	}
	for {
		b = x.buf[x.at+len(begin):]
		if i := bytes.Index(b, []byte(end)); i >= 0 {
			x.at += len(begin) + i + len(end)
			return b[:i:i], true, nil
		}
		if err := x.fill(); err != nil {
			return nil, false, err
		}
	}
}

// tagEnd is where the '>' stands that ends a tag: the first one outside quotes.
func tagEnd(b []byte) int {
	i := bytes.IndexByte(b, '>')
	for i >= 0 {
		quote := byte(0)
		for _, c := range b[:i] {
			if quote == 0 && (c == '"' || c == '\'') {
				quote = c
			} else if c == quote {
				quote = 0
			}
		}
		if quote == 0 {
			return i
		}
		next := bytes.IndexByte(b[i+1:], '>')
		if next < 0 {
			return -1
		}
		i += next + 1
	}
	return -1
}

// shortcut takes in one step what most elements of a sheet are: a begin tag, text
// and the tags of end, the last of which ends the innermost element. It is false
// when the text goes on otherwise, or is not read so far; then nothing happened.
func (x *xmlReader) shortcut(begin, end string) (bool, error) {
	b := x.buf[x.at:]
	if x.empty || len(b) < len(begin) || string(b[:len(begin)]) != begin {
		return false, nil
	}
	b = b[len(begin):]
	i := bytes.IndexByte(b, '<')
	if i < 0 || len(b)-i < len(end) || string(b[i:i+len(end)]) != end {
		return false, nil
	}
	kept := x.keep
	x.keep = true
	x.at += len(begin)
	err := x.take(i)
	x.keep = kept
	if err != nil {
		return false, err
	}
	x.at += len(end)
	_, err = x.close(nil)
	return err == nil, err
}

// close ends the innermost element, which has to have this name unless it is nil.
func (x *xmlReader) close(name []byte) (tag, error) {
	if len(x.ends) == 0 {
		return tag{}, badXML("</%s> ends nothing", name)
	}
	x.ends = x.ends[:len(x.ends)-1]
	start := 0
	if n := len(x.ends); n > 0 {
		start = x.ends[n-1]
	}
	opened := x.open[start:]
	x.open = x.open[:start]
	if name != nil && !bytes.Equal(name, opened) {
		return tag{}, badXML("<%s> ends with </%s>", opened, name)
	}
	return tag{name: opened, end: true}, nil
}

// checkDeclaration refuses an encoding other than those XML has to know.
func checkDeclaration(b []byte) error {
	if rest, is := bytes.CutPrefix(b, []byte("xml ")); is {
		switch e := (tag{attrs: rest}).attr("encoding"); string(bytes.ToLower([]byte(e))) {
		case "", "utf-8", "utf8", "us-ascii", "utf-16", "utf-16le", "utf-16be":
		default:
			return badXML("the encoding %s", e)
		}
	}
	return nil
}
