package decode

import (
	"context"
	"io"
)

type sheetReader struct{}

func (*sheetReader) next(*Row) error { return io.EOF }
func (*sheetReader) close() error    { return nil }

func openSheet(context.Context, io.ReaderAt, int64, string) (*sheetReader, error) {
	return nil, refuse("this", "is a workbook: save it as CSV UTF-8 and send that")
}

func probeXLSX(_ context.Context, _ io.ReaderAt, _ int64, name string, _ func(string) bool) (Layout, error) {
	return Layout{}, refuse(name, "is a workbook: save it as CSV UTF-8 and send that")
}
