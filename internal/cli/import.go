package cli

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"

	"github.com/skaiscraper/skai/internal/cli/bar"
	"github.com/skaiscraper/skai/internal/cli/desk"
	"github.com/skaiscraper/skai/internal/migration"
	"github.com/skaiscraper/skai/internal/migration/archive"
	"github.com/skaiscraper/skai/internal/migration/report"
	"github.com/skaiscraper/skai/internal/migration/rows"
	"github.com/skaiscraper/skai/internal/migration/sources"
	"github.com/skaiscraper/skai/internal/orgs"
)

type importCommands struct {
	Run    importRun    `cmd:"" default:"withargs" help:"Import files (the default)."`
	Resume importResume `cmd:"" help:"Take up a run whose program was stopped."`
	Report importReport `cmd:"" help:"Show what came of a run, or write its report."`
	List   importList   `cmd:"" help:"List the runs."`
}

type importRun struct {
	Org       string   `required:"" help:"The organisation's slug." env:"SKAI_ORG"`
	Source    string   `help:"The system the files come from: auto, acculynx, jobnimbus, companycam, xactimate or generic." default:"auto" enum:"auto,acculynx,jobnimbus,companycam,xactimate,generic" env:"SKAI_IMPORT_SOURCE"`
	As        string   `help:"What the rows are: auto, contacts, properties, claims, leads, jobs, photos or estimate." default:"auto" enum:"auto,contacts,properties,claims,leads,jobs,photos,estimate" env:"SKAI_IMPORT_AS"`
	Claim     string   `help:"Estimates and ESX files: the claim they belong to, by our number or the carrier's." placeholder:"NUMBER" env:"SKAI_IMPORT_CLAIM"`
	DryRun    bool     `help:"Do all of it and take it back: shows what would happen." env:"SKAI_IMPORT_DRY_RUN"`
	Strict    bool     `help:"Write nothing if any row has an error." env:"SKAI_IMPORT_STRICT"`
	BatchSize int      `help:"Rows a batch." default:"500" env:"SKAI_IMPORT_BATCH_SIZE"`
	Map       string   `help:"A JSON file that says what columns and stages mean." placeholder:"FILE" type:"existingfile" env:"SKAI_IMPORT_MAP"`
	Report    string   `help:"A folder for report.html, report.json and errors-<file>.csv." placeholder:"DIR" env:"SKAI_IMPORT_REPORT"`
	JSON      bool     `help:"Print the result as one line of JSON, last." env:"SKAI_IMPORT_JSON"`
	Files     []string `arg:"" help:"CSV, TSV, XLSX or ESX files, in any order; or one archive of skai export."`
}

// Run imports the files.
func (c *importRun) Run(ctx context.Context, g *desk.Globals, t *desk.Terminal) error {
	if len(c.Files) == 1 && archive.Is(c.Files[0]) {
		return c.restore(ctx, g, t)
	}
	options := migration.Options{DryRun: c.DryRun, Strict: c.Strict, BatchSize: c.BatchSize, ReportDir: c.Report}
	var mapping *rows.Mapping
	if c.Map != "" {
		var err error
		if mapping, err = rows.ReadMapping(c.Map); err != nil {
			return err
		}
	}
	for _, path := range c.Files {
		options.Files = append(options.Files, migration.FileOptions{
			Path: path, Source: unlessAuto(c.Source), Kind: sources.Kind(unlessAuto(c.As)), Claim: c.Claim, Mapping: mapping,
		})
	}
	return importing(ctx, g, t, c.Org, c.JSON, func(ctx context.Context, svc *migration.Service, show func(migration.Progress)) (*report.Report, error) {
		options.Progress = show
		return svc.Import(ctx, options)
	})
}

func unlessAuto(s string) string {
	if s == "auto" {
		return ""
	}
	return s
}

// importing opens what an import needs, runs it with its progress shown, and
// sets the exit code by what came of it.
func importing(ctx context.Context, g *desk.Globals, t *desk.Terminal, slug string, asJSON bool,
	run func(context.Context, *migration.Service, func(migration.Progress)) (*report.Report, error),
) error {
	return g.With(ctx, t, func(s *desk.Stores) error {
		ctx, org, err := orgs.New(s.DB).SystemScope(ctx, slug, "command")
		if err != nil {
			return err
		}
		progress := bar.New(t.Err, org.Name)
		report, err := run(ctx, migration.New(s.DB, s.Blobs), progress.Show)
		progress.End()
		if err != nil {
			return err
		}
		if asJSON {
			if err := printJSON(t, report); err != nil {
				return err
			}
		} else {
			summary(t, report)
		}
		switch {
		case report.Failure != "":
			t.Code = exitFailed
		case report.Errored() > 0:
			t.Code = exitWithRows
		}
		return nil
	})
}

type importResume struct {
	Org    string    `required:"" help:"The organisation's slug." env:"SKAI_ORG"`
	Report string    `help:"A folder for the report." placeholder:"DIR" env:"SKAI_IMPORT_REPORT"`
	JSON   bool      `help:"Print the result as one line of JSON, last." env:"SKAI_IMPORT_JSON"`
	RunID  uuid.UUID `arg:"" name:"run" help:"The run's id, as skai import list shows it."`
}

