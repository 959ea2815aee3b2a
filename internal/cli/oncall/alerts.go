// Package oncall has the flags and the commands of whoever is on call: who is told of
// incidents, incidents that no rule sees, notes, and maintenance.
package oncall

import (
	"fmt"

	"github.com/skaiscraper/skai/internal/ops/incidents"
	"github.com/skaiscraper/skai/internal/platform/outbound"
)

// TellFlags say who is told that something is wrong, by the installation and by probes.
type TellFlags struct {
	AlertMail []string `help:"Who is told by mail: ops@titan.example." env:"SKAI_ALERT_MAIL" placeholder:"ADDRESS"`
	AlertChat string   `help:"An incoming webhook of a chat program that takes {\"text\": ...}: Slack, Mattermost, Rocket.Chat, Google Chat; or, with teams+ before its address, a workflow of Microsoft Teams: teams+https://..." env:"SKAI_ALERT_CHAT" placeholder:"URL"`
}

// AlertFlags say who is told of incidents; whoever does background jobs tells.
type AlertFlags struct {
	TellFlags

	AlertWebhook string `help:"An https address that gets incidents as JSON, signed as the Standard Webhooks specification says." env:"SKAI_ALERT_WEBHOOK" placeholder:"URL"`
	AlertSecret  string `name:"alert-webhook-secret" help:"The secret that signs them: whsec_ and 24 to 64 bytes in base64." env:"SKAI_ALERT_WEBHOOK_SECRET" placeholder:"TEXT"`
}

// Alerts gives who is told, or says what is wrong with the flags.
func (f *TellFlags) Alerts(guard outbound.Guard) (incidents.Alerts, error) {
	a := incidents.Alerts{Mail: f.AlertMail, Chat: f.AlertChat, Guard: guard}
	return a, a.Check()
}

// Alerts gives who is told, or says what is wrong with the flags.
func (f *AlertFlags) Alerts(guard outbound.Guard) (incidents.Alerts, error) {
	a, err := f.TellFlags.Alerts(guard)
	if err != nil {
		return a, err
	}
	a.Webhook = f.AlertWebhook
	if f.AlertSecret != "" {
		secret, err := incidents.ParseSecret(f.AlertSecret)
		if err != nil {
			return a, fmt.Errorf("SKAI_ALERT_WEBHOOK_SECRET (--alert-webhook-secret): %w", err)
		}
		a.Secret = secret
	}
	return a, a.Check()
}
