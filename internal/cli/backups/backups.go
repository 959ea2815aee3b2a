// Package backups has the commands that back an installation up, try that out, and
// bring it back.
package backups

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/backup"
	"github.com/skaiscraper/skai/internal/cli/bar"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/vault"
)

// Installation is what the commands work at.
type Installation struct {
	Data, Files      string // folders
	Database         string // the private database's name
	AppURL, OwnerURL string // of an external database; empty for a private one
	Vault            vault.Config
	Program, Commit  string

	Out, Progress io.Writer
	Log           *slog.Logger // of what goes on beside a command
	Fail          func()       // makes the program end with 1

	// Open opens the live database and closes it again; super is its address as the
	// superuser, "" for an external one.
	Open func(ctx context.Context, work func(db *postgres.DB, super string) error) error
}

func checkURL(variable, url string) error {
	if url == "" {
		return nil
	}
	if _, err := pgx.ParseConfig(url); err != nil { // its words leave the password out
		return fmt.Errorf("%s is no PostgreSQL address: %w", variable, err)
	}
	return nil
}

// BackupCommand is skai backup.
type BackupCommand struct {
	LogFlags

	To   string `help:"The folder that backups stand in, each in a folder of its own." env:"SKAI_BACKUP_TO" placeholder:"DIR"`
	Keep uint   `help:"Afterwards remove the oldest backups of this installation but the newest N, and base backups but the newest N with the log that none of those needs; 0 removes none." env:"SKAI_BACKUP_KEEP" placeholder:"N"`
	URL  string `name:"backup-url" help:"With DATABASE_URL: the same database, not through a pooler, as skai_backup, which reads past row security (docs/operations.md)." env:"SKAI_BACKUP_URL" placeholder:"URL"`
	JSON bool   `help:"Print the result as JSON." env:"SKAI_BACKUP_JSON"`
}

// Validate wants somewhere to put a backup.
func (c *BackupCommand) Validate() error {
	if c.To == "" && c.Folder == "" {
		return fmt.Errorf("it is not said where backups go: set SKAI_BACKUP_TO (--to), or SKAI_WAL_FOLDER (--wal-folder) for a base backup beside the archived log; an example: SKAI_BACKUP_TO=/backups")
	}
	return nil
}

// Run makes a backup, and a base backup where the log is archived; it ends with 1 where
// one could not be made, or lacks a file.
func (c *BackupCommand) Run(ctx context.Context, in *Installation) error {
	if err := checkURL("SKAI_BACKUP_URL (--backup-url)", c.URL); err != nil {
		return err
	}
	return in.Open(ctx, func(db *postgres.DB, super string) error {
		from := backup.Source{URL: cmp.Or(super, c.URL), Files: in.Files, Program: in.Program, Commit: in.Commit}
		if err := from.Check(ctx, db); err != nil {
			return err
		}
		if c.To != "" {
			if err := c.dump(ctx, in, db, from); err != nil {
				return err
			}
		}
		if c.Folder != "" {
			return c.base(ctx, in, db, from)
		}
		return nil
	})
}

// dump makes a backup of the database's contents and the files.
func (c *BackupCommand) dump(ctx context.Context, in *Installation, db *postgres.DB, from backup.Source) error {
	b := bar.New(in.Progress, "Backup")
	m, place, err := backup.Make(ctx, from, c.To, b.Step)
	b.End()
	if m != nil { // that one could not be made is worth to know too
		err = errors.Join(err, backup.NoteBackup(context.WithoutCancel(ctx), db, m, err))
	}
	if err != nil {
		return err
	}
	made := backup.Made{Manifest: m, Place: place}
	if lost := len(m.Lost()) > 0; lost {
		in.Fail()
	} else if c.Keep > 0 { // an older one may have what this one lacks
		made.Removed, err = backup.Prune(c.To, m, int(c.Keep))
	}
	return errors.Join(err, tell(in.Out, c.JSON, made))
}

// tell writes a result as JSON or in words.
func tell(out io.Writer, asJSON bool, r interface {
	WriteJSON(io.Writer) error
	WriteText(io.Writer) error
},
) error {
	if asJSON {
		return r.WriteJSON(out)
	}
	return r.WriteText(out)
}

// DrillCommand is skai restore-drill.
type DrillCommand struct {
	LogFlags

	From   string `help:"The backup, or the folder of backups: its newest whole one." env:"SKAI_DRILL_FROM" placeholder:"DIR"`
	URL    string `name:"backup-url" help:"With DATABASE_URL and a folder for the log: the same database, not through a pooler, as skai_backup." env:"SKAI_BACKUP_URL" placeholder:"URL"`
	JSON   bool   `help:"Print the report as JSON." env:"SKAI_DRILL_JSON"`
	Record bool   `negatable:"" default:"true" help:"Write the result into the live database. With --no-record it needs none: for a drill on another machine." env:"SKAI_DRILL_RECORD"`
}

