package identity

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

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

func checkPassword(password string) error {
	if utf8.RuneCountInString(password) < MinPassword {
		return fault.Invalid("password", "a password needs %d characters or more; a sentence is easy to keep in mind", MinPassword)
	}
	if len(password) > 1024 {
		return fault.Invalid("password", "a password has at most 1,024 bytes")
	}
	return nil
}

// hashPassword gives the PHC string of a password: $argon2id$v=19$m=..,t=..,p=..$salt$key.
func hashPassword(password string) string {
	salt := make([]byte, argonSalt)
	_, _ = rand.Read(salt) // never fails; it ends the program instead
	return phc(password, salt)
}

func phc(password string, salt []byte) string {
	key := argon2.IDKey([]byte(password), salt, argonTime, argonMemory, argonLanes, argonKey)
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonTime, argonLanes,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(key))
}

var errPasswordHash = errors.New("identity: a stored password hash has a form this program doesn't know")

// passwordMatches compares in constant time.
func passwordMatches(hash, password string) (bool, error) {
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return false, errPasswordHash
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil {
		return false, errPasswordHash
	}
	return subtle.ConstantTimeCompare([]byte(phc(password, salt)), []byte(hash)) == 1, nil
}
