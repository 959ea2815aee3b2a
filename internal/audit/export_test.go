package audit

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net/http"

	"github.com/jackc/pgx/v5"
)

// VerifyIn is Verify in a transaction that a test has spoilt.
func VerifyIn(ctx context.Context, tx pgx.Tx) (Report, error) { return verify(ctx, tx, 0, "") }

// Trust has a pusher trust the certificate of a test's server.
func (p *Pusher) Trust(pool *x509.CertPool) {
	p.client.Transport.(*http.Transport).TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
}

// Public is the rule for addresses that events are sent to.
var Public = public
