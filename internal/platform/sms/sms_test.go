package sms_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/sms"
)

func TestAMessageGoesToTheProvider(t *testing.T) {
	t.Parallel()
	var got url.Values
	status := http.StatusCreated
	provider := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, token, _ := r.BasicAuth()
		_ = r.ParseForm()
		got = r.PostForm
		if r.URL.Path != "/2010-04-01/Accounts/AC1/Messages.json" || user != "AC1" || token != "s3cret" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.WriteHeader(status)
		_, _ = fmt.Fprint(w, `{"code": 21211, "message": "Invalid 'To' Phone Number"}`)
	}))
	t.Cleanup(provider.Close)
	address := strings.Replace(provider.URL, "http://", "http://AC1:s3cret@", 1)
	for from, field := range map[string]string{"+16025550100": "From", "MG01": "MessagingServiceSid"} {
		s, err := sms.New(sms.Config{URL: address, From: from})
		if err != nil || !s.Real() {
			t.Fatal(err)
		}
		if err := s.Send(t.Context(), "+16025550123", "123456 is your code"); err != nil || got.Get("To") != "+16025550123" || got.Get("Body") != "123456 is your code" || got.Get(field) != from {
			t.Errorf("%v: %v", got, err)
		}
	}
	s, err := sms.New(sms.Config{URL: address, From: "+1"})
	if err != nil {
		t.Fatal(err)
	}
	status = http.StatusBadRequest
	if err := s.Send(t.Context(), "+1", "x"); !fault.Is(err, fault.KindUnavailable) || !strings.Contains(err.Error(), "21211") {
		t.Errorf("refused: %v", err)
	}
	provider.Close()
	if err := s.Send(t.Context(), "+1", "x"); !fault.Is(err, fault.KindUnavailable) || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("away: %v", err)
	}
}

func TestWithoutAProviderMessagesStandInAFolder(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	s, err := sms.New(sms.Config{Folder: folder})
	if err != nil || s.Real() {
		t.Fatal(err)
	}
	for i := range 203 {
		if err := s.Send(t.Context(), "+16025550123", fmt.Sprint("message ", i)); err != nil {
			t.Fatal(err)
		}
	}
	list, err := sms.Latest(folder, 1000)
	if err != nil || len(list) != 200 || list[0] != "To: +16025550123\n\nmessage 202" {
		t.Errorf("%d, %v", len(list), err)
	}
	var none *sms.Sender
	if err := none.Send(t.Context(), "+1", "x"); !fault.Is(err, fault.KindUnavailable) || none.Real() {
		t.Errorf("no sender: %v", err)
	}
}

func TestAWrongConfigurationIsNamed(t *testing.T) {
	t.Parallel()
	for address, words := range map[string]string{"api.twilio.com": "SKAI_SMS_URL", "http://a:b@api.twilio.com": "SKAI_SMS_URL", "https://api.twilio.com": "SKAI_SMS_URL", "https://a:b@api.twilio.com": "SKAI_SMS_FROM"} {
		if _, err := sms.New(sms.Config{URL: address}); err == nil || !strings.Contains(err.Error(), words) || strings.Contains(err.Error(), "a:b@") {
			t.Errorf("%s: %v", address, err)
		}
	}
}
