package idp

import (
	"encoding/base64"
	"os"
	"strings"
	"testing"
)

// FuzzMetadata reads any text as an identity provider's metadata: it has what is
// needed, or what it lacks is said.
func FuzzMetadata(f *testing.F) {
	good, err := os.ReadFile("../../../proof/idp.xml")
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{string(good), "", "<", `<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="x"/>`, strings.ReplaceAll(string(good), "HTTP-Redirect", "HTTP-POST")} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := metadataOf(text)
		if err == nil && (d.EntityID == "" || len(d.IDPSSODescriptors) == 0) {
			t.Errorf("taken without what is needed: %q", text)
		}
		if err != nil && err.Error() == "" {
			t.Errorf("refused without a word: %q", text)
		}
	})
}

// FuzzSingle counts the assertions of any response: one with a document type or two
// assertions never passes.
func FuzzSingle(f *testing.F) {
	for _, seed := range []string{`<Response><Assertion/></Response>`, `<!DOCTYPE x><Response/>`, `<a:Assertion/><b:EncryptedAssertion/>`, "", "<Assertion"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if single(base64.StdEncoding.EncodeToString([]byte(text))) == nil && (strings.Contains(text, "<!DOCTYPE") && !strings.Contains(text, "<!--") && !strings.Contains(text, "CDATA") && !strings.Contains(text, "<?")) {
			t.Errorf("a document type passes: %q", text)
		}
	})
}
