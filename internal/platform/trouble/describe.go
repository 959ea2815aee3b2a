package trouble

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"runtime"
	"strconv"
	"strings"
	"syscall"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

// Answer is an answer of 500 and above of which no error is known.
type Answer int

// Error is the status.
func (a Answer) Error() string { return "answered " + strconv.Itoa(int(a)) }

// known are errors whose words are the same for everybody.
var known = []error{
	context.Canceled, context.DeadlineExceeded, io.EOF, io.ErrUnexpectedEOF, fs.ErrNotExist, fs.ErrPermission, fs.ErrExist,
	net.ErrClosed, http.ErrAbortHandler, pgx.ErrNoRows, pgx.ErrTxClosed, tenant.ErrNoScope,
}

// description is what may be kept of an error: nothing that was put into its words.
type description struct {
	kind   string // "database", "panic", "fault", "error"
	words  string // "23505 claims_number_key"
	chain  string // the types of the errors inside each other, the outermost first
	frames string // of a panic: our functions, the innermost first, one a line
}

// describe takes an error apart. Its text may hold anything, an address or a token
// that somebody typed, so none of it is kept but the words of errors that are
// constants: types, codes, names of the schema's, operations of the system.
func describe(err error, panicked bool, value any, stack []byte) description {
	d := description{kind: "error", chain: chain(err)}
	switch {
	case panicked:
		d.kind, d.words, d.frames = "panic", fmt.Sprintf("%T", value), ours(string(stack))
		if e, ok := value.(runtime.Error); ok {
			d.words = runtimeWords(e)
		}
		d.chain = fmt.Sprintf("%T", value)
	case isDatabase(err, &d):
	case fault.As(err) != nil:
		d.kind, d.words = "fault", fault.As(err).Code
	default:
		d.words = constant(err)
	}
	return d
}

// isDatabase describes what the database refused: the code, and the names of the
// schema's own that stand with it, never its message or detail, which have values.
func isDatabase(err error, d *description) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		return false
	}
	d.kind = "database"
	for _, part := range []string{e.Code, e.TableName, e.ColumnName, e.ConstraintName} {
		if part != "" {
			d.words += " " + part
		}
	}
	d.words = strings.TrimSpace(d.words)
	return true
}

// runtimeWords are what Go says of a mistake, without what may stand in a message:
// the key of a map, the value of a conversion.
func runtimeWords(e runtime.Error) string {
	words := e.Error()
	for _, constant := range []string{"index out of range", "slice bounds out of range", "nil pointer dereference", "integer divide by zero", "interface conversion", "assignment to entry in nil map", "hash of unhashable type", "makeslice", "comparing uncomparable type"} {
		if strings.Contains(words, constant) {
			return constant
		}
	}
	return "runtime error"
}

// constant are the words of the errors inside that are the same for everybody.
func constant(err error) string {
	var list []string
	for _, k := range known {
		if errors.Is(err, k) {
			list = append(list, k.Error())
		}
	}
	if e, ok := errors.AsType[Answer](err); ok {
		list = append(list, e.Error())
	}
	if e, ok := errors.AsType[syscall.Errno](err); ok {
		list = append(list, e.Error())
	}
	if e, ok := errors.AsType[*net.OpError](err); ok {
		list = append(list, e.Op+" "+e.Net)
	}
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		list = append(list, e.Op)
	}
	if e, ok := errors.AsType[*url.Error](err); ok {
		list = append(list, e.Op)
	}
	return strings.Join(list, "; ")
}

// chain are the types of an error and of those inside it.
func chain(err error) string {
	var list []string
	for ; err != nil && len(list) < 12; err = errors.Unwrap(err) {
		list = append(list, fmt.Sprintf("%T", err))
		if many, ok := err.(interface{ Unwrap() []error }); ok { // the first of them stands for all
			if inside := many.Unwrap(); len(inside) > 0 {
				list = append(list, chain(inside[0]))
			}
		}
	}
	return strings.Join(list, " > ")
}

// module is where our own functions are.
const module = "github.com/skaiscraper/skai/"

// mostFrames is how many of our functions are kept of a panic.
const mostFrames = 8

// ours are the functions of a stack that are the program's own, with file and line:
// those below the panic, since what is above it is how it was caught. Arguments,
// which are numbers, are left out.
func ours(stack string) string {
	lines := strings.Split(stack, "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, "panic(") {
			lines = lines[i:]
			break
		}
	}
	var list []string
	for i := 0; i+1 < len(lines) && len(list) < mostFrames; i++ {
		at := strings.Index(lines[i], module)
		if at != 0 {
			continue
		}
		function := strings.TrimPrefix(lines[i], module)
		if j := strings.LastIndexByte(function, '('); j > 0 {
			function = function[:j]
		}
		place, _, _ := strings.Cut(strings.TrimSpace(lines[i+1]), " +0x")
		if j := strings.LastIndexByte(place, '/'); j >= 0 {
			place = place[j+1:]
		}
		list = append(list, function+" "+place)
	}
	return strings.Join(list, "\n")
}

// fingerprint tells errors apart: by where they were met, and by what they are. The
// lines of a stack are left out, which the next release moves.
func (d description) fingerprint(place string) uuid.UUID {
	top, _, _ := strings.Cut(d.frames, "\n")
	top, _, _ = strings.Cut(top, " ")
	sum := sha256.Sum256([]byte(strings.Join([]string{place, d.kind, d.words, d.chain, top}, "\x00")))
	id := uuid.UUID(sum[:16])
	id[6], id[8] = id[6]&0x0f|0x80, id[8]&0x3f|0x80 // version 8, of our own making
	return id
}
