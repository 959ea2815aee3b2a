package migration

import (
	"context"
	"errors"
	"io"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"github.com/skaiscraper/skai/internal/migration/decode"
	"github.com/skaiscraper/skai/internal/migration/rows"
)

// stageFile reads a file in batches and copies them into the temporary tables.
// Reading a batch and copying the one before go side by side; two batches are
// all the memory it takes.
func (r *run) stageFile(ctx context.Context, tx pgx.Tx, f *file, seen *rows.Seen) error {
	reader, err := decode.Open(ctx, f.open, f.layout)
	if err != nil {
		return err
	}
	full, free := make(chan *rows.Batch), make(chan *rows.Batch, 2)
	for range 2 {
		free <- rows.NewBatch(seen)
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		defer close(full)
		return errors.Join(r.read(ctx, f, reader, full, free), reader.Close())
	})
	group.Go(func() error {
		for b := range full {
			if err := b.Copy(ctx, tx); err != nil {
				return err
			}
			free <- b
		}
		return nil
	})
	return group.Wait()
}

// read fills batches with the file's rows until its end.
func (r *run) read(ctx context.Context, f *file, reader *decode.Reader, full chan<- *rows.Batch, free <-chan *rows.Batch) error {
	b := <-free
	for ordinal := 1; ; ordinal++ {
		record, err := reader.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		f.reading.Take(b, ordinal, &record)
		r.meter.add(record.Kind != decode.Header && record.Kind != decode.Title, len(record.Raw))
		if b.Rows() < r.options.BatchSize {
			continue
		}
		select {
		case full <- b:
		case <-ctx.Done():
			return ctx.Err()
		}
		select {
		case b = <-free:
			b.Reset()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	select {
	case full <- b:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
