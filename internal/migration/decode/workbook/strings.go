package workbook

import (
	"errors"
	"fmt"
	"io"
	"os"
)

const (
	stringsInMemory = 24 << 20 // bytes of shared texts kept in memory; more go to a temporary file
	maxStrings      = 16 << 20 // texts; their places take 4 bytes each
	stringBlock     = 64 << 10 // bytes read from the temporary file at a time
	stringBlocks    = 64       // such blocks kept
)

// stringTable holds the texts that a workbook's cells share. Excel writes them in
// the order of their first use, so neighbours are asked for together.
type stringTable struct {
	part string // of the workbook, "" when there is none
	read bool
	ends []uint32 // where each text ends
	size int64

	text   []byte   // of all, or of what is not in the file yet
	file   *os.File // nil while all are in memory
	blocks map[int64][]byte
}

// load reads the table at its first use.
func (s *stringTable) load(w *Book) error {
	if s.read || s.part == "" {
		return nil
	}
	s.read = true
	r, err := w.part(s.part)
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }() // all that can fail has been read by then
	x, err := newXMLReader(w.ctx, r)
	if err != nil {
		return err
	}
	phonetic := false
	for {
		t, err := x.next()
		if errors.Is(err, io.EOF) {
			return s.spill(false)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", s.part, err)
		}
		whole := t.is("si") && t.end
		switch {
		case t.is("rPh"):
			phonetic = !t.end
		case t.is("t"):
			x.keep = !t.end && !phonetic
		case t.is("si") && !t.end:
			whole, err = x.shortcut("<t>", "</t></si>")
		}
		if whole {
			err = s.add(unescape(x.text))
			x.text = x.text[:0]
		}
		if err != nil {
			return fmt.Errorf("%s: %w", s.part, err)
		}
	}
}

func (s *stringTable) add(text []byte) error {
	s.text = append(s.text, text...)
	if s.size += int64(len(text)); s.size >= 1<<32 || len(s.ends) == maxStrings {
		return errBomb
	}
	s.ends = append(s.ends, uint32(s.size)) //nolint:gosec // checked above
	return s.spill(true)
}

// spill moves the texts to a temporary file when they are too many for memory, or
// the last of them when more is false.
func (s *stringTable) spill(more bool) error {
	if s.file == nil && len(s.text) < stringsInMemory || more && len(s.text) < stringBlock {
		return nil
	}
	if s.file == nil {
		f, err := os.CreateTemp("", "skai-texts-*")
		if err != nil {
			return fmt.Errorf("a place for the workbook's texts: %w", err)
		}
		s.file, s.blocks = f, map[int64][]byte{}
		_ = os.Remove(f.Name()) // while it is open: then it is gone however this process ends
	}
	if _, err := s.file.Write(s.text); err != nil {
		return fmt.Errorf("keep the workbook's texts: %w", err)
	}
	s.text = s.text[:0]
	return nil
}

// append appends the text with this index.
func (s *stringTable) append(dst []byte, index int) ([]byte, error) {
	if index < 0 || index >= len(s.ends) {
		return dst, badXML("there is no text number %d", index)
	}
	from, to := int64(0), int64(s.ends[index])
	if index > 0 {
		from = int64(s.ends[index-1])
	}
	if s.file == nil {
		return append(dst, s.text[from:to]...), nil
	}
	for from < to {
		block, err := s.block(from / stringBlock)
		if err != nil {
			return dst, err
		}
		begin := from % stringBlock
		n := min(int64(len(block))-begin, to-from)
		dst = append(dst, block[begin:begin+n]...)
		from += n
	}
	return dst, nil
}

func (s *stringTable) block(number int64) ([]byte, error) {
	if b, ok := s.blocks[number]; ok {
		return b, nil
	}
	var b []byte
	if len(s.blocks) == stringBlocks {
		for old, memory := range s.blocks { // any: they come in order, so all but a few are past
			b = memory
			delete(s.blocks, old)
			break
		}
	} else {
		b = make([]byte, stringBlock)
	}
	start := number * stringBlock
	b = b[:min(stringBlock, s.size-start)]
	if _, err := s.file.ReadAt(b, start); err != nil {
		return nil, fmt.Errorf("the workbook's texts: %w", err)
	}
	s.blocks[number] = b
	return b, nil
}

// close removes the temporary file.
func (s *stringTable) close() error {
	if s.file == nil {
		return nil
	}
	_ = os.Remove(s.file.Name()) // for systems that keep open files
	return s.file.Close()
}

// unescape resolves what XLSX writes for characters that XML can't hold: _x000D_.
// The result shares memory with the text.
func unescape(text []byte) []byte {
	out := text[:0]
	for i := 0; i < len(text); {
		if r, ok := escaped(text[i:]); ok {
			out = append(out, string(r)...) // never longer than the 7 bytes it replaces
			i += 7
			continue
		}
		out = append(out, text[i])
		i++
	}
	return out
}

// escaped reads _xHHHH_. A zero, a surrogate and a character that is none stay as
// they are written.
func escaped(b []byte) (rune, bool) {
	if len(b) < 7 || b[0] != '_' || b[1] != 'x' || b[6] != '_' {
		return 0, false
	}
	var r rune
	for _, c := range b[2:6] {
		switch {
		case c >= '0' && c <= '9':
			r = r<<4 | rune(c-'0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			r = r<<4 | rune(c|0x20-'a'+10)
		default:
			return 0, false
		}
	}
	return r, r != 0 && r&^0x7FF != 0xD800 && r != 0xFFFD
}
