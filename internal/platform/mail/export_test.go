package mail

import (
	"context"
	"crypto/tls"

	"github.com/jackc/pgx/v5"
	gomail "github.com/wneessen/go-mail"

	"github.com/skaiscraper/skai/internal/platform/queue"
)

// Trust makes the post take the certificates of a test's own server.
func (p *Post) Trust(config *tls.Config) {
	config.ServerName = "127.0.0.1"
	p.server.options = append(p.server.options, gomail.WithTLSConfig(config))
}

// AskPrune asks for the job that the clock asks for each day.
func (p *Post) AskPrune(ctx context.Context, tx pgx.Tx) error {
	return queue.Insert(ctx, tx, pruneArgs{})
}
