package identity

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"github.com/skaiscraper/skai/internal/platform/commonpassword"
	"github.com/skaiscraper/skai/internal/platform/fault"
)

// Parameters of argon2id: 19 MiB, 2 passes, 1 lane, OWASP's first choice.
const (
	argonMemory = 19 * 1024 // KiB
	argonTime   = 2
	argonLanes  = 1
	argonKey    = 32 // bytes
	argonSalt   = 16 // bytes
)

// MinPassword is the least number of characters of a password.
const MinPassword = 12

// CheckPassword refuses a password that could be guessed: a short one, one of the
// lists of those who guess, and one made of what is known of the person: about has
// their name, their address, their organisation. It returns fault.Invalid with the
// field "password".
func CheckPassword(password string, about ...string) error {
	if utf8.RuneCountInString(password) < MinPassword {
		return fault.Invalid("password", "a password needs %d characters or more; a sentence is easy to keep in mind", MinPassword)
	}
	if len(password) > 1024 {
		return fault.Invalid("password", "a password has at most 1,024 bytes")
	}
	if commonpassword.Guessable(password) {
		return fault.Invalid("password", "this password, or what is left of it without digits and signs, is among those that are guessed first; a sentence that only you would write is better")
	}
	if tellsOf(password, about) {
		return fault.Invalid("password", "this password is made of your name, your address or your organisation, which others know; think of something they don't")
	}
	return nil
}

// tellsOf tells whether less than 8 letters and digits of a password are left
// without the words that are known of a person.
func tellsOf(password string, about []string) bool {
	other := func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }
	left := strings.ToLower(strings.Join(strings.FieldsFunc(password, other), ""))
	words := strings.FieldsFunc(strings.ToLower(strings.Join(about, " ")), other)
	slices.SortFunc(words, func(a, b string) int { return len(b) - len(a) }) // "titanroofing" before "titan"
	for _, word := range words {
		if utf8.RuneCountInString(word) >= 3 {
			left = strings.ReplaceAll(left, word, "")
		}
	}
	return utf8.RuneCountInString(left) < 8
}

// hashing bounds the passwords that are hashed at once: each takes 19 MiB and a
// processor for some hundredths of a second.
var hashing = make(chan struct{}, runtime.GOMAXPROCS(0))

// HashPassword gives the PHC string of a password: $argon2id$v=19$m=..,t=..,p=..$salt$key.
func HashPassword(ctx context.Context, password string) (string, error) {
	salt := make([]byte, argonSalt)
	_, _ = rand.Read(salt) // never fails; it ends the program instead
	return ours.phc(ctx, password, salt)
}

// ours are the parameters of new hashes.
var ours = argon{memory: argonMemory, time: argonTime, lanes: argonLanes}

// argon is what a hash was made with.
type argon struct {
	memory, time uint32
	lanes        uint8
}

func (a argon) String() string {
	return fmt.Sprintf("m=%d,t=%d,p=%d", a.memory, a.time, a.lanes)
}

// phc hashes a password, once fewer than hashing allows are at it. Letters that
// keyboards compose in different ways (ñ as one character or two) count as the same.
func (a argon) phc(ctx context.Context, password string, salt []byte) (string, error) {
	select {
	case hashing <- struct{}{}:
		defer func() { <-hashing }()
	case <-ctx.Done():
		return "", ctx.Err()
	}
	key := argon2.IDKey(norm.NFKC.Bytes([]byte(password)), salt, a.time, a.memory, a.lanes, argonKey)
	return fmt.Sprintf("$argon2id$v=%d$%s$%s$%s", argon2.Version, a,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(key)), nil
}

// standIn is the hash that a password is compared with where an address has no
// account, so that the answer takes as long. No password leads to its key.
func standIn() string {
	return fmt.Sprintf("$argon2id$v=%d$%s$%s$%s", argon2.Version, ours,
		base64.RawStdEncoding.EncodeToString(make([]byte, argonSalt)), base64.RawStdEncoding.EncodeToString(make([]byte, argonKey)))
}

var errPasswordHash = errors.New("identity: a stored password hash has a form this program doesn't know")

// passwordMatches compares in constant time, with the parameters the hash was
// made with. current is false where those are not today's any more.
func passwordMatches(ctx context.Context, hash, password string) (matches, current bool, err error) {
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return false, false, errPasswordHash
	}
	var a argon
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &a.memory, &a.time, &a.lanes); err != nil || a.time == 0 || a.lanes == 0 || a.memory > 1<<20 {
		return false, false, errPasswordHash
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil {
		return false, false, errPasswordHash
	}
	again, err := a.phc(ctx, password, salt)
	return subtle.ConstantTimeCompare([]byte(again), []byte(hash)) == 1, a == ours, err
}
