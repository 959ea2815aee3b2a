package factors

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/web"
)

// challengeLife is how long a passkey may take to answer.
const challengeLife = 5 * time.Minute

// mostWaiting is how many challenges that anybody can ask for wait at once: more
// than sign in within challengeLife, and no more rows than the table should hold.
const mostWaiting = 10_000

// Ceremony is a passkey's challenge: what the browser is given, and under which
// id its answer is awaited, once.
type Ceremony struct {
	ID      uuid.UUID
	Options []byte // JSON for PublicKeyCredential.parseCreationOptionsFromJSON or parseRequestOptionsFromJSON
}

// party is this site as passkeys know it: by the host of the request. A passkey
// is bound to the host it was made for by the browser itself, so a forged Host
// leads nowhere.
func party(r *http.Request) (*webauthn.WebAuthn, error) {
	host := r.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	if net.ParseIP(strings.Trim(host, "[]")) != nil {
		return nil, fault.Conflict("passkey.host", "passkeys need a name, and this site was opened by the number %s; on this machine open it as localhost", host)
	}
	return webauthn.New(&webauthn.Config{
		RPID: host, RPDisplayName: "SkaiScraper", RPOrigins: []string{web.Origin(r)}, AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{ResidentKey: protocol.ResidentKeyRequirementRequired, UserVerification: protocol.VerificationRequired},
	})
}

// account is a user as webauthn knows them.
type account struct {
	id          uuid.UUID
	email, name string
	credentials []webauthn.Credential
}

// WebAuthnID is the handle that a passkey keeps.
func (a *account) WebAuthnID() []byte { return a.id[:] }

// WebAuthnName is the name a person is asked by.
func (a *account) WebAuthnName() string { return a.email }

// WebAuthnDisplayName is the person's name.
func (a *account) WebAuthnDisplayName() string { return a.name }

// WebAuthnCredentials are the passkeys the account has for this host.
func (a *account) WebAuthnCredentials() []webauthn.Credential { return a.credentials }

// load reads an account with its passkeys for a host.
func load(ctx context.Context, tx pgx.Tx, user uuid.UUID, host string) (*account, error) {
	type row struct{ Email, Name string }
	found, err := postgres.One[row](ctx, tx, `SELECT email, name FROM users WHERE id = $1 AND disabled_at IS NULL`, user)
	if err != nil {
		return nil, err
	}
	kept, err := postgres.Values[[]byte](ctx, tx, `SELECT credential FROM user_factors WHERE user_id = $1 AND kind = 'passkey' AND host = $2`, user, host)
	if err != nil {
		return nil, err
	}
	a := &account{id: user, email: found.Email, name: found.Name}
	for _, text := range kept {
		var c webauthn.Credential
		if err := json.Unmarshal(text, &c); err != nil {
			return nil, err
		}
		a.credentials = append(a.credentials, c)
	}
	return a, nil
}

// keep writes a challenge down until it is answered.
func keep(ctx context.Context, tx pgx.Tx, user *uuid.UUID, options any, session *webauthn.SessionData) (Ceremony, error) {
	if user == nil { // anybody can ask: there has to be an end to it
		waiting, err := postgres.Value[int](ctx, tx, `SELECT count(*)::int FROM passkey_challenges WHERE user_id IS NULL AND expires_at > now()`)
		if err != nil {
			return Ceremony{}, err
		}
		if waiting >= mostWaiting {
			return Ceremony{}, fault.Unavailable("passkey.many", "too many people are asked for their passkey right now; sign in with your password, or try again in a few minutes")
		}
	}
	data, err := json.Marshal(session)
	if err != nil {
		return Ceremony{}, err
	}
	c := Ceremony{ID: uuid.New()} // not by its time: it must not be guessed
	if c.Options, err = json.Marshal(options); err != nil {
		return Ceremony{}, err
	}
	_, err = postgres.Exec(ctx, tx, `INSERT INTO passkey_challenges (id, user_id, data, expires_at) VALUES ($1, $2, $3, now() + $4::interval)`, c.ID, user, data, challengeLife)
	return c, err
}

var errChallenge = fault.Conflict("passkey.challenge", "this question to your passkey was answered already or is too old; try once more")

// taken gives a challenge that waits for its answer, and lets it be answered once.
func taken(ctx context.Context, tx pgx.Tx, id uuid.UUID, user *uuid.UUID) (webauthn.SessionData, error) {
	var session webauthn.SessionData
	data, err := postgres.Value[[]byte](ctx, tx, `DELETE FROM passkey_challenges WHERE id = $1 AND user_id IS NOT DISTINCT FROM $2 AND expires_at > now() RETURNING data`, id, user)
	if errors.Is(err, postgres.ErrNoRow) {
		return session, errChallenge
	}
	if err != nil {
		return session, err
	}
	return session, json.Unmarshal(data, &session)
}

// BeginPasskey asks for a new passkey of the person.
func (s *Service) BeginPasskey(ctx context.Context, r *http.Request, user uuid.UUID) (Ceremony, error) {
	site, err := party(r)
	if err != nil {
		return Ceremony{}, err
	}
	return system(ctx, s, func(ctx context.Context, tx pgx.Tx) (Ceremony, error) {
		if err := refuseMany(ctx, tx, user); err != nil {
			return Ceremony{}, err
		}
		a, err := load(ctx, tx, user, site.Config.RPID)
		if err != nil {
			return Ceremony{}, err
		}
		options, session, err := site.BeginRegistration(a, webauthn.WithExclusions(webauthn.Credentials(a.credentials).CredentialDescriptors()))
		if err != nil {
			return Ceremony{}, err
		}
		return keep(ctx, tx, &user, options.Response, session)
	})
}

