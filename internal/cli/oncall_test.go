package cli

import (
	"testing"
	"time"

	"github.com/skaiscraper/skai/internal/dbtest"
)

func TestIncidentsAndMaintenanceByCommand(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	on(t, db, "", "incident", "list").want(t, exitDone, "No incident in 90 days")
	on(t, db, "", "incident", "open", "Photos come slowly", "--severity", "ticket", "--since", "2026-05-04T05:00-07:00").want(t, exitDone, "Incident 1 is open")
	on(t, db, "", "incident", "note", "1", "The provider works on it.", "--public").want(t, exitDone, "for everybody")
	on(t, db, "", "incident", "note", "1", "Their ticket is 4711.").want(t, exitDone, "the operator alone")
	on(t, db, "", "incident", "close", "1").want(t, exitDone, "closed")
	on(t, db, "", "incident", "list", "--days", "400").want(t, exitDone, "ticket  2026-05-04T12:00Z to ", "Photos come slowly (operator)", "for everybody: The provider", "for the operator: Their ticket")
	soon, later := time.Now().UTC().Add(time.Hour), time.Now().UTC().Add(72*time.Hour)
	form := "2006-01-02T15:04Z07:00"
	on(t, db, "", "maintenance", "list").want(t, exitDone, "No maintenance")
	on(t, db, "", "maintenance", "add", "--from", soon.Format(form), "--to", soon.Add(time.Hour).Format(form), "--what", "New disks").want(t, exitDone, "Maintenance 1 is announced", "counts as down: it begins in less than 48 hours")
	on(t, db, "", "maintenance", "add", "--from", later.Format(form), "--to", later.Add(time.Hour).Format(form), "--what", "New database").want(t, exitDone, "does not count as down")
	on(t, db, "", "maintenance", "cancel", "1").want(t, exitDone, "called off")
	on(t, db, "", "maintenance", "list").want(t, exitDone, "excused", "New database", "cancelled", "New disks")
	for _, c := range []struct {
		words string
		args  []string
	}{
		{"there is no incident 7", []string{"incident", "note", "7", "x"}},
		{"was closed", []string{"incident", "close", "1"}},
		{"is no severity", []string{"incident", "open", "x", "--severity", "bad"}},
		{"can't begin in the future", []string{"incident", "open", "x", "--since", later.Format(form)}},
		{"a time with its offset", []string{"incident", "open", "x", "--since", "2026-05-04 12:00"}},
		{"announced before it begins", []string{"maintenance", "add", "--from", "2026-05-04T12:00Z", "--to", "2026-05-04T13:00Z", "--what", "x"}},
		{"a time with its offset", []string{"maintenance", "add", "--from", soon.Format(form), "--to", "13:00", "--what", "x"}},
		{"could be cancelled", []string{"maintenance", "cancel", "1"}},
	} {
		on(t, db, "", c.args...).want(t, exitFailed, c.words)
	}
	run(t, "", "work", "--alert-mail", "ops").want(t, exitFailed, "SKAI_ALERT_MAIL")
	run(t, "", "serve", "--alert-webhook", "https://hook.example/s3cret").want(t, exitFailed, "SKAI_ALERT_WEBHOOK_SECRET")
	run(t, "", "serve", "--alert-webhook-secret", "x").want(t, exitFailed, "SKAI_ALERT_WEBHOOK_SECRET", "openssl")
}
