package files

import (
	"bufio"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime/multipart"
	"net/http"
	"os"
	"strings"
	"time"
	"unicode"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/web"
)

// What people may send at once.
const (
	MaxFiles = 20       // files of a form
	MaxFile  = 25 << 20 // bytes of a file
	maxForm  = MaxFiles*MaxFile + 1<<20
)

// field is the form's field with the files.
const field = "files"

// Incoming is a file that somebody sends, in a temporary one until it is kept. One
// that is not to be kept says why, and has no bytes.
type Incoming struct {
	Name string // as it was called where it came from, without folders

	kind, mediaType string // what its bytes say
	size            int64  // bytes
	sum             []byte // SHA-256
	takenAt         *time.Time
	data            *os.File // has no name any more, so it goes when it is closed
	refusal         string   // what is wrong with it and what to do; "" is nothing
}

// receive reads the files of a form, one after the other, none of them whole in
// memory. Once one is refused, the others are looked at and no longer stored: the
// form is read to its end, since a browser shows no answer before it has sent all.
// The caller closes what it gives, also with an error.
func receive(r *http.Request) (sent []*Incoming, err error) {
	parts, err := r.MultipartReader()
	if errors.Is(err, http.ErrNotMultipart) {
		return nil, nil // a form without files
	}
	if err != nil {
		return nil, broken(err)
	}
	refused := false
	for n := 0; ; n++ {
		part, err := parts.NextPart()
		if err == nil && n == MaxFiles {
			_, _ = io.Copy(io.Discard, r.Body) // as far as it comes
			return append(sent, &Incoming{Name: "this form", refusal: fmt.Sprintf("has more than %d files; send them in parts", MaxFiles)}), nil
		}
		if err == nil && part.FormName() == field && part.FileName() != "" { // a browser sends an empty part where nothing is chosen
			in := &Incoming{Name: nameOf(part)}
			sent = append(sent, in)
			err = in.take(part, !refused, identity.Zone(r.Context()))
			refused = refused || in.refusal != ""
		}
		_, big := errors.AsType[*http.MaxBytesError](err)
		switch {
		case errors.Is(err, io.EOF), big && refused: // which file is too large was said
			return sent, nil
		case err != nil:
			return sent, broken(err)
		}
	}
}

// broken is the refusal of a form that can't be read; what this machine's disk says
// is no fault of the form.
func broken(err error) error {
	_, disk := errors.AsType[*fs.PathError](err)
	if _, big := errors.AsType[*http.MaxBytesError](err); big || disk {
		return err
	}
	return &web.Problem{
		Status: http.StatusBadRequest, Code: "bad_form",
		Detail: fmt.Sprintf("The files did not arrive whole (%v), and none was added. Go back and send them again.", err),
	}
}

// maxName is how long a file's name is, in characters.
const maxName = 200

// nameOf is a file's name, without folders and without signs that don't show or turn
// the direction of writing around; of a long one the end.
func nameOf(part *multipart.Part) string {
	name := part.FileName()
	name = name[strings.LastIndexByte(name, '\\')+1:]
	name = strings.TrimSpace(strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) || r == unicode.ReplacementChar {
			return -1
		}
		return r
	}, name))
	if name == "" {
		return "unnamed"
	}
	runes := []rune(name)
	return string(runes[max(0, len(runes)-maxName):])
}

// take reads a file, and stores it where it is to be kept.
func (in *Incoming) take(from io.Reader, store bool, zone *time.Location) (err error) {
	r := bufio.NewReader(from)
	head, err := r.Peek(sniffed)
	if err != nil && !errors.Is(err, io.EOF) { // io.EOF is of a short file
		return err
	}
	in.kind, in.mediaType = told(head)
	switch {
	case len(head) == 0:
		in.refusal = "is empty; look whether it was copied whole, and choose it again"
	case in.kind == "":
		in.refusal = "is neither a photo (JPEG, PNG, WebP, HEIC) nor a PDF document; save it as one of these"
	}
	if in.refusal != "" {
		return nil
	}
	into := io.Discard
	if store {
		if in.data, err = os.CreateTemp("", "skai-"); err != nil {
			return err
		}
		if err := os.Remove(in.data.Name()); err != nil { // the open file stays readable
			return err
		}
		into = in.data
	}
	sum := sha256.New()
	in.size, err = io.Copy(io.MultiWriter(sum, into), io.LimitReader(r, MaxFile+1))
	if in.size > MaxFile {
		in.refusal = fmt.Sprintf("is larger than %d MB; save it smaller", MaxFile>>20)
		in.close()
		return nil
	}
	if err != nil || !store {
		return err
	}
	in.sum = sum.Sum(nil)
	in.takenAt = takenAt(in.data, in.mediaType, zone)
	_, err = in.data.Seek(0, io.SeekStart)
	return err
}

// close lets go of the bytes.
func (in *Incoming) close() {
	if in.data != nil {
		_ = in.data.Close() // it is read, or not needed
		in.data = nil
	}
}

// refusal says of all files that are not to be kept why, by name.
func refusal(sent []*Incoming) error {
	var words []string
	for _, in := range sent {
		if in.refusal != "" {
			words = append(words, fmt.Sprintf("%q %s.", in.Name, in.refusal))
		}
	}
	switch {
	case len(sent) == 0:
		return fault.Invalid(field, "choose the photos or PDF documents to add")
	case len(words) > 0:
		return fault.Invalid(field, "%s None of the files was added.", strings.Join(words, " "))
	}
	return nil
}
