package mail_test

import (
	_ "embed"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/mail"
)

// The notifications are written after the documents of the servers, for this test.
// Exchange's has CRLF, the whole mail, and names it in In-Reply-To as well.
var (
	//go:embed notice/testdata/postfix.eml
	postfixNotice string
	//go:embed notice/testdata/exchange.eml
	exchangeNotice string
)

func told(text, id, status string) string {
	return strings.NewReplacer("MESSAGE", id, "STATUS", status).Replace(text)
}

// sent sends a mail to pat and gives its Message-ID.
func (o *office) sent(t *testing.T) string {
	t.Helper()
	before := len(o.server.mails)
	o.write(t, letter)
	o.work(t)
	return messageID(t, o.server.got(t, before+1)[before])
}

func (o *office) bounce(t *testing.T, text, words string) {
	t.Helper()
	got, err := mail.Bounce(t.Context(), o.db, strings.NewReader(text))
	if err != nil || !strings.Contains(got, words) || strings.Contains(got, "pat@") {
		t.Fatalf("%q, %v", got, err)
	}
}

func TestABounceForGoodSuppressesItsAddress(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{"Postfix": postfixNotice, "Exchange": exchangeNotice} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t, mail.Config{})
			id := o.sent(t)
			for range 2 {
				o.bounce(t, told(text, id, "5.1.10"), "gets no mail any more")
			}
			o.want(t, "bounced 1 5.1.10")
			list, err := mail.Suppressions(t.Context(), o.db)
			if err != nil || len(list) != 1 || list[0].Address != "pat@titan.example" || list[0].Reason != "bounced" {
				t.Errorf("%+v, %v", list, err)
			}
			o.write(t, letter)
			o.work(t)
			o.server.got(t, 1)
		})
	}
}

func TestFiveBouncesForAWhileSuppressToo(t *testing.T) {
	t.Parallel()
	o := newOffice(t, mail.Config{})
	ids := []string{o.sent(t), o.sent(t), o.sent(t), o.sent(t), o.sent(t), o.sent(t)}
	o.bounce(t, told(postfixNotice, ids[5], "4.2.2"), "gets mail until")
	o.super(t, `UPDATE mails SET bounced_at = now() - interval '15 days' WHERE bounced_at IS NOT NULL`) // counts no more
	for _, id := range ids[:4] {
		for range 2 { // told twice counts once
			o.bounce(t, told(postfixNotice, id, "5.2.2"), "gets mail until")
		}
	}
	o.bounce(t, strings.Replace(told(postfixNotice, ids[4], "4.4.1"), "Action: failed", "Action: delayed", 1), "has not failed")
	if list, err := mail.Suppressions(t.Context(), o.db); err != nil || len(list) != 0 {
		t.Fatalf("%+v, %v", list, err)
	}
	o.bounce(t, told(postfixNotice, ids[4], "5.7.1"), "gets no mail any more")
	list, err := mail.Suppressions(t.Context(), o.db)
	if err != nil || len(list) != 1 || list[0].Reason != "soft" {
		t.Fatalf("%+v, %v", list, err)
	}
	if err := mail.Unsuppress(t.Context(), o.db, "pat@titan.example"); err != nil {
		t.Fatal(err)
	}
	o.bounce(t, told(postfixNotice, o.sent(t), "4.2.2"), "gets mail until") // it begins anew
}

// Anybody can send such a mail: what names no mail of ours changes nothing.
func TestWhatIsNoNotificationChangesNothing(t *testing.T) {
	t.Parallel()
	o := newOffice(t, mail.Config{})
	id := o.sent(t)
	good := told(postfixNotice, id, "5.1.1")
	for name, c := range map[string]struct {
		text string
		kind fault.Kind
	}{
		"another's mail":        {told(postfixNotice, "<1234@gmail.example>", "5.1.1"), fault.KindInvalid},
		"a mail there is not":   {told(postfixNotice, "<"+uuid.NewString()+"@titan.example>", "5.1.1"), fault.KindNotFound},
		"no mail":               {"hello", fault.KindInvalid},
		"nothing":               {"", fault.KindInvalid},
		"a letter":              {"Subject: x\n\nI am on holiday, " + id, fault.KindInvalid},
		"no boundary":           {"Content-Type: multipart/report; report-type=delivery-status\nIn-Reply-To: " + id + "\n\nx", fault.KindInvalid},
		"another report":        {strings.Replace(good, "report-type=delivery-status", "report-type=disposition-notification", 1), fault.KindInvalid},
		"no status":             {told(postfixNotice, id, "bad"), fault.KindInvalid},
		"cut before the report": {good[:strings.Index(good, "Reporting-MTA")], fault.KindInvalid},
		"larger than 1 MiB":     {good + strings.Repeat("x", 1<<20), fault.KindInvalid},
	} {
		if words, err := mail.Bounce(t.Context(), o.db, strings.NewReader(c.text)); !fault.Is(err, c.kind) {
			t.Errorf("%s: %q, %v", name, words, err)
		}
	}
	o.want(t, "sent 1 250")
	if list, err := mail.Suppressions(t.Context(), o.db); err != nil || len(list) != 0 {
		t.Errorf("%+v, %v", list, err)
	}
}
