package cli

import (
	"strings"
	"testing"

	"github.com/skaiscraper/skai/internal/dbtest"
)

func TestPlansAreTheOperators(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	on(t, db, "", "org", "create", "titan", "--name", "Titan Roofing").want(t, exitDone)
	on(t, db, "", "org", "plan", "titan", "enterprise").want(t, exitDone, "Titan Roofing has the plan enterprise")
	on(t, db, "", "org", "list").want(t, exitDone, "enterprise")
	on(t, db, "", "plan", "set", "enterprise", "api", "600", "1m").want(t, exitDone, "With the plan enterprise it is 600 API requests in 1m0s")
	list := on(t, db, "", "plan", "list")
	list.want(t, exitDone, "enterprise   api            600  1m0s      the operator", "standard     api            100  1m0s      the program")
	if n := strings.Count(list.out, "\n"); n != 19 {
		t.Errorf("%d lines:\n%s", n, list.out)
	}
	on(t, db, "", "plan", "reset", "enterprise", "api").want(t, exitDone, "100 API requests in 1m0s again")
	on(t, db, "", "plan", "set", "gold", "api", "600", "1m").want(t, exitFailed, "standard, enterprise")
	on(t, db, "", "plan", "set", "standard", "pages", "600", "1m").want(t, exitFailed, "ai, upload, weather, api, webhook, public, auth, migration, api_keys")
	on(t, db, "", "plan", "set", "standard", "api", "0", "1m").want(t, exitFailed, "between 1 and 100000")
	on(t, db, "", "org", "plan", "nobody", "standard").want(t, exitFailed, "no organisation")
}

func TestOperatorsAreMadeByCommands(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	on(t, db, "", "operator", "list").want(t, exitDone, "There is no operator yet")
	on(t, db, "", "operator", "add", "olga").want(t, exitFailed, "is no e-mail address")
	on(t, db, "", "operator", "add", "Olga@example.com", "--name", "Olga").want(t, exitDone, "/sign-in?next=/admin", "password of the new account")
	again := on(t, db, "", "operator", "add", "olga@example.com")
	again.want(t, exitDone, "is an operator")
	if strings.Contains(again.out, "password") {
		t.Errorf("it says a password of an account that has one: %s", again.out)
	}
	on(t, db, "", "operator", "list").want(t, exitDone, "olga@example.com", "has no second factor")
	on(t, db, "", "operator", "remove", "olga@example.com").want(t, exitDone, "no operator any more")
	on(t, db, "", "operator", "remove", "olga@example.com").want(t, exitFailed, "is no operator")
	on(t, db, "", "org", "create", "titan", "--name", "Titan Roofing").want(t, exitDone)
	on(t, db, "", "org", "suspend", "titan", "--reason", "They left").want(t, exitDone, "is suspended")
}

func TestAnAddressOfRedisIsNotRepeated(t *testing.T) {
	t.Parallel()
	r := run(t, "", "serve", "--redis-url", "redis://:hush-hush@redis:port")
	r.want(t, exitFailed, "SKAI_REDIS_URL", "redis://:secret@redis.internal:6379/0")
	if strings.Contains(r.out+r.errs, "hush-hush") {
		t.Errorf("it says the password: %s", r.errs)
	}
}
