package gate

import (
	"bytes"
	"io"
	"net/http"
)

// Ahead reads the body of a request now, so that nobody takes a place while it is sent. What went wrong with it is told where it is read again.
func Ahead(body io.ReadCloser) io.ReadCloser {
	if body == http.NoBody {
		return body
	}
	read, err := io.ReadAll(body)
	if err == nil {
		err = io.EOF
	}
	return &readAhead{bytes.NewReader(read), err, body}
}

type readAhead struct {
	read *bytes.Reader
	then error
	body io.Closer
}

// Read gives what was read, and then the error that ended it.
func (b *readAhead) Read(p []byte) (int, error) {
	if b.read.Len() == 0 {
		return 0, b.then
	}
	return b.read.Read(p)
}

// Close closes the body.
func (b *readAhead) Close() error { return b.body.Close() }
