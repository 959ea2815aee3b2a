package cli

import (
	"context"

	"github.com/skaiscraper/skai/internal/cli/desk"
	"github.com/skaiscraper/skai/internal/platform/sms"
)

// smsFlags say how text messages go out.
type smsFlags struct {
	SMSURL  string `name:"sms-url" help:"The provider of text messages, with Twilio's HTTP API: https://AccountSid:AuthToken@api.twilio.com. Without one they are written into the folder sms of the data folder; skai sms list shows them." env:"SKAI_SMS_URL" placeholder:"URL"`
	SMSFrom string `name:"sms-from" help:"The number they come from, or the id of a messaging service (MG...), with SKAI_SMS_URL." env:"SKAI_SMS_FROM" placeholder:"NUMBER"`
}

// Validate refuses what could send nothing.
func (f *smsFlags) Validate() error {
	_, err := sms.New(sms.Config{URL: f.SMSURL, From: f.SMSFrom})
	return err
}

func (f *smsFlags) sender(g *desk.Globals) (*sms.Sender, error) {
	return sms.New(sms.Config{URL: f.SMSURL, From: f.SMSFrom, Folder: g.Folder("sms")})
}

type smsCommands struct {
	List smsList `cmd:"" help:"Show the text messages in the data folder, the newest first."`
}

type smsList struct {
	Most int `help:"How many to show." default:"5" env:"SKAI_SMS_MOST"`
}

// Run shows them.
func (c *smsList) Run(_ context.Context, g *desk.Globals, t *desk.Terminal) error {
	list, err := sms.Latest(g.Folder("sms"), c.Most)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		t.Printf("There is no text message in %s. With SKAI_SMS_URL set, they are sent and not kept.\n", g.Folder("sms"))
	}
	for _, text := range list {
		t.Printf("%s\n\n", text)
	}
	return nil
}
