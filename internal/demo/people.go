package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"golang.org/x/sync/errgroup"

	"github.com/skaiscraper/skai/internal/demo/generate"
	"github.com/skaiscraper/skai/internal/demo/generate/words"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

// Staff makes n more people of each company, for a load test: mostly members, as in a
// contractor's office. Each has a password of their own; all stand in a file of the
// company's, people-<slug>.json, which is the owner's alone. Called again it makes
// those who are missing; of a smaller number than before nobody is removed.
func (d *Demo) Staff(ctx context.Context, companies []generate.Company, n int) error {
	for _, c := range companies {
		if n == 0 {
			return nil
		}
		file, err := d.staff(ctx, c, n)
		if err != nil {
			return fmt.Errorf("make people of %s: %w", c.Name, err)
		}
		d.say("%s: %d more people, with their passwords in %s\n", c.Name, n, file)
	}
	return nil
}

func (d *Demo) staff(ctx context.Context, c generate.Company, n int) (file string, err error) {
	file = filepath.Join(d.folder, "people-"+c.Slug+".json")
	var list []SignIn
	data, err := os.ReadFile(file) //nolint:gosec // in our own folder
	if err == nil {
		err = json.Unmarshal(data, &list)
	} else if os.IsNotExist(err) {
		err = nil
	}
	if err != nil {
		return "", fmt.Errorf("read who there is: %w", err)
	}
	for i := len(list); i < n; i++ {
		list = append(list, SignIn{
			Org: c.Name, Name: fmt.Sprintf("%s %s", words.First[i%len(words.First)], words.Last[i/len(words.First)*7%len(words.Last)]),
			Email: fmt.Sprintf("p%03d@%s.example.com", i+1, c.Slug), Password: password(), Role: staffRole(i),
		})
	}
	if data, err = json.MarshalIndent(list, "", "  "); err != nil { //nolint:gosec // made-up people of a demonstration; the file is the owner's alone
		return "", err
	}
	if err := os.WriteFile(file, append(data, '\n'), 0o600); err != nil {
		return "", err
	}
	both, ctx := errgroup.WithContext(ctx)
	both.SetLimit(runtime.GOMAXPROCS(0)) // hashing a password keeps a processor busy
	for _, s := range list {
		both.Go(func() error { return d.user(ctx, c.Slug, s) })
	}
	return file, both.Wait()
}

// staffRole gives of every twenty people one admin, two managers, two viewers and
// fifteen members.
func staffRole(i int) tenant.Role {
	switch i % 20 {
	case 0:
		return tenant.Admin
	case 1, 2:
		return tenant.Manager
	case 3, 4:
		return tenant.Viewer
	}
	return tenant.Member
}
