package notice_test

import (
	_ "embed"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/mail/notice"
)

var (
	//go:embed testdata/postfix.eml
	postfix string
	//go:embed testdata/exchange.eml
	exchange string
)

const id = "0b9f3c1e-7f3a-4c2e-9b1d-2f6a5e8c4d10"

func told(text, status string) string {
	return strings.NewReplacer("MESSAGE", "<"+id+".2@titan.example>", "STATUS", status).Replace(text)
}

func TestRead(t *testing.T) {
	t.Parallel()
	several := strings.Replace(told(postfix, "2.1.5"), "Action: failed", "Action: relayed", 1)
	several = strings.Replace(several, "Diagnostic-Code", "Diagnostic-Code: x\n\nFinal-Recipient: rfc822; sam@titan.example\nAction: FAILED\nStatus: 5.1.1 (no)\nX-More", 1)
	for name, c := range map[string]struct {
		text string
		want notice.Notice
	}{
		"Postfix":  {told(postfix, "5.1.1"), notice.Notice{Mail: uuid.MustParse(id), Failed: true, Status: "5.1.1"}},
		"Exchange": {told(exchange, "5.1.10"), notice.Notice{Mail: uuid.MustParse(id), Failed: true, Status: "5.1.10"}},
		"Exchange, without the mail": {
			strings.Split(told(exchange, "5.1.10"), "--f0a1-3d\r\nContent-Type: message/rfc822")[0],
			notice.Notice{Mail: uuid.MustParse(id), Failed: true, Status: "5.1.10"},
		},
		"it is late":         {strings.Replace(told(postfix, "4.4.1"), "Action: failed", "Action: delayed", 1), notice.Notice{Mail: uuid.MustParse(id), Status: "4.4.1"}},
		"the worst of two":   {several, notice.Notice{Mail: uuid.MustParse(id), Failed: true, Status: "5.1.1"}},
		"its end is cut off": {strings.Split(told(postfix, "5.1.1"), "Subject: A role")[0], notice.Notice{Mail: uuid.MustParse(id), Failed: true, Status: "5.1.1"}},
	} {
		if got, err := notice.Read(strings.NewReader(c.text)); err != nil || got != c.want {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, text := range []string{postfix, exchange} {
		f.Add(told(text, "5.1.1"))
		f.Add(told(text, "4.2.2")[:900])
	}
	f.Add(strings.Replace(told(postfix, "5.1.1"), "text/rfc822-headers", "text/rfc822-headers\nContent-Transfer-Encoding: base64", 1))
	f.Fuzz(func(t *testing.T, text string) {
		n, err := notice.Read(strings.NewReader(text))
		if err != nil {
			if fault.As(err) == nil {
				t.Errorf("an error that is not in words: %v", err)
			}
			return
		}
		if !strings.Contains(text, n.Mail.String()) && !strings.Contains(text, "base64") && !strings.Contains(text, "=") {
			t.Errorf("%s stands nowhere in it", n.Mail)
		}
		if n.Mail == uuid.Nil || n.Status == "" || n.Status[0] == '2' && n.Failed || len(n.Status) > 9 {
			t.Errorf("%+v", n)
		}
	})
}
