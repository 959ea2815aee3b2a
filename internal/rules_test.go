// Package internal_test holds the rules of the house: who may import whom, who
// writes to which table, how long things may get. docs/architecture.md says why.
//
// That every table of a tenant has row security is checked where the schema is,
// in platform/postgres.
package internal_test

import (
	"os"
	"strings"
	"testing"
)

// rooms are the features, in the order in which they know each other: a room may
// import the rooms before it, never one after it. A new room goes where it needs
// the fewest others.
var rooms = []string{
	"orgs", "identity", "audit",
	"activity", "files", // what every record has
	"contacts", "properties", "leads", "claims",
	"migration", "demo",
	"backup", // tries what it restored
	"proof",  // tries all of them
}

// overviews only read. They may import every room, but not each other.
var overviews = []string{"dashboard", "search", "ops", "readiness", "admin"}

// values are the small types everybody uses. They import each other and the
// standard library.
var values = []string{"money", "date", "phone", "address", "fault", "tenant"}

// valueParsers are the only packages of others that values may use.
var valueParsers = []string{"github.com/google/uuid", "github.com/nyaruka/phonenumbers"}

// writers has the one room that may INSERT, UPDATE, DELETE or COPY, for each table.
// Reading is free: SELECT and JOIN stand anywhere.
var writers = map[string]string{
	"orgs":             "orgs",
	"plan_rates":       "orgs",
	"users":            "identity",
	"people":           "identity",
	"roles":            "identity",
	"api_keys":         "identity",
	"sessions":         "identity",
	"operators":        "identity",
	"support_access":   "identity",
	"sign_in_failures": "identity",
	"user_factors":     "identity",
	"backup_codes":     "identity",
	"trusted_devices":  "identity",
	"account_links":    "identity",
	"invitations":      "identity",
	"sms_sent":         "identity",
	"scim_groups":      "identity",
	"scim_members":     "identity",
	"scim_users":       "identity",
	"sso_assertions":   "identity",
	"sso_connections":  "identity",
	"sso_domains":      "identity",
	"sso_groups":       "identity",
	"sso_identities":   "identity",
	"audit_columns":    "audit", // the entries are written by triggers
	"audit_entries":    "audit",
	"audit_events":     "audit",
	"audit_heads":      "audit",
	"audit_seals":      "audit",
	"audit_pushes":     "audit",
	"activities":       "activity",
	"files":            "files",
	"contacts":         "contacts",
	"properties":       "properties",
	"leads":            "leads",
	"claims":           "claims",
	"org_counters":     "claims", // the gapless numbers of claims
	"estimates":        "claims",
	"estimate_lines":   "claims",

	"passkey_challenges": "identity",
	"operator_sessions":  "identity",

	"mails":               "platform/mail",
	"mail_suppressions":   "platform/mail",
	"idempotency_keys":    "platform/postgres", // postgres.Once
	"processes":           "platform/health",
	"deployments":         "platform/health",
	"process_minutes":     "platform/vitals",
	"request_stats":       "platform/measure",
	"probe_minutes":       "platform/uptime",
	"measured_minutes":    "platform/measure",
	"vault_keys":          "platform/vault",
	"org_keys":            "platform/vault",
	"traces":              "platform/trace",
	"system_traces":       "platform/trace",
	"error_groups":        "platform/trouble",
	"error_people":        "platform/trouble",
	"system_errors":       "platform/trouble",
	"service_minutes":     "platform/measure",
	"incidents":           "ops",
	"incident_notes":      "ops",
	"incident_signs":      "ops",
	"maintenance_windows": "ops",
	"service_reports":     "ops",

	"backups":        "backup",
	"restore_drills": "backup",

	"external_refs":     "migration",
	"import_candidates": "migration",
	"import_changes":    "migration",
	"import_files":      "migration",
	"import_mappings":   "migration",
	"import_problems":   "migration",
	"import_rows":       "migration",
	"import_runs":       "migration",
}

// The limits. Lines are counted with blank ones and comments; what a tool wrote
// does not count.
const (
	maxFunction   = 60
	maxFile       = 400
	maxTestFile   = 800
	maxRoom       = 2000 // Go of a folder, without tests
	maxMain       = 100
	linesPerIface = 1000
)

// rules are checked one by one; each says what is wrong, where, and what to do.
var rules = []struct {
	name  string
	check func(house) []string
}{
	{"Direction", direction},
	{"Writers", oneWriter},
	{"Door", oneDoor},
	{"Owners", everyTableHasAWriter},
	{"Sizes", sizes},
	{"Interfaces", interfaces},
	{"Documentation", documentation},
}

func TestRules(t *testing.T) {
	t.Parallel()
	h, err := readHouse(os.DirFS(".."))
	if err != nil {
		t.Fatal(err)
	}
	if len(h.sources) < 10 {
		t.Fatalf("only %d Go files found: the rules were not checked", len(h.sources))
	}
	for _, rule := range rules {
		t.Run(rule.name, func(t *testing.T) {
			t.Parallel()
			if broken := rule.check(h); len(broken) > 0 {
				t.Errorf("%d broken:\n\n%s", len(broken), strings.Join(broken, "\n\n"))
			}
		})
	}
}
