package vitals

import "context"

// Look asks PgBouncer once.
func (b *Bouncer) Look(ctx context.Context, database string) (Pools, error) {
	return b.look(ctx, database)
}

// Close gives its connection back.
func (b *Bouncer) Close() { b.close() }