// Run resumes the run.
func (c *importResume) Run(ctx context.Context, g *desk.Globals, t *desk.Terminal) error {
	return importing(ctx, g, t, c.Org, c.JSON, func(ctx context.Context, svc *migration.Service, show func(migration.Progress)) (*report.Report, error) {
		return svc.Resume(ctx, c.RunID, c.Report, show)
	})
}

type importReport struct {
	Org   string    `required:"" help:"The organisation's slug." env:"SKAI_ORG"`
	Dir   string    `help:"Write report.html, report.json and errors-<file>.csv into this folder." name:"report" placeholder:"DIR" env:"SKAI_IMPORT_REPORT"`
	JSON  bool      `help:"Print the result as one line of JSON, last." env:"SKAI_IMPORT_JSON"`
	RunID uuid.UUID `arg:"" name:"run" help:"The run's id, as skai import list shows it."`
}

// Run shows the report.
func (c *importReport) Run(ctx context.Context, g *desk.Globals, t *desk.Terminal) error {
	return g.With(ctx, t, func(s *desk.Stores) error {
		ctx, err := s.Looking(ctx, c.Org, "the report of the import "+c.RunID.String())
		if err != nil {
			return err
		}
		svc := migration.New(s.DB, s.Blobs)
		report, err := svc.ReportOf(ctx, c.RunID)
		if err != nil {
			return err
		}
		if c.Dir != "" {
			if err := svc.WriteReport(ctx, c.RunID, c.Dir); err != nil {
				return err
			}
		}
		if c.JSON {
			return printJSON(t, report)
		}
		summary(t, report)
		return nil
	})
}

type importList struct {
	Org string `required:"" help:"The organisation's slug." env:"SKAI_ORG"`
}

// Run lists the runs.
func (c *importList) Run(ctx context.Context, g *desk.Globals, t *desk.Terminal) error {
	return g.With(ctx, t, func(s *desk.Stores) error {
		ctx, err := s.Looking(ctx, c.Org, "the list of its imports")
		if err != nil {
			return err
		}
		runs, err := migration.New(s.DB, s.Blobs).Runs(ctx, 1000)
		if err != nil {
			return err
		}
		if len(runs) == 0 {
			t.Printf("Nothing was imported yet.\n")
		}
		for _, r := range runs {
			state := r.State
			if r.State == "running" && !r.Alive {
				state = "stopped"
			}
			if r.DryRun {
				state += " (dry run)"
			}
			t.Printf("%s  %-18s %s  %9d rows  %6d errored  %v\n", r.ID, state, r.StartedAt.Local().Format(time.DateTime), r.RowsRead, r.Errored, r.Files)
		}
		return nil
	})
}

// jsonResult is the one line of --json.
type jsonResult struct {
	Run           uuid.UUID           `json:"run"`
	DryRun        bool                `json:"dry_run"`
	Seconds       float64             `json:"seconds"`
	RowsPerSecond float64             `json:"rows_per_second"`
	Failure       string              `json:"failure,omitempty"`
	Files         []report.FileReport `json:"files"`
}

func printJSON(t *desk.Terminal, r *report.Report) error {
	return json.NewEncoder(t.Out).Encode(jsonResult{r.Run, r.DryRun, r.Seconds, r.RowsPerSecond, r.Failure, r.Files})
}

func summary(t *desk.Terminal, r *report.Report) {
	if r.DryRun {
		t.Printf("Dry run: nothing was written.\n")
	}
	for _, f := range r.Files {
		t.Printf("%s: %s of %s, %s\n", f.Name, f.As, sources.Label(f.Source), f.Encoding)
		t.Printf("  %d rows = %d created + %d updated + %d merged + %d unchanged + %d skipped + %d errored + %d blank\n",
			f.Rows, f.Created, f.Updated, f.Merged, f.Unchanged, f.Skipped, f.Errored, f.Blank)
		t.Printf("  %d filled cells = %d in fields + %d kept as extra + %d in errored rows\n", f.Cells.Filled, f.Cells.Mapped, f.Cells.Extra, f.Cells.Errored)
	}
	if a := r.Archive; a != nil {
		t.Printf("%s (SHA-256 %s), the export of %s of %s:\n", a.Name, a.SHA256, a.Organisation, a.ExportedAt.Format("2 January 2006, 15:04 MST"))
		for _, count := range a.Tables {
			t.Printf("  %9d  %s\n", count.Rows, count.Table)
		}
	}
	for _, note := range r.HowRead() {
		t.Printf("  %s\n", note)
	}
	for _, p := range r.Problems {
		t.Printf("  %-7s %6d × %s %s (%s): %s\n", p.Severity, p.Count, p.Rule, p.Column, p.File, p.Hint)
	}
	if r.Failure != "" {
		t.Printf("%s.\n", r.Failure)
	}
	t.Printf("Run %s: %.2f s, %.0f rows/s.\n", r.Run, r.Seconds, r.RowsPerSecond)
}
