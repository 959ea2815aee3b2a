package workbook

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

// ours gives a document as a list of its tags, with their attribute a, and of the
// text before each.
func ours(t *testing.T, src io.Reader) (all []string, err error) {
	t.Helper()
	x, err := newXMLReader(t.Context(), src)
	if err != nil {
		return nil, err
	}
	x.keep = true
	for {
		tag, err := x.next()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		name := "<" + string(tag.name) + " " + tag.attr("a")
		if tag.end {
			name = "</" + string(tag.name)
		}
		all = append(all, string(x.text), name)
		x.text = x.text[:0]
	}
}

// theirs is the same by encoding/xml. ok is false when it refuses the document, or
// has a custom of its own with something in it.
func theirs(document []byte) (all []string, ok bool) {
	d := xml.NewDecoder(bytes.NewReader(document))
	text, depth := "", 0
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return all, true
		}
		if err != nil {
			return nil, false
		}
		switch e := token.(type) {
		case xml.StartElement:
			name := "<" + e.Name.Local + " "
			for _, a := range e.Attr {
				if a.Name.Local == "a" {
					name += a.Value
					break
				}
			}
			all, text = append(all, text, name), ""
			depth++
		case xml.EndElement:
			all, text = append(all, text, "</"+e.Name.Local), ""
			depth--
		case xml.CharData:
			text += string(e)
		case xml.Directive:
			return nil, false
		}
		if depth > xmlDepth || strings.ContainsAny(strings.Join(all[max(0, len(all)-2):], ""), ":\ufffd") {
			return nil, false
		}
	}
}

func FuzzXML(f *testing.F) {
	for _, s := range []string{
		`<?xml version="1.0"?><a><b a="1>2" c='"'/>x&amp;&#65;y<!-- <z> --><![CDATA[<&]]></a>`, "<p:a p:a=''>\r\n\r</p:a >", "<a", "<a/>é", "<a></b>", "\ufeff<a a = '&lt;'/>", "<!DOCTYPE a><a/>",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, document []byte) {
		got, err := ours(t, bytes.NewReader(document))
		again, err2 := ours(t, iotest.OneByteReader(bytes.NewReader(document)))
		if diff := cmp.Diff(got, again); diff != "" || (err == nil) != (err2 == nil) {
			t.Fatalf("in pieces: %v, %v (-whole +pieces):\n%s", err, err2, diff)
		}
		want, ok := theirs(document)
		if !ok {
			return
		}
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Fatalf("%v (-encoding/xml +ours):\n%s", err, diff)
		}
	})
}
