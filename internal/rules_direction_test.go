package internal_test

import (
	"fmt"
	"slices"
	"strings"
)

// direction checks who imports whom.
func direction(h house) []string {
	var broken []string
	for _, s := range h.sources {
		if s.file == nil {
			continue
		}
		ours, others := s.imports()
		for _, to := range ours {
			if why := mayNotImport(s, to); why != "" {
				broken = append(broken, fmt.Sprintf("%s imports %s\n\t%s", s.path, to, why))
			}
		}
		for _, to := range others {
			if why := mayNotUse(s, to); why != "" {
				broken = append(broken, fmt.Sprintf("%s imports %s\n\t%s", s.path, to, why))
			}
		}
	}
	return broken
}

// mayNotImport says in words why a file may not import a package of the house;
// it says nothing when it may.
func mayNotImport(s source, to string) string {
	if s.dir() == "internal/identity" && strings.HasPrefix(to, "internal/identity/") && !s.test() {
		return "the protocols (oidc, saml, scim) import identity, never the other way. Let the protocol call identity, and internal/app build both."
	}
	from, to := part(s.dir()), part(to)
	switch {
	case from == to:
		return ""
	case to == "dbtest":
		return testsOnly(s)
	case to == "app":
		return appIsTheTop(s, from)
	case to == "cli":
		return when(from != "cmd", "internal/cli is the command line: only cmd/skai imports it. Move what you need into the room it is about.")
	case from == "cmd":
		return when(!strings.HasPrefix(to, "platform/"), "cmd/skai holds no logic: it calls internal/cli or internal/app. Put the work there.")
	case slices.Contains([]string{"app", "cli", "dbtest", "loadtest", "bench"}, from):
		return ""
	case strings.HasPrefix(from, "platform/"):
		return platformDirection(s, from, to)
	case strings.HasPrefix(to, "platform/"):
		return ""
	}
	return roomDirection(from, to)
}

func when(wrong bool, why string) string {
	if wrong {
		return why
	}
	return ""
}

func testsOnly(s source) string {
	return when(!s.test() && part(s.dir()) != "loadtest", "dbtest is for tests (_test.go): it would put a test's database into the program.")
}

func appIsTheTop(s source, from string) string {
	return when(from != "cmd" && from != "cli" && from != "loadtest" && from != "bench" && !s.test(),
		"internal/app knows everyone, so nobody but cmd, internal/cli and end-to-end tests may know it. "+
			"Let app hand you what you need: a parameter of New, or a one-method interface that you declare and app fills.")
}

// platformDirection: platform knows no feature, and values know no platform.
func platformDirection(s source, from, to string) string {
	if !strings.HasPrefix(to, "platform/") {
		return "platform knows no feature. Turn it around: let the room call platform, or take a function or a one-method interface that internal/app fills."
	}
	isValue := func(name string) bool { return slices.Contains(values, strings.TrimPrefix(name, "platform/")) }
	return when(isValue(from) && !isValue(to) && !s.test(),
		from+" is a value ("+strings.Join(values, ", ")+"): it uses the standard library and other values only. Pass in what it needs, or do this work in the caller.")
}

// roomDirection keeps the order of rooms.
func roomDirection(from, to string) string {
	at, target := slices.Index(rooms, from), slices.Index(rooms, to)
	switch {
	case !known(from):
		return unknownRoom(from)
	case !known(to):
		return unknownRoom(to)
	case slices.Contains(overviews, to):
		return to + " is an overview (" + strings.Join(overviews, ", ") + "): it imports rooms, and only internal/app imports it. Move what you need into the room it is about."
	case at >= 0 && target > at:
		return fmt.Sprintf("%s stands before %s in the order of rooms (internal/rules_test.go), so it may not know it. "+
			"Instead: read the tables of %s by SQL; or declare a one-method interface in %s and let internal/app fill it; "+
			"or, for \"when this happens there, do that here\", enqueue a job in the same transaction.", from, to, to, from)
	}
	return ""
}

func known(room string) bool {
	return slices.Contains(rooms, room) || slices.Contains(overviews, room)
}

func unknownRoom(name string) string {
	return name + " is not a room the rules know. Add it to rooms in internal/rules_test.go, after the rooms it imports and before those that import it."
}

// mayNotUse says why a file may not import a package of others.
func mayNotUse(s source, name string) string {
	from, isPlatform := strings.CutPrefix(part(s.dir()), "platform/")
	if !isPlatform || !slices.Contains(values, from) || s.test() || s.generated {
		return ""
	}
	first, _, _ := strings.Cut(name, "/")
	return when(strings.Contains(first, ".") && !slices.Contains(valueParsers, name),
		from+" is a value: beside the standard library it may use "+strings.Join(valueParsers, " and ")+" alone, so that everyone can afford to import it.")
}
