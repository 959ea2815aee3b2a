package cli

import (
	"fmt"
	"log/slog"

	"github.com/skaiscraper/skai/internal/platform/limit"
)

// redisFlags say where all processes count together how often somebody does something.
type redisFlags struct {
	Redis string `name:"redis-url" help:"The Redis 6 or newer in which all machines count together how often somebody does something, redis:// or rediss:// with TLS; without one each counts by itself. Set SKAI_SECRET too: senders stand in it as hashes with that." env:"SKAI_REDIS_URL" placeholder:"URL"`
}

// Validate refuses what is no address of a Redis, without repeating it.
func (f *redisFlags) Validate() error {
	if f.Redis == "" {
		return nil
	}
	if _, err := limit.Parse(f.Redis); err != nil {
		return fmt.Errorf("SKAI_REDIS_URL (--redis-url): %w", err)
	}
	return nil
}

// limits counts where it was told to.
func (f *redisFlags) limits(secret []byte, log *slog.Logger) (*limit.Limiter, error) {
	if f.Redis == "" {
		return limit.New(), nil
	}
	return limit.Open(f.Redis, secret, log)
}
