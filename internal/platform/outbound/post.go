package outbound

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
)

// ErrAddress is the refusal of what no request can be sent to.
var ErrAddress = errors.New("the address can't be used")

// Post sends JSON to an address, once, with what else its header should have. It gives
// an error unless the answer is one of 200 to 299, whose body is thrown away. An error
// never holds the address, which may be a secret.
func Post(ctx context.Context, client *http.Client, to string, body []byte, header http.Header) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(body))
	if err != nil { // its words hold the address
		return ErrAddress
	}
	maps.Copy(r.Header, header)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "SkaiScraper")
	answer, err := client.Do(r)
	if err != nil {
		return errors.New("no answer: " + Words(err))
	}
	defer func() { _ = answer.Body.Close() }()      // the status is what counts
	_, _ = io.CopyN(io.Discard, answer.Body, 1<<16) // so that the other side is not cut off
	if answer.StatusCode < 200 || answer.StatusCode > 299 {
		return fmt.Errorf("answered %s", answer.Status)
	}
	return nil
}
