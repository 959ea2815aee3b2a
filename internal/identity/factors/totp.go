package factors

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/boombuler/barcode/qr"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/vault"
)

// step is how long a code is shown, RFC 6238's X: 30 seconds. The one before and
// the one after are taken too, for clocks that differ.
const step = 30 * time.Second

// App is an authenticator app that is being set up: what it has to be told.
type App struct {
	ID     uuid.UUID
	Secret string // in base32, for typing
	URL    string // otpauth://, as the code that is photographed holds it
}

func place(factor uuid.UUID) vault.Place {
	return vault.Place{Table: "user_factors", Column: "secret", Row: factor}
}

// BeginApp makes the secret of an authenticator app for an account. It opens
// nothing before it was confirmed; one begun before and not confirmed is gone.
func (s *Service) BeginApp(ctx context.Context, user uuid.UUID) (App, error) {
	return system(ctx, s, func(ctx context.Context, tx pgx.Tx) (App, error) {
		if err := refuseMany(ctx, tx, user); err != nil {
			return App{}, err
		}
		email, err := postgres.Value[string](ctx, tx, `SELECT email FROM users WHERE id = $1`, user)
		if err != nil {
			return App{}, err
		}
		key, err := totp.Generate(totp.GenerateOpts{Issuer: "SkaiScraper", AccountName: email, SecretSize: 20})
		if err != nil {
			return App{}, err
		}
		if _, err := postgres.Exec(ctx, tx, `DELETE FROM user_factors WHERE user_id = $1 AND kind = 'totp' AND confirmed_at IS NULL`, user); err != nil {
			return App{}, err
		}
		a := App{ID: postgres.NewID(), Secret: key.Secret(), URL: key.URL()}
		_, err = postgres.Exec(ctx, tx, `INSERT INTO user_factors (id, user_id, kind, name, secret) VALUES ($1, $2, 'totp', 'Authenticator app', $3)`,
			a.ID, user, s.vault.Seal(place(a.ID), []byte(a.Secret)))
		return a, err
	})
}

// confirmApp lets an authenticator app count from now on, where its code is right.
func (s *Service) confirmApp(ctx context.Context, tx pgx.Tx, user, app uuid.UUID, name, code string) error {
	used, err := s.useAppCode(ctx, tx, user, code, &app)
	if err == nil && !used {
		err = fault.Invalid("code", "this is not the code the app shows now; check that the clock of your device is right, and type the next one")
	}
	if err != nil {
		return err
	}
	_, err = postgres.Exec(ctx, tx, `UPDATE user_factors SET confirmed_at = now(), name = $3 WHERE id = $1 AND user_id = $2`, app, user, nameOr(name, "Authenticator app"))
	return err
}

// useAppCode tells whether a code is that of one of the account's authenticator
// apps, or with app of that one that waits to be confirmed. A code counts once.
func (s *Service) useAppCode(ctx context.Context, tx pgx.Tx, user uuid.UUID, code string, app *uuid.UUID) (bool, error) {
	code = strings.ReplaceAll(code, " ", "")
	if len(code) != otp.DigitsSix.Length() {
		return false, nil
	}
	type row struct {
		ID     uuid.UUID
		Secret []byte
	}
	rows, err := postgres.Many[row](ctx, tx, `
		SELECT id, secret FROM user_factors WHERE user_id = $1 AND kind = 'totp' AND (id = $2 AND confirmed_at IS NULL OR $2 IS NULL AND confirmed_at IS NOT NULL) FOR UPDATE`, user, app)
	if err != nil {
		return false, err
	}
	for _, r := range rows {
		secret, err := s.vault.Open(ctx, place(r.ID), r.Secret)
		if err != nil {
			return false, fmt.Errorf("the secret of an authenticator app: %w", err)
		}
		now := time.Now().Unix() / int64(step/time.Second)
		for _, at := range []int64{now, now - 1, now + 1} {
			want, err := totp.GenerateCode(string(secret), time.Unix(at*int64(step/time.Second), 0))
			if err != nil {
				return false, err
			}
			if subtle.ConstantTimeCompare([]byte(want), []byte(code)) != 1 {
				continue
			}
			n, err := postgres.Exec(ctx, tx, `UPDATE user_factors SET last_step = $2, last_used_at = now() WHERE id = $1 AND coalesce(last_step, 0) < $2`, r.ID, at)
			return n == 1, err
		}
	}
	return false, nil
}

// AddApp keeps the authenticator app that the person who is signed in has begun.
// With their first factor they get backup codes, which are shown this once; else
// it gives nil. It returns fault.Invalid with the field "code" for a wrong code.
func (s *Service) AddApp(ctx context.Context, app uuid.UUID, name, code string, d identity.Device) ([]string, error) {
	me, err := fresh(ctx)
	if err != nil {
		return nil, err
	}
	return s.keepApp(ctx, identity.Half{UserID: me.UserID}, app, name, code, d)
}

// EnrolApp is AddApp for somebody who has to have a factor.
func (s *Service) EnrolApp(ctx context.Context, half identity.Half, app uuid.UUID, name, code string, d identity.Device) ([]string, error) {
	if !half.Enrol {
		return nil, errThere
	}
	return s.keepApp(ctx, half, app, name, code, d)
}

// keepApp keeps the app of somebody; a session of theirs that is half open becomes whole.
func (s *Service) keepApp(ctx context.Context, who identity.Half, app uuid.UUID, name, code string, d identity.Device) ([]string, error) {
	user := who.UserID
	right, err := s.people.Guess(ctx, "factor", user, d)
	if err != nil {
		return nil, err
	}
	return system(ctx, s, func(ctx context.Context, tx pgx.Tx) ([]string, error) {
		if err := s.confirmApp(ctx, tx, user, app, name, code); err != nil {
			return nil, err
		}
		if err := right(ctx, tx); err != nil {
			return nil, err
		}
		if err := who.Open(ctx, tx); err != nil {
			return nil, err
		}
		return firstCodes(ctx, tx, user)
	})
}

// firstCodes gives backup codes to somebody who has none yet, else nil.
func firstCodes(ctx context.Context, tx pgx.Tx, user uuid.UUID) ([]string, error) {
	has, err := postgres.Value[bool](ctx, tx, `SELECT EXISTS (SELECT FROM backup_codes WHERE user_id = $1)`, user)
	if err != nil || has {
		return nil, err
	}
	return newCodes(ctx, tx, user)
}

// picture is the QR code of a text as the path of an SVG of size by size units:
// one square for each dark one.
func picture(text string) (path string, size int, err error) {
	code, err := qr.Encode(text, qr.M, qr.Unicode)
	if err != nil {
		return "", 0, err
	}
	size = code.Bounds().Dx()
	if size == 0 {
		return "", 0, errors.New("factors: an empty QR code")
	}
	var b strings.Builder
	for y := range size {
		for x := range size {
			if r, _, _, _ := code.At(x, y).RGBA(); r == 0 {
				fmt.Fprintf(&b, "M%d %dh1v1h-1z", x, y)
			}
		}
	}
	return b.String(), size, nil
}
