package desk

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// Terminal is what a command talks to.
type Terminal struct {
	In       io.Reader
	Out, Err io.Writer
	Code     int // what the program ends with
}

// Printf writes to the output.
func (t *Terminal) Printf(format string, args ...any) {
	_, _ = fmt.Fprintf(t.Out, format, args...) // nobody is left to tell
}

// Note writes beside the output, which may go into a file.
func (t *Terminal) Note(format string, args ...any) {
	_, _ = fmt.Fprintf(t.Err, format, args...) // nobody is left to tell
}

// Line reads one line of standard input; what says what it holds.
func (t *Terminal) Line(what string) (string, error) {
	line, err := bufio.NewReader(t.In).ReadString('\n')
	if err != nil && line == "" {
		return "", fmt.Errorf("no %s came on standard input: %w", what, err)
	}
	return strings.TrimRight(line, "\r\n"), nil
}
