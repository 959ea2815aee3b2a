package cli

import (
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/platform/mail"
	"github.com/skaiscraper/skai/internal/platform/postgres"
)

func TestTheOutboxByCommand(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	post, err := mail.New(mail.Config{Folder: t.TempDir(), URL: "http://skai.test"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = postgres.System(t.Context(), db, postgres.Operator, func(ctx context.Context, tx pgx.Tx) (struct{}, error) {
		return struct{}{}, post.Write(ctx, tx, mail.Letter{To: "pat@titan.example", Subject: "Hail", Kind: "account.changed", Lines: []string{"A secret."}})
	})
	if err != nil {
		t.Fatal(err)
	}
	on(t, db, "", "mail", "list").want(t, exitDone, "queued      account.changed  to pat@titan.example", "0 mails used today's budget")
	dbtest.Work(t, db, func(w *river.Workers) { post.Jobs(db, w) })
	on(t, db, "", "mail", "list").want(t, exitDone, "sent        account.changed  to pat@titan.example", "1 mails used today's budget")
	list, err := mail.Entries(t.Context(), db, 1)
	if err != nil || len(list) != 1 {
		t.Fatalf("%v, %v", list, err)
	}
	bounce := "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\nAction: failed\nStatus: 5.1.1\n\n" +
		"--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: <" + list[0].ID.String() + "@localhost>\n\n--b--\n"
	on(t, db, bounce, "mail", "bounce").want(t, exitDone, "bounced (5.1.1); its address gets no mail any more")
	on(t, db, "Subject: I am on holiday\n\nBack soon.", "mail", "bounce").want(t, exitDone, "no delivery status notification")
	if r := run(t, bounce, "mail", "bounce", "--database-url", "postgres://skai_app@127.0.0.1:1/skai?connect_timeout=1", "--data", t.TempDir()); r.code != exitLater {
		t.Errorf("without a database the mail server is told %d: %s", r.code, r.errs)
	}
	on(t, db, "", "mail", "suppressed", "list").want(t, exitDone, "pat@titan.example  since 2", "bounced  5.1.1", "1 addresses get no mail")
	on(t, db, "", "mail", "suppressed", "remove", "pat@titan.example").want(t, exitDone, "gets mail again")
	on(t, db, "", "mail", "suppressed", "remove", "pat@titan.example").want(t, exitFailed, "is not on the list")
	on(t, db, "", "mail", "suppressed", "add", "sam@titan.example").want(t, exitDone)
	on(t, db, "", "mail", "suppressed", "add", "sam").want(t, exitFailed, "no e-mail address")
	if r := on(t, db, "", "mail", "suppressed", "list"); !strings.Contains(r.out, "sam@titan.example") || strings.Contains(r.out, "pat@") {
		t.Errorf("prints %q", r.out)
	}
	run(t, "", "work", "--mail-per-day=-1").want(t, exitFailed, "SKAI_MAIL_PER_DAY (--mail-per-day) is -1", "an example: 2000")
}
