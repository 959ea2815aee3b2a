// Package notice reads delivery status notifications (RFC 3464): mails in which a
// server says what became of another mail. Anybody may send one.
package notice

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	netmail "net/mail"
	"net/textproto"
	"regexp"
	"strings"

	"github.com/google/uuid"

	"github.com/skaiscraper/skai/internal/platform/fault"
)

// What a notification may be: anybody may send one.
const (
	mostNotice = 1 << 20 // bytes; more is not read
	mostParts  = 10
	mostGroups = 20 // recipients that one notification tells of
)

// Notice is what a delivery status notification (RFC 3464) says of a mail of this
// program. Whom it calls the recipient is not read: only a Message-ID, which nobody
// knows who did not see the mail, tells which mail and so which address it is about.
type Notice struct {
	Mail   uuid.UUID
	Failed bool   // it did not arrive and will not; else it is late, or arrived
	Status string // "5.1.1" (RFC 3463)
}

// errNotice is what is no notification, or one of another's mail.
var errNotice = fault.Invalid("mail", "this is no delivery status notification (RFC 3464) that names a mail of this program; nothing was changed")

var (
	ourID  = regexp.MustCompile(`<([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})(?:\.\d{1,4})?@[^<>\s]{1,255}>`)
	status = regexp.MustCompile(`^[245]\.\d{1,3}\.\d{1,3}\b`)
)

// Read reads a notification. It returns fault.Invalid for anything else.
func Read(r io.Reader) (Notice, error) {
	text, err := io.ReadAll(io.LimitReader(r, mostNotice+1))
	if err != nil {
		return Notice{}, fmt.Errorf("read the notification: %w", err)
	}
	if len(text) > mostNotice {
		return Notice{}, fault.Invalid("mail", "the notification is larger than 1 MiB; nothing was changed")
	}
	m, err := netmail.ReadMessage(bytes.NewReader(text))
	if err != nil {
		return Notice{}, errNotice
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/report" || !strings.EqualFold(params["report-type"], "delivery-status") {
		return Notice{}, errNotice
	}
	// Exchange names the mail in these too, and leaves it out of the report at times.
	n := Notice{Mail: named(m.Header.Get("In-Reply-To"), m.Header.Get("References"))}
	parts, told := multipart.NewReader(m.Body, params["boundary"]), false
	for range mostParts {
		part, err := parts.NextPart()
		if err != nil {
			break // its end, or cut off: what came before counts
		}
		told = n.take(part) || told
	}
	if !told || n.Mail == uuid.Nil || n.Status == "" {
		return Notice{}, errNotice
	}
	return n, nil
}

// take reads a part and tells whether it was the report itself.
func (n *Notice) take(part *multipart.Part) bool {
	kind, _, err := mime.ParseMediaType(part.Header.Get("Content-Type"))
	if err != nil {
		return false
	}
	body := io.Reader(part)
	if strings.EqualFold(strings.TrimSpace(part.Header.Get("Content-Transfer-Encoding")), "base64") {
		body = base64.NewDecoder(base64.StdEncoding, part)
	}
	switch kind {
	case "message/delivery-status", "message/global-delivery-status":
		n.report(body)
		return true
	case "message/rfc822", "message/global", "message/rfc822-headers", "message/global-headers", "text/rfc822-headers":
		// One that is cut off has what came before.
		if h, _ := textproto.NewReader(bufio.NewReader(body)).ReadMIMEHeader(); h != nil {
			if id := named(h.Get("Message-Id")); id != uuid.Nil {
				n.Mail = id
			}
		}
	}
	return false
}

// report reads what became of each recipient: groups of fields, the first of which is
// about the mail. This program's have one recipient; of several the worst counts.
func (n *Notice) report(body io.Reader) {
	r := textproto.NewReader(bufio.NewReader(body))
	for range mostGroups {
		h, err := r.ReadMIMEHeader()
		if s := status.FindString(strings.TrimSpace(h.Get("Status"))); s != "" {
			failed := strings.EqualFold(strings.TrimSpace(h.Get("Action")), "failed") && s[0] != '2'
			if n.Status == "" || failed && !n.Failed {
				n.Failed, n.Status = failed, s
			}
		}
		if err != nil {
			return
		}
	}
}

// named gives the mail that a header names, the zero id where it names none of ours.
func named(headers ...string) uuid.UUID {
	for _, h := range headers {
		if m := ourID.FindStringSubmatch(h); m != nil {
			if id, err := uuid.Parse(m[1]); err == nil {
				return id
			}
		}
	}
	return uuid.Nil
}
