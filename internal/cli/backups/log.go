package backups

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"

	"github.com/skaiscraper/skai/internal/backup"
	"github.com/skaiscraper/skai/internal/backup/wal"
	"github.com/skaiscraper/skai/internal/cli/bar"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/vault"
)

// LogFlags say where the database's log is archived.
type LogFlags struct {
	Folder string `name:"wal-folder" help:"The folder that the database's log is archived in, with base backups: better on another machine's disk. Without it nothing is archived." env:"SKAI_WAL_FOLDER" placeholder:"DIR"`
}

// base makes a base backup, and removes old ones with the log that nobody needs then.
func (c *BackupCommand) base(ctx context.Context, in *Installation, db *postgres.DB, from backup.Source) error {
	var made wal.Made
	began := time.Now().UTC()
	b := bar.New(in.Progress, "Base backup")
	base, err := wal.Make(ctx, from, c.Folder, in.Log, b.Step)
	b.End()
	note := &backup.Manifest{ID: uuid.New(), Started: began}
	if err == nil {
		made.Base, note = base, base.Note()
	}
	if err := errors.Join(err, backup.NoteBackup(context.WithoutCancel(ctx), db, note, err)); err != nil {
		return err
	}
	if c.Keep > 0 {
		if made.Removed, err = wal.Prune(ctx, from, c.Folder, int(c.Keep)); err != nil {
			return err
		}
	}
	made.Alone = wal.Alone(c.Folder)
	return tell(in.Out, c.JSON, made)
}

// log tries to restore the newest base backup and all log.
func (c *DrillCommand) log(ctx context.Context, in *Installation, master *vault.Master) error {
	b := bar.New(in.Progress, "Drill of the log")
	if !c.Record {
		r, err := wal.DrillAlone(ctx, c.Folder, master, b.Step)
		return c.drilled(in, b, r, err)
	}
	return in.Open(ctx, func(db *postgres.DB, super string) error {
		from := backup.Source{URL: cmp.Or(super, c.URL), Files: in.Files, Program: in.Program, Commit: in.Commit}
		if err := from.Check(ctx, db); err != nil {
			return err
		}
		r, err := wal.Drill(ctx, from, c.Folder, master, in.Log, b.Step)
		if err == nil {
			err = backup.NoteDrill(ctx, db, r.Report)
		}
		return c.drilled(in, b, r, err)
	})
}

// drilled tells how a drill of the log went.
func (c *DrillCommand) drilled(in *Installation, b *bar.Bar, r *wal.Report, err error) error {
	b.End()
	if err != nil {
		return fmt.Errorf("the log in %s could not be restored: %w", c.Folder, err)
	}
	if len(r.Failed()) > 0 {
		in.Fail()
	}
	return tell(in.Out, c.JSON, r)
}

// when is the moment that is meant; zero is the end of the log.
func (c *RestoreCommand) when() (time.Time, error) {
	if c.At == "" || c.At == "end" {
		return time.Time{}, nil
	}
	moment, err := time.Parse(time.RFC3339Nano, c.At)
	if err != nil {
		return moment, fmt.Errorf("SKAI_RESTORE_AT (--at) is %q; it is a moment with its zone, or end, an example: --at 2026-11-29T14:00:00Z", c.At)
	}
	return moment, nil
}

// moment restores to a moment, into a new data folder.
func (c *RestoreCommand) moment(ctx context.Context, in *Installation) error {
	if in.AppURL != "" {
		return fault.Unavailable("restore.url", "a moment is restored into a new data folder, with a PostgreSQL of its own, and not into DATABASE_URL: leave that out. From there skai backup --to and skai restore --from bring it into a database (docs/runbooks.md)")
	}
	moment, err := c.when()
	if err != nil {
		return err
	}
	master, err := in.Vault.Known(ctx)
	if err != nil {
		return err
	}
	b := bar.New(in.Progress, "Restore")
	r, err := wal.Restore(ctx, c.Folder, moment, wal.Target{Data: in.Data, Files: in.Files, Database: in.Database, Master: master}, b.Step)
	b.End()
	if err != nil {
		return err
	}
	return c.tell(in, r, len(r.Failed()) > 0)
}

// tell tells how it went, and what comes next.
func (c *RestoreCommand) tell(in *Installation, r interface {
	WriteJSON(io.Writer) error
	WriteText(io.Writer) error
}, failed bool,
) error {
	err := tell(in.Out, c.JSON, r)
	if failed {
		in.Fail()
	} else if !c.JSON {
		_, err = fmt.Fprintf(in.Out, "What to do before people come back: docs/runbooks.md. Then: skai serve --data %s\n", in.Data)
	}
	return err
}

// LogCommand is skai wal.
type LogCommand struct {
	LogFlags

	URL string `name:"backup-url" help:"With DATABASE_URL: the same database, not through a pooler, as skai_backup with REPLICATION (docs/operations.md)." env:"SKAI_BACKUP_URL" placeholder:"URL"`
}

// Validate wants a folder.
func (c *LogCommand) Validate() error {
	if c.Folder == "" {
		return fmt.Errorf("SKAI_WAL_FOLDER (--wal-folder) is not set; it names the folder to archive into, an example: SKAI_WAL_FOLDER=/backups/wal")
	}
	return checkURL("SKAI_BACKUP_URL (--backup-url)", c.URL)
}

// Run archives the log until it is told to stop.
func (c *LogCommand) Run(ctx context.Context, in *Installation) error {
	return in.Open(ctx, func(db *postgres.DB, super string) error {
		from := backup.Source{URL: cmp.Or(super, c.URL), Files: in.Files, Program: in.Program, Commit: in.Commit}
		if err := from.Check(ctx, db); err != nil {
			return err
		}
		if err := wal.Check(ctx, from, c.Folder); err != nil {
			return err
		}
		if _, err := fmt.Fprintf(in.Out, "The database's log is archived into %s; stop it with Ctrl-C.\n", c.Folder); err != nil {
			return err
		}
		wal.Keep(ctx, from, c.Folder, in.Log)
		return nil
	})
}
