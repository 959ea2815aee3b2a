package uptime

import (
	"context"
	"time"
)

// LookAt looks once, as if it were that time.
func (p *Probe) LookAt(ctx context.Context, at time.Time) bool {
	if err := p.turn(at); err != nil {
		return false
	}
	return p.lookNow(ctx)
}

// Bring brings what is pending.
func (p *Probe) Bring(ctx context.Context) error { return p.bring(ctx) }

// Close keeps the minute that is under way.
func (p *Probe) Close() error { return p.turn(time.Time{}) }

// Start has the alarm's tellers work.
func (a *Alarm) Start(ctx context.Context) (wait func()) { return a.start(ctx) }
