package orgs

import (
	"context"

	"github.com/google/uuid"

	"github.com/skaiscraper/skai/internal/platform/tenant"
)

// ForEach does something in the scope of each of some organisations, as their system
// person, and adds up what it counts. It stops at the first error. what names the
// work in the audit trail.
func (s *Service) ForEach(ctx context.Context, slugs []string, what string, do func(ctx context.Context, org uuid.UUID) (int, error)) (total int, err error) {
	for _, slug := range slugs {
		scoped, _, err := s.SystemScope(ctx, slug, what)
		if err != nil {
			return total, err
		}
		scope, err := tenant.Must(scoped)
		if err != nil {
			return total, err
		}
		n, err := do(scoped, scope.OrgID)
		if total += n; err != nil {
			return total, err
		}
	}
	return total, nil
}
