package mail

import (
	"crypto/tls"

	gomail "github.com/wneessen/go-mail"
)

// Trust makes the post take the certificates of a test's own server.
func (p *Post) Trust(config *tls.Config) {
	config.ServerName = "127.0.0.1"
	p.server.options = append(p.server.options, gomail.WithTLSConfig(config))
}