// AddPasskey keeps a new passkey under a name. It returns fault.Conflict where the
// challenge was answered before, and fault.Invalid where the answer is no good.
func (s *Service) AddPasskey(ctx context.Context, tx pgx.Tx, r *http.Request, user, challenge uuid.UUID, name, answer string) error {
	site, err := party(r)
	if err != nil {
		return err
	}
	session, err := taken(ctx, tx, challenge, &user)
	if err != nil {
		return err
	}
	a, err := load(ctx, tx, user, site.Config.RPID)
	if err != nil {
		return err
	}
	parsed, err := protocol.ParseCredentialCreationResponseBody(strings.NewReader(answer))
	if err != nil {
		return errPasskey
	}
	credential, err := site.CreateCredential(a, session, parsed)
	if err != nil {
		return errPasskey
	}
	text, err := json.Marshal(credential)
	if err != nil {
		return err
	}
	_, err = postgres.Exec(ctx, tx, `INSERT INTO user_factors (id, user_id, kind, name, credential_id, credential, host, confirmed_at) VALUES ($1, $2, 'passkey', $3, $4, $5, $6, now())`,
		postgres.NewID(), user, nameOr(name, "Passkey"), credential.ID, text, site.Config.RPID)
	if postgres.Constraint(err) == "user_factors_credential_id_key" {
		return fault.Conflict("passkey.known", "this passkey is set up already")
	}
	return err
}

var errPasskey = fault.Invalid("credential", "the passkey's answer could not be accepted; try once more, or use another sign-in method")

// nameOr is a factor's name as a person gave it, or what it is.
func nameOr(name, otherwise string) string {
	name = strings.TrimSpace(strings.ToValidUTF8(strings.ReplaceAll(name, "\x00", ""), ""))
	if name == "" {
		return otherwise
	}
	return string([]rune(name)[:min(100, len([]rune(name)))])
}

// AskPasskey asks for a passkey: of one account as its second factor, or with nil
// of whomever the passkey itself names.
func (s *Service) AskPasskey(ctx context.Context, r *http.Request, user *uuid.UUID) (Ceremony, error) {
	site, err := party(r)
	if err != nil {
		return Ceremony{}, err
	}
	return system(ctx, s, func(ctx context.Context, tx pgx.Tx) (Ceremony, error) {
		if user == nil {
			options, session, err := site.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
			if err != nil {
				return Ceremony{}, err
			}
			return keep(ctx, tx, nil, options.Response, session)
		}
		a, err := load(ctx, tx, *user, site.Config.RPID)
		if err != nil {
			return Ceremony{}, err
		}
		if len(a.WebAuthnCredentials()) == 0 { // their factor is another one
			return Ceremony{}, fault.Conflict("passkey.none", "you have no passkey for this address; use another of your factors")
		}
		options, session, err := site.BeginLogin(a)
		if err != nil {
			return Ceremony{}, err
		}
		return keep(ctx, tx, user, options.Response, session)
	})
}

// answered checks a passkey's answer and gives whose it is. It returns
// fault.Invalid where the answer is no good.
func answered(ctx context.Context, tx pgx.Tx, r *http.Request, user *uuid.UUID, challenge uuid.UUID, answer string) (uuid.UUID, error) {
	site, err := party(r)
	if err != nil {
		return uuid.Nil, err
	}
	session, err := taken(ctx, tx, challenge, user)
	if err != nil {
		return uuid.Nil, err
	}
	parsed, err := protocol.ParseCredentialRequestResponseBody(strings.NewReader(answer))
	if err != nil {
		return uuid.Nil, errPasskey
	}
	var owner *account
	find := func(_, handle []byte) (webauthn.User, error) {
		id, err := uuid.FromBytes(handle)
		if err != nil {
			return nil, err
		}
		owner, err = load(ctx, tx, id, site.Config.RPID)
		return owner, err
	}
	var credential *webauthn.Credential
	if user == nil {
		_, credential, err = site.ValidatePasskeyLogin(find, session, parsed)
	} else if owner, err = load(ctx, tx, *user, site.Config.RPID); err == nil {
		credential, err = site.ValidateLogin(owner, session, parsed)
	}
	if err != nil || owner == nil || credential.Authenticator.CloneWarning {
		return uuid.Nil, errPasskey
	}
	text, err := json.Marshal(credential)
	if err != nil {
		return uuid.Nil, err
	}
	if !bytes.Equal(credential.ID, parsed.RawID) {
		return uuid.Nil, errPasskey
	}
	_, err = postgres.Exec(ctx, tx, `UPDATE user_factors SET credential = $2, last_used_at = now() WHERE credential_id = $1 AND user_id = $3`, credential.ID, text, owner.id)
	return owner.id, err
}

// SignInWith opens a whole session for the owner of a passkey, which has checked
// that it is them and wants to go to next; it gives the session's token.
func (s *Service) SignInWith(ctx context.Context, r *http.Request, next string, challenge uuid.UUID, answer string) (string, error) {
	user, err := system(ctx, s, func(ctx context.Context, tx pgx.Tx) (uuid.UUID, error) {
		return answered(ctx, tx, r, nil, challenge, answer)
	})
	if err != nil {
		return "", err
	}
	return s.people.OpenFor(ctx, user, identity.DeviceOf(r).For(next))
}
