package decode

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/skaiscraper/skai/internal/migration/decode/charset"
	"github.com/skaiscraper/skai/internal/platform/fault"
)

// Reader streams the records of a file.
type Reader struct {
	judge
	text  *textReader
	sheet *sheetReader
	row   Row
}

// Open starts reading f from its beginning as the layout says. The file may not
// change while it is read, and stays the caller's to close; the Reader has to be
// closed too.
func Open(ctx context.Context, f *os.File, layout Layout) (*Reader, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("size of %s: %w", f.Name(), err)
	}
	return open(ctx, f, info.Size(), layout)
}

func open(ctx context.Context, f io.ReaderAt, size int64, layout Layout) (*Reader, error) {
	r := &Reader{judge: judge{layout: layout}}
	switch {
	case layout.Format == FormatXLSX:
		sheet, err := openSheet(ctx, f, size, layout)
		if err != nil {
			return nil, err
		}
		r.sheet = sheet
	case layout.Format == FormatCSV && layout.Delimiter > 0 && layout.Quote > 0:
		r.text = newTextReader(ctx, io.NewSectionReader(f, 0, size), size, layout)
	default:
		return nil, fmt.Errorf("layout of format %q, delimiter %q and quote %q", layout.Format, layout.Delimiter, layout.Quote)
	}
	return r, nil
}

// Next gives the next record and io.EOF after the last. The row is valid until the
// following call.
func (r *Reader) Next() (Row, error) {
	if r.sheet != nil {
		if err := r.sheet.next(&r.row); err != nil {
			return Row{}, err
		}
		r.judge.row(&r.row, false)
		return r.row, nil
	}
	rec, err := r.text.next(&r.row)
	if err != nil {
		return Row{}, err
	}
	r.judge.row(&r.row, rec.loneCR && r.layout.LineEnd != "\r")
	if rec.stray && r.row.Kind == Data {
		r.strays++
	}
	return r.row, nil
}

// Close lets go of what reading a workbook takes: memory and temporary files.
func (r *Reader) Close() error {
	if r.sheet != nil {
		return r.sheet.close()
	}
	return nil
}

// textReader gives the records of a text as cells in UTF-8.
type textReader struct {
	*scanner
	layout Layout
	census *charset.Census // when set, keeps account of the encodings
	cells  []string
	text   []byte // a record, or its cells, rewritten
	raw    []byte // a record turned back into UTF-16
}

func newTextReader(ctx context.Context, src io.Reader, size int64, layout Layout) *textReader {
	if is, big := charset.IsUTF16(layout.Encoding); is {
		src = charset.NewUTF16Reader(src, big)
	}
	return &textReader{scanner: newScanner(ctx, src, size, layout.dialect()), layout: layout}
}

// next fills line, raw bytes and cells of the row, and its problem if it has one.
func (t *textReader) next(row *Row) (record, error) {
	rec, err := t.scanner.next()
	if err != nil {
		return rec, err
	}
	*row = Row{Line: rec.line, Raw: rec.raw, Problem: rec.problem}
	if is, big := charset.IsUTF16(t.layout.Encoding); is {
		t.raw = charset.AppendUTF16(t.raw[:0], rec.raw, big)
		row.Raw = t.raw
	}
	if t.census != nil {
		t.census.Add(rec.raw, rec.line)
	}
	if row.Problem == nil && rec.nul {
		row.Problem = &Problem{
			Code: ProblemNUL, Words: "the line holds a zero byte, which is no character",
			Hint: "the file may be damaged: export it again",
		}
	}
	if row.Problem == nil {
		row.Cells, row.Problem = t.strings(rec)
	}
	return rec, nil
}

// strings gives a record's cells as strings that share one piece of memory.
func (t *textReader) strings(rec record) ([]string, *Problem) {
	text, spans := rec.raw, rec.cells
	if !charset.ASCII(text) && !utf8.Valid(text) {
		recoded, problem := t.recode(text)
		if problem != nil {
			return nil, problem
		}
		text = recoded
		rec, _ = t.d.split(text, true, spans[:0])
		spans = rec.cells
		t.scanner.cells = spans
	}
	whole := string(text)
	t.cells = t.cells[:0]
	for _, s := range spans {
		cell := whole[s.from:s.to]
		if s.doubled {
			quote := string(rune(t.d.quote))
			cell = strings.ReplaceAll(cell, quote+quote, quote)
		}
		t.cells = append(t.cells, cell)
	}
	return t.cells, nil
}

// recode turns a record that is not UTF-8 into UTF-8.
func (t *textReader) recode(text []byte) ([]byte, *Problem) {
	bom := t.d.skipBOM(text)
	t.text = append(t.text[:0], text[:bom]...)
	wide, _ := charset.IsUTF16(t.layout.Encoding)
	ok := !wide
	if ok {
		t.text, ok = charset.AppendUTF8(t.text, text[bom:], t.layout.Encoding)
	}
	if ok {
		return t.text, nil
	}
	return nil, &Problem{
		Code: ProblemEncoding, Words: "the line holds characters in an encoding that can't be told for certain",
		Hint: "save the file as CSV UTF-8 and send it again",
	}
}

// Text shows a raw record to a person, also where [Cells] can't tell its cells: a
// byte that stands for no certain character is written as \x81.
func Text(layout Layout, raw []byte) string {
	if is, big := charset.IsUTF16(layout.Encoding); is {
		raw, _ = charset.AppendFromUTF16(nil, raw, big, true)
	}
	if text, ok := charset.AppendUTF8(nil, raw, layout.Encoding); ok {
		raw = text
	}
	var b strings.Builder
	for len(raw) > 0 {
		r, size := utf8.DecodeRune(raw)
		if r == utf8.RuneError && size == 1 {
			fmt.Fprintf(&b, `\x%02X`, raw[0])
		} else {
			b.Write(raw[:size])
		}
		raw = raw[size:]
	}
	return strings.TrimRight(strings.TrimPrefix(b.String(), charset.BOM), "\r\n")
}

// Cells reads one raw record, as [Row].Raw gave it, with its file's layout. It
// returns fault.Invalid when the record can't be read for sure.
func Cells(layout Layout, raw []byte) ([]string, error) {
	if layout.Format == FormatXLSX {
		var cells []string
		if err := json.Unmarshal(raw, &cells); err != nil {
			return nil, fmt.Errorf("cells of a worksheet row: %w", err)
		}
		return cells, nil
	}
	t := newTextReader(context.Background(), nil, 0, layout)
	t.d.width = 0
	text := raw
	if is, big := charset.IsUTF16(layout.Encoding); is {
		text, _ = charset.AppendFromUTF16(nil, raw, big, true)
	}
	rec, n := t.d.split(text, true, nil)
	problem := rec.problem
	var cells []string
	if problem == nil {
		cells, problem = t.strings(rec)
	}
	if problem == nil && n < len(text) {
		problem = &Problem{Words: "this is more than one record"}
	}
	if problem != nil {
		return nil, fault.Invalid("row", "this row can't be read for sure: %s", problem.Words)
	}
	return cells, nil
}
