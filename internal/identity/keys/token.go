package keys

import (
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"hash/crc32"
	"strings"
)

// A key as its owner has it: "skai_", eight signs to know it again by, 43 signs
// that are the secret (62^43 > 2^256), and six that are the CRC-32 (IEEE) of all
// before them. The fixed beginning and the checksum are for programs that look for
// secrets in code: what fits is a key, and what was mistyped is told from what was
// revoked without asking anybody.
const (
	tokenStart   = "skai_"
	tokenSigns   = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	prefixLength = len(tokenStart) + 8
	secretLength = 43
	sumLength    = 6
	tokenLength  = prefixLength + secretLength + sumLength
)

// Token is a key as its owner shows it, whole and without a slip of the finger. It
// may still open nothing.
type Token struct{ text string }

// newToken makes a key up.
func newToken() Token {
	body := tokenStart + signs(8+secretLength)
	return Token{body + checksum(body)}
}

// signs gives n random signs, each as likely as any other.
func signs(n int) string {
	var b strings.Builder
	raw := make([]byte, 1)
	for b.Len() < n {
		_, _ = rand.Read(raw) // never fails; it ends the program instead
		if raw[0] < 4*62 {    // the rest would favour the first signs
			b.WriteByte(tokenSigns[raw[0]%62])
		}
	}
	return b.String()
}

// checksum is the CRC-32 of a text in six signs, the highest first.
func checksum(s string) string {
	sum := crc32.ChecksumIEEE([]byte(s))
	var b [sumLength]byte
	for i := sumLength - 1; i >= 0; i-- {
		b[i] = tokenSigns[sum%62]
		sum /= 62
	}
	return string(b[:])
}

var (
	errNoToken  = errors.New("this is no API key: one begins with skai_ and has 62 letters and digits in all")
	errMistyped = errors.New("this is no whole API key: a sign is missing or was mistyped; copy it once more")
)

// ParseToken reads a key. Its error says whether this is none at all or one that
// was mistyped; whether it opens anything, the database knows.
func ParseToken(s string) (Token, error) {
	rest, ok := strings.CutPrefix(s, tokenStart)
	if !ok {
		return Token{}, errNoToken
	}
	for i := range len(rest) {
		if strings.IndexByte(tokenSigns, rest[i]) < 0 {
			return Token{}, errNoToken
		}
	}
	if len(s) != tokenLength || checksum(s[:tokenLength-sumLength]) != s[tokenLength-sumLength:] {
		return Token{}, errMistyped
	}
	return Token{s}, nil
}

// Prefix is the beginning of the key, by which people know it again.
func (t Token) Prefix() string { return t.text[:prefixLength] }

// hash is what is kept of a key. A slow hash is for passwords, which can be
// guessed; nobody guesses 256 random bits, however fast they try.
func (t Token) hash() [sha256.Size]byte { return sha256.Sum256([]byte(t.text)) }

// Secret is the whole key.
func (t Token) Secret() string { return t.text }
