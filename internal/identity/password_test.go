package identity

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestPasswords(t *testing.T) {
	t.Parallel()
	cheap := argon{memory: 64, time: 1, lanes: 1}
	rapid.Check(t, func(rt *rapid.T) {
		password := rapid.String().Draw(rt, "password")
		hash, err := cheap.phc(t.Context(), password, rapid.SliceOfN(rapid.Byte(), argonSalt, argonSalt).Draw(rt, "salt"))
		if err != nil {
			rt.Fatal(err)
		}
		if ok, current, err := passwordMatches(t.Context(), hash, password); !ok || current || err != nil {
			rt.Fatalf("%q does not match its hash: %v", password, err)
		}
		if ok, _, err := passwordMatches(t.Context(), hash, password+"x"); ok || err != nil {
			rt.Fatalf("%q matches with an x after it: %v", password, err)
		}
	})
}

func TestOnePasswordHasManyHashes(t *testing.T) {
	t.Parallel()
	one, _ := HashPassword(t.Context(), "hail on a tin roof")
	two, _ := HashPassword(t.Context(), "hail on a tin roof")
	if ok, current, err := passwordMatches(t.Context(), one, "hail on a tin roof"); !ok || !current || err != nil {
		t.Errorf("does not match: %v, current %v, %v", ok, current, err)
	}
	if one == two || !strings.HasPrefix(one, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("%s and %s", one, two)
	}
}

// A Mac composes ñ of two characters, Windows of one.
func TestKeyboardsComposeLetters(t *testing.T) {
	t.Parallel()
	hash, err := HashPassword(t.Context(), "Mun\u0303oz in the attic")
	if err != nil {
		t.Fatal(err)
	}
	if ok, _, err := passwordMatches(t.Context(), hash, "Mu\u00f1oz in the attic"); !ok || err != nil {
		t.Errorf("does not match: %v", err)
	}
}

func TestAHashOfAnotherFormIsAnError(t *testing.T) {
	t.Parallel()
	for _, hash := range []string{
		"", "hail on a tin roof", "$2y$10$abcdefghijklmnopqrstuv", "$argon2i$v=19$m=19456,t=2,p=1$AAAA$AAAA", "$argon2id$v=16$m=19456,t=2,p=1$AAAA$AAAA",
		"$argon2id$v=19$m=x,t=2,p=1$AAAA$AAAA", "$argon2id$v=19$m=19456,t=0,p=1$AAAA$AAAA", "$argon2id$v=19$m=99999999,t=1,p=1$AAAA$AAAA", "$argon2id$v=19$m=64,t=1,p=1$!$AAAA",
	} {
		if ok, _, err := passwordMatches(t.Context(), hash, "hail on a tin roof"); ok || err == nil {
			t.Errorf("%q: %v, %v", hash, ok, err)
		}
	}
	if ok, _, err := passwordMatches(t.Context(), standIn(), ""); ok || err != nil {
		t.Errorf("the stand-in matches: %v, %v", ok, err)
	}
}
