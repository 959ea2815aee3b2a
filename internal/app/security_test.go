package app_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/skaiscraper/skai/internal/app"
)

func TestSecurityText(t *testing.T) {
	t.Parallel()
	a, err := app.New(nil, app.Config{Log: slog.New(slog.DiscardHandler), HTTPS: true, SecurityContact: "security@titan.example"})
	if err != nil {
		t.Fatal(err)
	}
	w := ask(t, a.Handler(), http.MethodGet, "/.well-known/security.txt")
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "text/plain; charset=utf-8" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	form := regexp.MustCompile(`^Contact: mailto:security@titan\.example\nExpires: (\S+)\nPreferred-Languages: en\nPolicy: (https://example\.com/security)\n$`)
	parts := form.FindStringSubmatch(w.Body.String())
	if parts == nil {
		t.Fatalf("it says %s", w.Body)
	}
	expires, err := time.Parse(time.RFC3339, parts[1])
	if left := time.Until(expires); err != nil || left < 24*time.Hour || left > 365*24*time.Hour { // RFC 9116: less than a year
		t.Errorf("it expires at %v, %v", parts[1], err)
	}
	if policy := ask(t, a.Handler(), http.MethodGet, parts[2]); policy.Code != http.StatusOK || !strings.Contains(policy.Body.String(), "within 48 hours") ||
		!strings.Contains(policy.Body.String(), `href="mailto:security@titan.example"`) {
		t.Errorf("the policy: %d", policy.Code)
	}
}

func TestNobodyIsNamedWhereNobodyWas(t *testing.T) {
	t.Parallel()
	h := build(t, nil).Handler()
	if w := ask(t, h, http.MethodGet, "/.well-known/security.txt"); w.Code != http.StatusNotFound || !strings.Contains(w.Body.String(), "SKAI_SECURITY_CONTACT") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := ask(t, h, http.MethodGet, "/security"); w.Code != http.StatusOK || strings.Contains(w.Body.String(), "mailto:") {
		t.Errorf("%d", w.Code)
	}
	a, err := app.New(nil, app.Config{Log: slog.New(slog.DiscardHandler), SecurityContact: "https://titan.example/report"})
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	a.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/.well-known/security.txt", nil))
	if body := w.Body.String(); !strings.HasPrefix(body, "Contact: https://titan.example/report\n") || strings.Contains(body, "Policy") {
		t.Errorf("on plain http: %s", body)
	}
	for _, typed := range []string{"nobody", "http://titan.example/", "javascript:alert(1)", "Pat <pat@titan.example>", "https://titan.example/\nPolicy: x", "mailto:", "https://"} {
		if got, err := app.SecurityContact(typed); err == nil {
			t.Errorf("%q was taken as %q", typed, got)
		}
	}
}
