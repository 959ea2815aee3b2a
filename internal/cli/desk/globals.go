// Package desk is what every command works at: the flags that all have, the database and
// the files they open, and the terminal.
package desk

import (
	"fmt"
	"io"
	"log/slog"
	"net"
	"path/filepath"
	"runtime/debug"
	"strconv"

	"github.com/alecthomas/kong"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Globals are the flags every command has.
type Globals struct {
	vaultFlags

	Data        string           `help:"Folder for all the program keeps: the private PostgreSQL and files." default:"data" env:"SKAI_DATA" placeholder:"DIR"`
	Listen      string           `help:"Where to serve." default:"127.0.0.1:8080" env:"SKAI_LISTEN" placeholder:"HOST:PORT"`
	DatabaseURL string           `help:"A PostgreSQL 15 or newer to use instead of a private one, as the role skai_app. Behind PgBouncer in transaction mode: set its max_prepared_statements (1.21 or newer), or add default_query_exec_mode=cache_describe to the address." env:"DATABASE_URL" placeholder:"URL"`
	OwnerURL    string           `help:"The same database as the role skai_owner, not through a pooler, for migrations." env:"DATABASE_OWNER_URL" placeholder:"URL"`
	Processes   int              `help:"How many processes share the database, also for a moment while one replaces another; each takes its part of the connections that the database has." default:"2" env:"SKAI_PROCESSES" placeholder:"N"`
	Log         string           `help:"Log as text or json, to standard error." default:"text" env:"SKAI_LOG" placeholder:"text|json"`
	LogLevel    string           `help:"The least important messages to log: debug, info, warn or error." default:"info" env:"SKAI_LOG_LEVEL" placeholder:"LEVEL"`
	Version     kong.VersionFlag `help:"Print the version." env:"-"`
}

// Check refuses what can't be used, in words that name the variable, what is
// wrong with its value, and an example.
func (g *Globals) Check() error {
	if g.Data == "" {
		return fmt.Errorf("SKAI_DATA (--data) is empty; it names a folder, an example: SKAI_DATA=/var/lib/skai")
	}
	if !isAddress(g.Listen) {
		return fmt.Errorf("SKAI_LISTEN (--listen) is %q, which is no address of this machine with a port; an example: SKAI_LISTEN=127.0.0.1:8080", g.Listen)
	}
	if g.Log != "text" && g.Log != "json" {
		return fmt.Errorf("SKAI_LOG (--log) is %q; it is text or json, an example: SKAI_LOG=json", g.Log)
	}
	if _, err := g.level(); err != nil {
		return fmt.Errorf("SKAI_LOG_LEVEL (--log-level) is %q; it is debug, info, warn or error, an example: SKAI_LOG_LEVEL=warn", g.LogLevel)
	}
	if g.Processes < 1 || g.Processes > 1000 {
		return fmt.Errorf("SKAI_PROCESSES (--processes) is %d; it is from 1 to 1000, for example 2", g.Processes)
	}
	if g.OwnerURL != "" && g.DatabaseURL == "" {
		return fmt.Errorf("DATABASE_OWNER_URL (--owner-url) is set and DATABASE_URL is not; set both, or neither for a private PostgreSQL")
	}
	if err := checkURL("DATABASE_URL (--database-url)", "skai_app", g.DatabaseURL); err != nil {
		return err
	}
	if err := checkURL("DATABASE_OWNER_URL (--owner-url)", "skai_owner", g.OwnerURL); err != nil {
		return err
	}
	return g.vaultFlags.Config("").Check()
}

// isAddress tells whether something could listen there: an address or localhost,
// or nothing for all addresses, and a port.
func isAddress(s string) bool {
	host, port, err := net.SplitHostPort(s)
	if err != nil || host != "" && host != "localhost" && net.ParseIP(host) == nil {
		return false
	}
	_, err = strconv.ParseUint(port, 10, 16)
	return err == nil
}

func checkURL(variable, role, value string) error {
	if value == "" {
		return nil
	}
	if _, err := pgxpool.ParseConfig(value); err != nil { // its words leave the password out
		return fmt.Errorf("%s is no PostgreSQL address (%w); an example: postgres://%s:secret@db.internal:5432/skai", variable, err, role)
	}
	return nil
}

func (g *Globals) level() (level slog.Level, err error) {
	err = level.UnmarshalText([]byte(g.LogLevel))
	return level, err
}

// Logger logs to w, as the flags say.
func (g *Globals) Logger(w io.Writer) *slog.Logger {
	level, err := g.level()
	if err != nil {
		level = slog.LevelInfo // check has refused it
	}
	options := &slog.HandlerOptions{Level: level}
	if g.Log == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

// Folder is one within the data folder.
func (g *Globals) Folder(name string) string { return filepath.Join(g.Data, name) }

// Version is the program's: the commit it was built from, or the module's.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value[:min(12, len(s.Value))]
		}
	}
	return info.Main.Version
}

// Commit is the one that the program was built of, or "".
func Commit() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value
		}
	}
	return ""
}
