package identity

import (
	"context"

	"github.com/skaiscraper/skai/internal/orgs"
)

// SaveOrganisation changes what the organisation says of itself.
// It returns fault.Forbidden without the permission, and fault.Invalid with what
// is wrong with each field.
func (s *Service) SaveOrganisation(ctx context.Context, st orgs.Settings) error {
	if err := Require(ctx, EditSettings); err != nil {
		return err
	}
	return s.orgs.Save(ctx, st)
}
