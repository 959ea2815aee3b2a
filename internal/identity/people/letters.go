package people

import (
	"fmt"

	"github.com/google/uuid"

	"github.com/skaiscraper/skai/internal/platform/mail"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

func inviteLetter(to, by string, role tenant.Role, token string, look mail.Look) mail.Letter {
	return mail.Letter{
		To: to, Subject: "Work with " + look.Name + " in SkaiScraper", Look: look,
		Lines:  []string{fmt.Sprintf("%s invites you to work with %s in SkaiScraper, as %s.", by, look.Name, withArticle(role))},
		Button: "Accept the invitation", Path: invitationPath + "?token=" + token,
		After: []string{"The link works once, within 7 days. If you don't know what this is about, you need not do anything."},
	}
}

func ownerLetter(org uuid.UUID, to, by string, look mail.Look) mail.Letter {
	return mail.Letter{
		To: to, Subject: "You are an owner of " + look.Name, Look: look, Kind: "people.owner", Org: org,
		Lines:  []string{fmt.Sprintf("%s made you an owner of %s. You may do everything there now.", by, look.Name)},
		Button: "Open SkaiScraper", Path: "/dashboard",
	}
}

func withArticle(role tenant.Role) string {
	if role == tenant.Owner || role == tenant.Admin {
		return "an " + string(role)
	}
	return "a " + string(role)
}
