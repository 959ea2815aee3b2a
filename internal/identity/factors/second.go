package factors

import (
	"context"
	"net/http"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/platform/fault"
)

// Shown is what somebody shows as their second factor: a code, or a passkey's
// answer to a challenge.
type Shown struct {
	Code      string
	Challenge uuid.UUID
	Answer    string
	Trust     bool // don't ask on this device for TrustFor
}

var errCode = fault.Invalid("code", "this code is not right, or was used before; type the one that is shown now, or one of your backup codes")

// Pass makes a half-open session whole where the second factor is right. It gives
// the token of a device that is to be trusted, or "". It returns fault.Invalid for
// a wrong one, with the field "code" or "credential", and fault.Limited after too
// many wrong ones.
func (s *Service) Pass(ctx context.Context, r *http.Request, half identity.Half, shown Shown) (trusted string, err error) {
	if half.Enrol {
		return "", fault.Conflict("factor.none", "you have no second factor yet; set one up first")
	}
	device := identity.DeviceOf(r)
	right, err := s.people.Guess(ctx, "factor", half.UserID, device)
	if err != nil {
		return "", err
	}
	return system(ctx, s, func(ctx context.Context, tx pgx.Tx) (string, error) {
		if err := s.check(ctx, tx, r, half.UserID, shown); err != nil {
			return "", err
		}
		if err := right(ctx, tx); err != nil {
			return "", err
		}
		if err := half.Open(ctx, tx); err != nil || !shown.Trust || half.Operator {
			return "", err
		}
		return trust(ctx, tx, half.UserID, device)
	})
}

// check finds out whether what is shown is one of the account's factors.
func (s *Service) check(ctx context.Context, tx pgx.Tx, r *http.Request, user uuid.UUID, shown Shown) error {
	if shown.Answer != "" {
		_, err := answered(ctx, tx, r, &user, shown.Challenge, shown.Answer)
		return err
	}
	used, err := s.useAppCode(ctx, tx, user, shown.Code, nil)
	if err == nil && !used {
		used, err = useMessage(ctx, tx, user, shown.Code, nil)
	}
	if err == nil && !used {
		used, err = useCode(ctx, tx, user, shown.Code)
	}
	if err == nil && !used {
		err = errCode
	}
	return err
}

var errThere = fault.Conflict("factor.there", "you have a second factor; show it first")

// Enrol gives somebody who has to have a factor their first one, a
// passkey, and ten backup codes, which are shown this once.
func (s *Service) Enrol(ctx context.Context, r *http.Request, half identity.Half, challenge uuid.UUID, name, answer string) ([]string, error) {
	if !half.Enrol {
		return nil, errThere
	}
	return system(ctx, s, func(ctx context.Context, tx pgx.Tx) ([]string, error) {
		if err := s.AddPasskey(ctx, tx, r, half.UserID, challenge, name, answer); err != nil {
			return nil, err
		}
		if err := half.Open(ctx, tx); err != nil {
			return nil, err
		}
		return newCodes(ctx, tx, half.UserID)
	})
}

// Add keeps another passkey of the person who is signed in. With their first one
// they get backup codes, which are shown this once; else it gives nil.
func (s *Service) Add(ctx context.Context, r *http.Request, challenge uuid.UUID, name, answer string) ([]string, error) {
	me, err := fresh(ctx)
	if err != nil {
		return nil, err
	}
	return system(ctx, s, func(ctx context.Context, tx pgx.Tx) ([]string, error) {
		if err := refuseMany(ctx, tx, me.UserID); err != nil {
			return nil, err
		}
		if err := s.AddPasskey(ctx, tx, r, me.UserID, challenge, name, answer); err != nil {
			return nil, err
		}
		return firstCodes(ctx, tx, me.UserID)
	})
}
