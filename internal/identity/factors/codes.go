package factors

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/postgres"
)

// Codes is how many backup codes an account gets at once.
const Codes = 10

// codeLetters are those of a backup code: 50 random bits, which a guess finds
// once in 10^15; the plain SHA-256 at rest is as far from a guess as that.
const codeLetters = 10

// NewCodes gives the person who is signed in ten new backup codes; the ones they
// had work no more. They stand nowhere else: what is kept are their hashes. It
// returns fault.Conflict for somebody without a factor, in whose place they stand.
func (s *Service) NewCodes(ctx context.Context) ([]string, error) {
	me, err := fresh(ctx)
	if err != nil {
		return nil, err
	}
	if has, err := s.has(ctx, me); err != nil || !has {
		if err != nil {
			return nil, err
		}
		return nil, fault.Conflict("factor.none", "backup codes stand in for a second factor, and you have none; set up a passkey or an authenticator app first")
	}
	return system(ctx, s, func(ctx context.Context, tx pgx.Tx) ([]string, error) {
		return newCodes(ctx, tx, me.UserID)
	})
}

func newCodes(ctx context.Context, tx pgx.Tx, user uuid.UUID) ([]string, error) {
	if _, err := postgres.Exec(ctx, tx, `DELETE FROM backup_codes WHERE user_id = $1`, user); err != nil {
		return nil, err
	}
	codes := make([]string, Codes)
	hashes := make([][]byte, Codes)
	for i := range codes {
		raw := make([]byte, 10)
		_, _ = rand.Read(raw) // never fails; it ends the program instead
		letters := strings.ToLower(base32.StdEncoding.EncodeToString(raw))[:codeLetters]
		codes[i] = letters[:5] + "-" + letters[5:]
		hashes[i] = codeHash(user, codes[i])
	}
	_, err := postgres.Exec(ctx, tx, `INSERT INTO backup_codes (user_id, hash) SELECT $1, unnest($2::bytea[])`, user, hashes)
	return codes, err
}

// codeHash is what is kept of a code; the account in it keeps equal codes of two
// accounts apart.
func codeHash(user uuid.UUID, code string) []byte {
	sum := sha256.Sum256(append(user[:], plainCode(code)...))
	return sum[:]
}

// plainCode is a code without what people type around it.
func plainCode(code string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '2' && r <= '7' || r == '0' || r == '1' || r == '8' || r == '9' {
			return r
		}
		return -1
	}, strings.ToLower(code))
}

// useCode takes a backup code; false where it is none, or was used.
func useCode(ctx context.Context, tx pgx.Tx, user uuid.UUID, code string) (bool, error) {
	if len(plainCode(code)) != codeLetters {
		return false, nil
	}
	n, err := postgres.Exec(ctx, tx, `UPDATE backup_codes SET used_at = now() WHERE user_id = $1 AND hash = $2 AND used_at IS NULL`, user, codeHash(user, code))
	return n == 1, err
}
