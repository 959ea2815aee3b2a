package wal

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// copyNewer copies the files that a folder lacks, or has another one of, and says
// nothing of those that go meanwhile. A sealed file's bytes never change, and the key
// beside them is replaced when data keys are (platform/blob).
func copyNewer(ctx context.Context, from, to string) error {
	return eachFile(ctx, from, func(path string, info fs.FileInfo) error {
		target := filepath.Join(to, path)
		if there, err := os.Stat(target); err == nil && there.Size() == info.Size() && there.ModTime().Equal(info.ModTime()) {
			return nil
		}
		return copyAside(filepath.Join(from, path), target)
	})
}

// linkOrCopy fills a base backup's files: what the one before has already is the same
// bytes on the disk, but for keys, which may change.
func linkOrCopy(ctx context.Context, from, before, to string) error {
	if err := os.MkdirAll(to, 0o700); err != nil {
		return err
	}
	return eachFile(ctx, from, func(path string, info fs.FileInfo) error {
		target := filepath.Join(to, path)
		if before != "" && filepath.Ext(path) != ".key" {
			old := filepath.Join(before, path)
			if there, err := os.Stat(old); err == nil && there.Size() == info.Size() {
				if err := os.MkdirAll(filepath.Dir(target), 0o700); err != nil {
					return err
				}
				if os.Link(old, target) == nil {
					return nil
				}
			}
		}
		return copyAside(filepath.Join(from, path), target)
	})
}

// eachFile does something with every file of a folder that is whole; no folder is none.
func eachFile(ctx context.Context, folder string, do func(path string, info fs.FileInfo) error) error {
	return filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // gone meanwhile, or no file was ever stored
		}
		if err != nil || d.IsDir() || strings.HasSuffix(path, ".tmp") || strings.HasPrefix(d.Name(), ".unfinished-") {
			return errors.Join(err, ctx.Err())
		}
		info, err := d.Info()
		if err == nil {
			var below string
			if below, err = filepath.Rel(folder, path); err == nil {
				err = do(below, info)
			}
		}
		if errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
		return errors.Join(err, ctx.Err())
	})
}

// copyAside copies a file and puts it in its place when it is whole and on the disk.
func copyAside(from, to string) error {
	in, err := os.Open(from) //nolint:gosec // in the folder of files
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }() // it was only read
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	out, err := os.CreateTemp(filepath.Dir(to), ".unfinished-*")
	if err != nil {
		return err
	}
	info, err := in.Stat()
	if err == nil {
		_, err = out.ReadFrom(in)
	}
	if err = errors.Join(err, out.Sync(), out.Close()); err == nil {
		err = os.Chtimes(out.Name(), info.ModTime(), info.ModTime()) // by which a changed one is told
	}
	if err != nil {
		return errors.Join(err, os.Remove(out.Name()))
	}
	return os.Rename(out.Name(), to)
}
