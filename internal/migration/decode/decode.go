// Package decode reads customers' files: delimited text in whatever dialect and
// encoding it comes, and XLSX workbooks.
//
// Nothing of a file is left out and nothing is guessed. [Probe] reads the whole
// file once and writes down how it is to be read, a [Layout]; [Open] then streams
// every record in order, title lines, headers and blank lines included, each
// with its exact bytes. A record that can't be read for sure is given as [Bad]
// with its raw text and the reason. Memory is bounded whatever the file's size.
package decode

import "github.com/skaiscraper/skai/internal/migration/decode/charset"

// The formats of a [Layout].
const (
	FormatCSV  = "csv"  // any delimited text
	FormatXLSX = "xlsx" // an Excel workbook
)

// The encodings of a [Layout] of delimited text.
const (
	UTF8        = charset.UTF8
	UTF8BOM     = charset.UTF8BOM
	UTF16LE     = charset.UTF16LE
	UTF16BE     = charset.UTF16BE
	Windows1252 = charset.Windows1252 // some lines are not UTF-8, and none needs UTF-8
	Mixed       = charset.Mixed       // each line is the one or the other
)

// Layout says how a file is to be read. It is made by [Probe], can be kept as
// JSON, and holds all that [Open] and [Cells] need.
type Layout struct {
	Format   string // FormatCSV or FormatXLSX
	Encoding string // text only: one of the encodings above
	BOM      bool   // the text starts with a byte order mark

	ForeignLines []int // the first lines read as Windows-1252 in a file of UTF-8 or ASCII, 1-based
	ForeignCount int   // how many such lines there are in all

	Delimiter rune   // ',' ';' '\t' or '|', or what a line sep=^ at the top says
	Quote     rune   // '"', rarely '\''
	LineEnd   string // how most lines end: "\n", "\r\n" or "\r"; the others are understood too

	Sheet       string   // XLSX only: the sheet that is read
	OtherSheets []string // XLSX only: the other sheets that hold something
	LastRow     int      // XLSX only: the last row that holds something; what follows is not given

	TableLine   int      // 1-based line (XLSX: row) of the table's first record; what stands above is a title
	HeaderLine  int      // 1-based line at which the header record starts, 0 when there is no header
	Header      []string // the columns' names, never empty, no two alike; "Column 7" where the file has none
	FooterLine  int      // line at which closing remarks and totals start, 0 when there are none
	OtherTables []int    // lines at which a further table with other columns starts

	Records int      // records of any kind in the file
	Notes   []string // what was found and decided, in words for a person
}

// Kind says what a record is.
type Kind int

// The kinds of record.
const (
	Data           Kind = iota + 1
	Blank               // holds no cell with anything in it
	Header              // the header the columns' names were taken from
	Title               // stands above the table
	RepeatedHeader      // the header again, as in exports pasted one under the other
	Footer              // totals or closing remarks under the table
	Bad                 // can't be read for sure; see Problem
)

// String is the kind in lower case, for messages.
func (k Kind) String() string {
	names := [...]string{"unknown", "data", "blank", "header", "title", "repeated header", "footer", "bad"}
	if k < 0 || int(k) >= len(names) {
		k = 0
	}
	return names[k]
}

// The codes of a [Problem].
const (
	ProblemQuote      = "quote"          // quotation marks that don't add up
	ProblemEncoding   = "encoding"       // bytes that stand for no certain character
	ProblemTooMany    = "too_many_cells" // more filled cells than columns
	ProblemNUL        = "nul"            // a zero byte in the text
	ProblemTooLong    = "row_too_long"   // a line of over 4 MiB, given in pieces
	ProblemLineBreak  = "line_break"     // a lone carriage return cuts the record in two
	ProblemOtherTable = "other_table"    // belongs to a further table with other columns
)

// Problem says why a record can't be read for sure.
type Problem struct {
	Code   string // one of the codes above
	Column int    // 1-based, 0 when it isn't known
	Words  string // what is wrong, a sentence without the final stop
	Hint   string // what to do about it, the same way
}

// Row is one record. Raw and Cells are valid until the next call of [Reader.Next].
type Row struct {
	Line int // 1-based line at which the record starts; XLSX: the row's number
	// Raw is, of text, the record's exact bytes with its line end, so that all
	// Raw in a row are the file; of XLSX, a JSON array of the cells as shown.
	Raw     []byte
	Cells   []string // in UTF-8, as many as are there; nil when they can't be told
	Kind    Kind
	Problem *Problem // set when Kind is Bad
}
