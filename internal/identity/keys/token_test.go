package keys_test

import (
	"strings"
	"testing"

	"github.com/skaiscraper/skai/internal/identity/keys"
)

// whole is a key that opens nothing anywhere.
const whole = "skai_0123abcdAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

// summed gives the only six signs that make a key of a text, found as anybody could.
func summed(tb testing.TB, body string) string {
	tb.Helper()
	return body + keys.Checksum(body)
}

func TestAMistypedKeyIsTold(t *testing.T) {
	t.Parallel()
	good := summed(t, whole)
	token, err := keys.ParseToken(good)
	if err != nil || token.Secret() != good || token.Prefix() != "skai_0123abcd" {
		t.Fatalf("%q: %v", good, err)
	}
	for i := len("skai_"); i < len(good); i++ { // any one sign
		typo := []byte(good)
		typo[i] = 'x'
		if good[i] == 'x' {
			typo[i] = 'y'
		}
		if _, err := keys.ParseToken(string(typo)); err == nil || !strings.Contains(err.Error(), "mistyped") {
			t.Errorf("sign %d mistyped: %v", i, err)
		}
	}
	swapped := []byte(good)
	swapped[7], swapped[9] = swapped[9], swapped[7]
	for what, s := range map[string]string{"cut short": good[:len(good)-1], "one too many": good + "A", "two swapped": string(swapped)} {
		if _, err := keys.ParseToken(s); err == nil || !strings.Contains(err.Error(), "mistyped") {
			t.Errorf("%s: %v", what, err)
		}
	}
	for _, s := range []string{"", "skai", "SKAI_" + good[5:], "sk_live_1234", good[:20] + "-" + good[21:], good[:20] + "é" + good[22:], " " + good, "skai_\x00"} {
		if _, err := keys.ParseToken(s); err == nil || !strings.Contains(err.Error(), "no API key") {
			t.Errorf("%q: %v", s, err)
		}
	}
}

func TestKeysAreMadeUp(t *testing.T) {
	t.Parallel()
	seen, used := map[string]bool{}, map[rune]bool{}
	for range 500 {
		token := keys.NewToken()
		if _, err := keys.ParseToken(token.Secret()); err != nil || len(token.Secret()) != 62 || seen[token.Secret()] {
			t.Fatalf("%q: %v", token.Secret(), err)
		}
		seen[token.Secret()] = true
		for _, sign := range token.Secret()[len("skai_"):] {
			used[sign] = true
		}
	}
	if len(used) != 62 {
		t.Errorf("only %d signs are used", len(used))
	}
}

// Whatever is sent, what is taken for a key is one: it is as it was sent, and any
// other sign in it is found.
func FuzzParseToken(f *testing.F) {
	f.Add(summed(f, whole))
	f.Add(keys.NewToken().Secret())
	for _, s := range []string{"", "skai_", "Bearer skai_", whole, strings.Repeat("skai_", 50), "skai_\xff\x00"} {
		f.Add(s)
	}
	refusals := map[string]bool{}
	for _, s := range []string{"", "skai_"} {
		if _, err := keys.ParseToken(s); err != nil {
			refusals[err.Error()] = true
		}
	}
	f.Fuzz(func(t *testing.T, s string) {
		token, err := keys.ParseToken(s)
		if err != nil {
			if !refusals[err.Error()] { // one of two sentences, so that what was sent is in neither
				t.Errorf("the refusal of %q says %q", s, err)
			}
			return
		}
		if token.Secret() != s || len(s) != 62 || !strings.HasPrefix(s, token.Prefix()) {
			t.Errorf("%q became %q", s, token.Secret())
		}
		other := []byte(s)
		if other[30]++; other[30] == 'z'+1 {
			other[30] = '0'
		}
		if _, err := keys.ParseToken(string(other)); err == nil {
			t.Errorf("%q is taken for a key beside %q", other, s)
		}
	})
}
