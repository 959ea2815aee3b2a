package files

import (
	"bufio"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/google/uuid"

	"github.com/skaiscraper/skai/internal/activity"
	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/platform/blob"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/ui"
	"github.com/skaiscraper/skai/internal/platform/web"
)

// Path is where the files' bytes are.
const Path = "/files"

// Routes registers the download, what adds files to a record of each kind, and what
// removes one.
func (s *Service) Routes(rt *web.Router) {
	edit := web.Access{Permission: string(identity.EditRecords)}
	for _, of := range []func(uuid.UUID) activity.About{activity.OfClaim, activity.OfContact, activity.OfLead, activity.OfProperty} {
		_, _, path, _ := of(uuid.Nil).Record()
		rt.Upload("POST "+path+"{id}/files", edit, maxForm, s.addPage(of))
	}
	rt.Page("POST "+Path+"/{id}/archive", web.Access{Permission: string(identity.ArchiveRecords)}, s.archivePage)
	rt.Stream("GET "+Path+"/{id}/content", web.Access{Permission: string(identity.ViewAmounts)}, s.download)
}

// addPage adds the files of a form to a record; what is refused is told on a page
// with the form alone.
func (s *Service) addPage(of func(uuid.UUID) activity.About) web.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		id, err := web.PathID(r, "id")
		if err != nil {
			return err
		}
		sent, err := receive(r)
		defer func() {
			for _, in := range sent {
				in.close()
			}
		}()
		if err != nil {
			return err
		}
		about := of(id)
		added, err := s.Add(r.Context(), about, sent)
		if refused := fault.As(err); refused != nil && refused.Kind == fault.KindInvalid {
			form := web.NewForm(url.Values{})
			form.Fields = refused.Fields
			return ui.PageStatus(w, r, http.StatusUnprocessableEntity, ui.Head{Title: "Add photos and files"}, addPage(form, about))
		}
		if err != nil {
			return err
		}
		tone, words := added.words()
		web.SetFlash(w, r, tone, "%s", words)
		return web.Redirect(w, r, about.URL()+anchor)
	}
}

// anchor is where on a record's page its files are.
const anchor = "#photos"

// words say what became of the files, and in which tone.
func (a Added) words() (web.Tone, string) {
	tone, words := web.Done, ""
	switch len(a.Names) {
	case 0:
		tone = web.Note
	case 1:
		words = a.Names[0] + " is added. "
	default:
		words = fmt.Sprintf("%d files are added. ", len(a.Names))
	}
	if len(a.Known) > 0 {
		is := " is"
		if len(a.Known) > 1 {
			is = " are"
		}
		words += ui.Names(a.Known, 3, "files") + is + " here already, and not kept twice."
	}
	return tone, strings.TrimSpace(words)
}

func (s *Service) archivePage(w http.ResponseWriter, r *http.Request) error {
	id, err := web.PathID(r, "id")
	if err != nil {
		return err
	}
	f, err := s.Archive(r.Context(), id)
	if err != nil {
		return err
	}
	web.SetFlash(w, r, web.Done, "%s is removed.", f.Name)
	return web.Redirect(w, r, f.URL()+anchor)
}

// download sends a file, whole or in part (Range). A browser saves it and shows it
// not: what somebody else made is no page of this site.
func (s *Service) download(w http.ResponseWriter, r *http.Request) error {
	id, err := web.PathID(r, "id")
	if err != nil {
		return err
	}
	c, f, err := s.Content(r.Context(), id)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": c.Name}))
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox")
	h.Set("Cache-Control", "private, no-store")
	http.ServeContent(w, r, "", c.UpdatedAt, &buffered{f, bufio.NewReaderSize(f, 1<<18)})
	return nil
}

// buffered reads more at once than http asks for, since each package is opened whole.
type buffered struct {
	file *blob.File
	*bufio.Reader
}

// Seek moves to another place, counted from the start or the end.
func (b *buffered) Seek(offset int64, whence int) (int64, error) {
	n, err := b.file.Seek(offset, whence)
	b.Reset(b.file)
	return n, err
}
