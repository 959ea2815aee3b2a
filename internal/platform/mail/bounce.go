package mail

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/mail/notice"
	"github.com/skaiscraper/skai/internal/platform/postgres"
)

// softBounces within softPeriod are as good as one for good.
const (
	softBounces = 5
	softPeriod  = 14 * 24 * time.Hour
)

// Bounce notes what a notification says: a mail that did not arrive is bounced, and
// its address gets no mail any more where the status says that it is no good, or
// where five mails bounced within 14 days. Taking one twice changes nothing. It gives
// words for the log without the address. It returns fault.Invalid for what is no
// notification, and fault.NotFound for one of a mail that is not known (any more).
func Bounce(ctx context.Context, db *postgres.DB, r io.Reader) (words string, err error) {
	n, err := notice.Read(r)
	if err != nil {
		return "", err
	}
	if !n.Failed {
		return fmt.Sprintf("The mail %s has not failed (%s); nothing was changed.", n.Mail, n.Status), nil
	}
	stopped, err := postgres.System(ctx, db, postgres.SignIn, func(ctx context.Context, tx pgx.Tx) (bool, error) {
		address, err := postgres.Value[string](ctx, tx, `
			UPDATE mails SET state = 'bounced', answer = $2, bounced_at = coalesce(bounced_at, now()) WHERE id = $1 RETURNING recipient`, n.Mail, n.Status)
		if err != nil {
			return false, err
		}
		if isHard(n.Status) {
			return true, suppress(ctx, tx, address, "bounced", n.Status)
		}
		soft, err := postgres.Value[int](ctx, tx, `SELECT count(*)::int FROM mails WHERE recipient = $1 AND bounced_at > now() - $2::interval`, address, softPeriod)
		if err != nil || soft < softBounces {
			return false, err
		}
		return true, suppress(ctx, tx, address, "soft", n.Status)
	})
	switch {
	case errors.Is(err, postgres.ErrNoRow):
		return "", fault.NotFound("mail", "the notification is about a mail that is not known any more; nothing was changed")
	case err != nil:
		return "", err
	case stopped:
		return fmt.Sprintf("The mail %s bounced (%s); its address gets no mail any more.", n.Mail, n.Status), nil
	}
	return fmt.Sprintf("The mail %s bounced (%s); its address gets mail until %d have bounced within 14 days.", n.Mail, n.Status, softBounces), nil
}
