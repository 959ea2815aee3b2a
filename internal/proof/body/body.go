// Package body writes the forms with files that the proof sends, and reads what it is
// answered.
package body

import (
	"bufio"
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
)

// Multipart is a form with its fields and a PDF document that a record would keep,
// and its media type.
func Multipart(form url.Values) (io.Reader, string, error) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for name, values := range form {
		for _, v := range values {
			if err := w.WriteField(name, v); err != nil {
				return nil, "", err
			}
		}
	}
	file, err := w.CreateFormFile("files", "proof.pdf")
	if err != nil {
		return nil, "", err
	}
	if _, err := file.Write([]byte("%PDF-1.7 proof")); err != nil {
		return nil, "", err
	}
	return &b, w.FormDataContentType(), w.Close()
}

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
