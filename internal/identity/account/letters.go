package account

import (
	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/platform/mail"
)

const notYou = "If you did not ask for this, you need not do anything: without the link nothing changes."

func resetLetter(to, token string, look mail.Look) mail.Letter {
	return mail.Letter{
		To: to, Subject: "Choose another password", Look: look,
		Lines:  []string{"Somebody, you we hope, asked to choose another password for your SkaiScraper account."},
		Button: "Choose another password", Path: resetPath + "?token=" + token,
		After: []string{"The link works once, within 30 minutes.", notYou},
	}
}

func changedLetter(to string) mail.Letter {
	return mail.Letter{
		To: to, Subject: "Your password was changed", Kind: "account.changed", Urgent: true,
		Lines: []string{
			"Your SkaiScraper account has another password, chosen by a link that was mailed to this address. You are signed out on every device.",
			"If that was not you, somebody reads your mail: secure your mailbox first, then choose another password.",
		},
		Button: "Choose another password", Path: identity.ForgotPath,
	}
}

func verifyLetter(to, token string, look mail.Look) mail.Letter {
	return mail.Letter{
		To: to, Subject: "Confirm your e-mail address", Look: look,
		Lines:  []string{"Please confirm that this is the address of your SkaiScraper account."},
		Button: "Confirm the address", Path: confirmPath + "?token=" + token,
		After: []string{"The link works once, within two days.", notYou},
	}
}

func moveLetter(to, token string, look mail.Look) mail.Letter {
	return mail.Letter{
		To: to, Subject: "Confirm your new e-mail address", Look: look,
		Lines:  []string{"You asked to sign in to SkaiScraper with this address from now on. It will be so once you confirm that it is yours."},
		Button: "Use this address", Path: confirmPath + "?token=" + token,
		After: []string{"The link works once, within two days.", notYou},
	}
}

func movedLetter(to string) mail.Letter {
	return mail.Letter{
		To: to, Subject: "Your account has another e-mail address", Kind: "account.moved", Urgent: true,
		Lines: []string{
			"You sign in to SkaiScraper with another address from now on, and mails go there.",
			"If that was not you, tell an owner or admin of your organisation at once: they can remove the account from it.",
		},
	}
}
