// Package workbook reads the sheets of XLSX files row by row, in memory that does
// not grow with the sheet, and shows each cell as a person reads it: dates as ISO
// dates, numbers without the noise of floating point.
//
// It is stricter than the libraries at hand: XML that breaks off or a damaged
// archive is an error, never the end of the sheet, so that no row is lost in silence.
package workbook

import (
	"archive/zip"
	"compress/flate"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/skaiscraper/skai/internal/platform/fault"
)

// Limits that keep a file made to do harm from filling memory or disk. A sheet of
// 1,048,576 rows and 12 columns is 0.6 GB of XML.
const (
	maxParts    = 10_000
	maxPart     = 4 << 30   // bytes of one part, unpacked
	maxRatio    = 400       // of unpacked to packed bytes, in parts of over
	ratioCounts = 100 << 20 // so many bytes unpacked
)

var errBomb = errors.New("unpacks to more than a workbook has")

// Book is an open XLSX file.
type Book struct {
	Sheets []Sheet // in their order

	ctx      context.Context
	name     string // for messages
	src      *watchedFile
	parts    map[string]*zip.File // by their names in lower case
	date1904 bool
	formats  []dateFormat // of the cell styles
	strings  *stringTable
}

// Sheet is a worksheet as the workbook lists it.
type Sheet struct {
	Name   string
	Hidden bool
	part   string
}

// watchedFile remembers a failure to read, which is no fault of the file's content.
type watchedFile struct {
	io.ReaderAt
	err error
}

func (w *watchedFile) ReadAt(p []byte, off int64) (int, error) {
	n, err := w.ReaderAt.ReadAt(p, off)
	if err != nil && !errors.Is(err, io.EOF) {
		w.err = err
	}
	return n, err
}

// Open reads what all sheets of a workbook share, bar their texts. name is the file's
// as the customer knows it, for messages. The file may not change while the Book is
// in use. It returns fault.Invalid, saying what the file is and what to do, for one
// that is no workbook, is damaged or has a password.
func Open(ctx context.Context, f io.ReaderAt, size int64, name string) (*Book, error) {
	w := &Book{ctx: ctx, name: name, src: &watchedFile{ReaderAt: f}, parts: map[string]*zip.File{}}
	archive, err := zip.NewReader(w.src, size)
	if err != nil {
		return nil, w.explain(err)
	}
	if len(archive.File) > maxParts {
		return nil, w.explain(errBomb)
	}
	for _, part := range archive.File {
		w.parts[partName(part.Name)] = part
		if part.Flags&1 != 0 {
			return nil, refuse(name, "is protected with a password: take it off and send it again")
		}
	}
	if err := refuseOtherZIP(w.parts, name); err != nil {
		return nil, err
	}
	if err := w.readRelations(); err != nil {
		return nil, w.explain(err)
	}
	return w, nil
}

// Close lets go of the texts kept for the sheets.
func (w *Book) Close() error { return w.strings.close() }

// Sheet finds a worksheet by its name.
func (w *Book) Sheet(name string) (Sheet, bool) {
	for _, s := range w.Sheets {
		if s.Name == name {
			return s, true
		}
	}
	return Sheet{}, false
}

