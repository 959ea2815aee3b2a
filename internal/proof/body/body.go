// Package body reads what the proof is answered.
package body

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
)

// Read reads the answer, so many bytes at most: of one that does not end, live figures,
// the first event.
func Read(res *http.Response, most int64) ([]byte, error) {
	body := io.LimitReader(res.Body, most)
	if res.Header.Get("Content-Type") != "text/event-stream" {
		return io.ReadAll(body)
	}
	var text []byte
	for lines := bufio.NewReader(body); ; {
		line, err := lines.ReadBytes('\n')
		if text = append(text, line...); err != nil || len(bytes.TrimSpace(line)) == 0 {
			return text, err
		}
	}
}
