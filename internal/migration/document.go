package migration

import (
	"archive/zip"
	"context"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/activity"
	"github.com/skaiscraper/skai/internal/files"
	"github.com/skaiscraper/skai/internal/migration/sources"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/postgres"
)

// documentFile is a file that is kept as it is, on a claim: Xactimate's ESX, a
// zip whose payload is Xactware's own. It has no rows.
type documentFile struct {
	claim uuid.UUID
	known map[string]string // what XACTDOC.XML says, by its attributes
}

// xactDoc is the readable part of an ESX, where there is one.
const xactDoc = "XACTDOC.XML"

// isESX tells an ESX by its name, or a zip by what is in it.
func isESX(f *file) bool {
	switch strings.ToLower(filepath.Ext(f.Name)) {
	case ".esx":
		return true
	case ".zip":
	default:
		return false
	}
	r, err := zip.NewReader(f.open, f.size)
	return err == nil && slices.ContainsFunc(r.File, func(e *zip.File) bool {
		return strings.HasPrefix(strings.ToUpper(filepath.Base(e.Name)), "XACTDOC.")
	})
}

// detectDocument finds the claim that an ESX is for and reads what can be read
// of it. What can't be read is no reason to refuse it: its bytes are kept.
func (r *run) detectDocument(ctx context.Context, tx pgx.Tx, f *file) error {
	claim, err := findClaim(ctx, tx, f, "is an ESX file of Xactimate, which is kept on a claim as it is")
	if err != nil {
		return err
	}
	f.document = &documentFile{claim: claim}
	note := "kept with its hash: stored, not parsed"
	if known, err := readXactDoc(f.open, f.size); err != nil {
		note += " (" + err.Error() + ")"
	} else {
		f.document.known = known
		note = "kept with its hash; of " + xactDoc + " was read:"
		for _, name := range slices.Sorted(maps.Keys(known)) {
			note += " " + name + " " + known[name] + ","
		}
		note = strings.TrimSuffix(note, ",") + "; its line items stored, not parsed"
	}
	layout, err := json.Marshal(map[string]any{"Format": "esx", "Notes": []string{note}})
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `
		UPDATE import_files SET layout = $3, source = 'xactimate', kind = $4, mapping = '{"columns": [], "confidence": 100, "why": "it is an ESX file"}'
		WHERE run_id = $1 AND file_no = $2`, r.id, f.no, layout, string(sources.Document))
	if err != nil {
		return fmt.Errorf("write down what %s is: %w", f.Name, err)
	}
	return nil
}

// The attributes that XACTDOC.XML is asked for, whatever element they are on.
var xactKnown = []string{"claimNumber", "policyNumber", "dateOfLoss", "dateLoss", "insuredName", "carrierName", "typeOfLoss", "estimateName"}

// readXactDoc gives the known attributes of an ESX's XACTDOC.XML. The error says
// in words why there are none.
func readXactDoc(open io.ReaderAt, size int64) (map[string]string, error) {
	archive, err := zip.NewReader(open, size)
	if err != nil {
		return nil, errors.New("it is no zip that can be read")
	}
	at := slices.IndexFunc(archive.File, func(e *zip.File) bool { return strings.EqualFold(filepath.Base(e.Name), xactDoc) })
	if at < 0 {
		return nil, errors.New("it has no " + xactDoc)
	}
	in, err := archive.File[at].Open()
	if err != nil {
		return nil, errors.New("its " + xactDoc + " can't be unpacked")
	}
	defer func() { _ = in.Close() }() // it was only read
	known, err := attributes(io.LimitReader(in, 64<<20))
	if err != nil || len(known) == 0 {
		return nil, errors.New("its " + xactDoc + " says nothing that is known here")
	}
	return known, nil
}

func attributes(from io.Reader) (map[string]string, error) {
	known := map[string]string{}
	for d := xml.NewDecoder(from); ; {
		token, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			return known, nil
		}
		if err != nil {
			return nil, err
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		for _, a := range start.Attr {
			value := strings.TrimSpace(strings.ReplaceAll(a.Value, "\x00", ""))
			if slices.Contains(xactKnown, a.Name.Local) && known[a.Name.Local] == "" && value != "" && len(value) <= 300 {
				known[a.Name.Local] = value
			}
		}
	}
}

// keepDocuments writes the run's documents onto their claims. The same bytes on
// the same claim are the same document.
func (r *run) keepDocuments(ctx context.Context, tx pgx.Tx) error {
	for _, f := range r.files {
		if f.document == nil {
			continue
		}
		d := files.Document{
			About: activity.OfClaim(f.document.claim), ID: postgres.NewID(), Kind: files.Paper, Name: f.Name, MediaType: "application/zip", Size: f.size, SHA256: f.sha256,
		}
		if len(f.document.known) > 0 {
			d.Extra = map[string]map[string]string{"xactimate": f.document.known}
		}
		externalID := f.document.claim.String() + ":" + hex.EncodeToString(f.sha256)
		there, err := postgres.Value[bool](ctx, tx, `SELECT EXISTS (SELECT FROM external_refs WHERE entity = 'file' AND source = 'xactimate' AND external_id = $1)`, externalID)
		if err != nil {
			return err
		}
		if there {
			continue
		}
		if err := files.Keep(ctx, tx, r.actor, d); err != nil {
			return err
		}
		if err := activity.Note(ctx, tx, activity.NewEntry{About: d.About, Kind: activity.KindFile, Body: f.Name}); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `
			INSERT INTO external_refs (org_id, entity, source, external_id, file_id, fingerprint, run_id, file_no, ordinal)
			VALUES (current_org(), 'file', 'xactimate', $1, $2, $3, $4, $5, 1)`, externalID, d.ID, uuid.UUID(f.sha256[:16]), r.id, f.no); err != nil {
			return fmt.Errorf("reference %s: %w", f.Name, err)
		}
	}
	return nil
}

// findClaim finds the claim that --claim names: by our number, or by the carrier's.
func findClaim(ctx context.Context, tx pgx.Tx, f *file, is string) (uuid.UUID, error) {
	if f.Claim == "" {
		return uuid.Nil, fault.Invalid("claim", "%s %s; say which claim with --claim NUMBER, ours or the carrier's", f.Name, is)
	}
	found, err := claimsByNumber(ctx, tx, f.Claim)
	if err != nil {
		return uuid.Nil, err
	}
	switch len(found) {
	case 0:
		return uuid.Nil, fault.Invalid("claim", "%s: there is no claim %q, neither of ours nor of a carrier's; import the claims first", f.Name, f.Claim)
	case 1:
		return found[0], nil
	}
	return uuid.Nil, fault.Invalid("claim", "%s: %d claims go by the number %q; name the one you mean by our number, as C-17", f.Name, len(found), f.Claim)
}