func partName(name string) string {
	return strings.ToLower(strings.TrimPrefix(strings.ReplaceAll(name, `\`, "/"), "/"))
}

const exportAgain = "export the report as CSV or XLSX and send that"

func refuse(name, format string, args ...any) error {
	return fault.Invalid("file", "%s "+format, append([]any{name}, args...)...)
}

// refuseOtherZIP says what a ZIP is that holds no workbook.
func refuseOtherZIP(parts map[string]*zip.File, name string) error {
	has := func(names ...string) bool {
		for _, n := range names {
			if parts[n] != nil {
				return true
			}
		}
		return false
	}
	switch {
	case has("xl/workbook.bin"):
		return refuse(name, "is a binary workbook (.xlsb): open it in Excel, save it as XLSX and send that")
	case has("[content_types].xml", "_rels/.rels") && !has("word/document.xml", "ppt/presentation.xml"):
		return nil
	case has("word/document.xml"):
		return refuse(name, "is a Word document, not a table: %s", exportAgain)
	case has("ppt/presentation.xml"):
		return refuse(name, "is a PowerPoint presentation, not a table: %s", exportAgain)
	case has("content.xml", "mimetype"):
		return refuse(name, "is an OpenDocument file: open it, save it as XLSX or CSV UTF-8 and send that")
	case has("index/document.iwa", "index.zip", "index/calculationengine.iwa"):
		return refuse(name, "is a Numbers document: open it, export it as Excel or CSV and send that")
	}
	return refuse(name, "is a ZIP archive, not a workbook: unpack it and send the tables in it")
}

// explain turns what went wrong inside a workbook into words for its sender. What
// is not the workbook's fault stays as it is.
func (w *Book) explain(err error) error {
	switch {
	case err == nil || fault.As(err) != nil || w.ctx.Err() != nil && errors.Is(err, w.ctx.Err()):
		return err
	case w.src.err != nil:
		return fmt.Errorf("read %s: %w", w.name, w.src.err)
	case errors.Is(err, errBomb):
		return refuse(w.name, "unpacks to far more than a workbook holds, so it was not read: save the rows you need in a new workbook and send that")
	}
	if _, is := errors.AsType[flate.CorruptInputError](err); is {
		err = fmt.Errorf("%w: %w", zip.ErrFormat, err)
	}
	for _, damage := range []error{zip.ErrFormat, zip.ErrChecksum, zip.ErrAlgorithm, io.ErrUnexpectedEOF, io.EOF, errXML} {
		if errors.Is(err, damage) {
			return refuse(w.name, "is a damaged workbook (%v): open it in Excel, which may repair it, save it again and send that", err)
		}
	}
	return fmt.Errorf("read the workbook %s: %w", w.name, err)
}

// part opens a part by its name.
func (w *Book) part(name string) (io.ReadCloser, error) {
	part := w.parts[partName(name)]
	if part == nil {
		return nil, badXML("the part %s is missing", name)
	}
	if u := part.UncompressedSize64; u > maxPart || u > ratioCounts && u/maxRatio > part.CompressedSize64 {
		return nil, fmt.Errorf("%s: %w", name, errBomb)
	}
	return part.Open()
}

// eachTag calls f with every tag of a part.
func (w *Book) eachTag(name string, f func(tag) error) (err error) {
	r, err := w.part(name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	x, err := newXMLReader(w.ctx, r)
	for err == nil {
		var t tag
		if t, err = x.next(); err == nil {
			err = f(t)
		}
	}
	if errors.Is(err, io.EOF) {
		return nil
	}
	return fmt.Errorf("%s: %w", name, err)
}

// relation is a line of a list of relations between parts.
type relation struct{ kind, target string }

// relations reads the relations of a part by their ids.
func (w *Book) relations(of string) (map[string]relation, error) {
	dir, file := path.Split(of)
	all := map[string]relation{}
	return all, w.eachTag(dir+"_rels/"+file+".rels", func(t tag) error {
		if t.end || !t.is("Relationship") || t.attr("TargetMode") == "External" {
			return nil
		}
		target := strings.ReplaceAll(t.attr("Target"), `\`, "/")
		if !strings.HasPrefix(target, "/") {
			target = path.Join(dir, target)
		}
		all[t.attr("Id")] = relation{kind: path.Base(t.attr("Type")), target: target}
		return nil
	})
}

// readRelations finds the workbook part and from there sheets, styles and texts.
func (w *Book) readRelations() error {
	roots, err := w.relations("")
	if err != nil {
		return err
	}
	main := ""
	for _, r := range roots {
		if r.kind == "officeDocument" {
			main = r.target
		}
	}
	if main == "" {
		return badXML("no workbook part")
	}
	relations, err := w.relations(strings.TrimPrefix(main, "/"))
	if err != nil {
		return err
	}
	if err := w.readSheets(main, relations); err != nil {
		return err
	}
	texts := ""
	for _, r := range relations {
		switch r.kind {
		case "styles":
			if err := w.readStyles(r.target); err != nil {
				return err
			}
		case "sharedStrings":
			texts = r.target
		}
	}
	w.strings = &stringTable{part: texts}
	return nil
}

func (w *Book) readSheets(main string, relations map[string]relation) error {
	err := w.eachTag(main, func(t tag) error {
		switch {
		case t.end:
		case t.is("workbookPr"):
			v := t.attr("date1904")
			w.date1904 = v == "1" || v == "true"
		case t.is("sheet"):
			if r := relations[t.attr("id")]; r.kind == "worksheet" {
				state := t.attr("state")
				w.Sheets = append(w.Sheets, Sheet{Name: t.attr("name"), Hidden: state == "hidden" || state == "veryHidden", part: r.target})
			}
		}
		return nil
	})
	if err == nil && len(w.Sheets) == 0 {
		return badXML("no worksheet")
	}
	return err
}

// readStyles notes which cell styles show numbers as dates.
func (w *Book) readStyles(part string) error {
	codes := map[string]string{}
	inside := false
	return w.eachTag(part, func(t tag) error {
		switch {
		case t.is("cellXfs"):
			inside = !t.end
		case t.end:
		case t.is("numFmt"):
			codes[t.attr("numFmtId")] = t.attr("formatCode")
		case t.is("xf") && inside:
			id := t.attr("numFmtId")
			w.formats = append(w.formats, dateFormatOf(id, codes[id]))
		}
		return nil
	})
}