// Validate wants something to restore.
func (c *DrillCommand) Validate() error {
	if c.From == "" && c.Folder == "" {
		return fmt.Errorf("it is not said what to restore: set SKAI_DRILL_FROM (--from), or SKAI_WAL_FOLDER (--wal-folder) for the newest base backup and all log; an example: --from /backups")
	}
	return checkURL("SKAI_BACKUP_URL (--backup-url)", c.URL)
}

// Run tries to restore what is named, a backup or a base backup and the log, or one after
// the other; it ends with 1 where anything differs.
func (c *DrillCommand) Run(ctx context.Context, in *Installation) error {
	master, err := in.Vault.Known(ctx)
	if err != nil {
		return err
	}
	if c.From != "" {
		err = c.dump(ctx, in, master)
	}
	if c.Folder != "" {
		err = errors.Join(err, c.log(ctx, in, master))
	}
	return err
}

// dump tries to restore a backup.
func (c *DrillCommand) dump(ctx context.Context, in *Installation, master *vault.Master) error {
	place, err := backup.Latest(c.From)
	if err != nil {
		return err
	}
	b := bar.New(in.Progress, "Drill")
	r, err := backup.Drill(ctx, place, master, b.Step)
	b.End()
	if err != nil {
		return fmt.Errorf("the backup %s could not be restored: %w", place, err)
	}
	if len(r.Failed()) > 0 {
		in.Fail()
	}
	err = tell(in.Out, c.JSON, r)
	if c.Record {
		if noted := in.Open(ctx, func(db *postgres.DB, _ string) error { return backup.NoteDrill(ctx, db, r) }); noted != nil {
			err = errors.Join(err, fmt.Errorf("the result is not in the live database (--no-record does without): %w", noted))
		}
	}
	return err
}

// RestoreCommand is skai restore.
type RestoreCommand struct {
	LogFlags

	From  string `help:"The backup, or the folder of backups: its newest whole one." env:"SKAI_RESTORE_FROM" placeholder:"DIR"`
	At    string `help:"The moment to restore to, as 2026-11-29T14:00:00Z, or end for all there is: from the newest base backup before it and the archived log." env:"SKAI_RESTORE_AT" placeholder:"TIME"`
	Admin string `name:"admin-url" help:"With DATABASE_URL: the same empty database as a superuser." env:"SKAI_ADMIN_URL" placeholder:"URL"`
	JSON  bool   `help:"Print the report as JSON." env:"SKAI_RESTORE_JSON"`
}

// Validate refuses a moment that is none, and one without a log.
func (c *RestoreCommand) Validate() error {
	if c.From == "" && c.At == "" {
		return fmt.Errorf("it is not said what to restore: set SKAI_RESTORE_FROM (--from) to a backup or the folder of backups, or name a moment, --at 2026-11-29T14:00:00Z")
	}
	if c.At != "" && c.Folder == "" {
		return fmt.Errorf("a moment (--at) is restored from the archived log: set SKAI_WAL_FOLDER (--wal-folder) to its folder")
	}
	_, err := c.when()
	return errors.Join(err, checkURL("SKAI_ADMIN_URL (--admin-url)", c.Admin))
}

// Run restores a backup into an empty installation; it ends with 1 where anything
// differs from the backup.
func (c *RestoreCommand) Run(ctx context.Context, in *Installation) error {
	if c.At != "" {
		return c.moment(ctx, in)
	}
	place, err := backup.Latest(c.From)
	if err != nil {
		return err
	}
	master, err := in.Vault.Known(ctx)
	if err != nil {
		return err
	}
	b := bar.New(in.Progress, "Restore")
	r, err := c.restore(ctx, in, place, master, b.Step)
	b.End()
	if err != nil {
		return err
	}
	return c.tell(in, r, len(r.Failed()) > 0)
}

func (c *RestoreCommand) restore(ctx context.Context, in *Installation, place string, master *vault.Master, say backup.Say) (*backup.Report, error) {
	if in.AppURL != "" {
		if c.Admin == "" || in.OwnerURL == "" {
			return nil, fault.Unavailable("restore.url", "restoring into DATABASE_URL needs the same empty database as a superuser, SKAI_ADMIN_URL, and as skai_owner, DATABASE_OWNER_URL; docs/operations.md says how to make it")
		}
		return backup.Restore(ctx, place, backup.Target{Super: c.Admin, App: in.AppURL, Owner: in.OwnerURL, Files: in.Files, Master: master}, say)
	}
	return backup.Private(ctx, place, in.Data, in.Database, in.Files, master, say)
}
