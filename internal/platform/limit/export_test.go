package limit

import (
	"context"
	"time"
)

// Size is how many senders are kept.
func (l *Limiter) Size() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.full)
}

// Step asks Redis, and gives its time as well.
func (l *Limiter) Step(ctx context.Context, k Key, count bool) (now time.Duration, a Answer, err error) {
	rate, _ := k.Rate()
	now, full, err := l.shared.step(ctx, k, rate, count)
	return now, rate.answer(full - now), err
}

// Patience is how long Redis may take.
const Patience = patience
