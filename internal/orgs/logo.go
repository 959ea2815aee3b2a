package orgs

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"image/png"
	"io"
	"strings"

	"github.com/skaiscraper/skai/internal/platform/fault"
)

// MaxLogo is the largest logo, in bytes.
const MaxLogo = 256 << 10

// maxLogoSide is the longest side of a PNG, in pixels: what a browser unpacks.
const maxLogoSide = 4000

// svgSpace is the XML namespace of SVG.
const svgSpace = "http://www.w3.org/2000/svg"

// Logo is a picture that stands beside the organisation's name.
type Logo struct {
	Type string // image/svg+xml or image/png
	Data []byte // at most MaxLogo
}

// Extension is how the name of such a file ends: ".svg".
func (l Logo) Extension() string {
	if l.Type == "image/png" {
		return ".png"
	}
	return ".svg"
}

// ReadLogo tells from the bytes what kind of picture they are, whatever their
// name says. It returns fault.Invalid for all but PNG and for SVG with scripts.
// That is not the only guard: a logo is served with a policy that lets nothing in
// it run.
func ReadLogo(data []byte) (Logo, error) {
	logo := Logo{Type: "image/svg+xml", Data: data}
	var words string
	switch {
	case len(data) == 0:
		words = "The file is empty. Choose an SVG or PNG file"
	case len(data) > MaxLogo:
		words = fmt.Sprintf("The file has %d kB, and a logo at most %d kB. Save it smaller, or as SVG", len(data)>>10, MaxLogo>>10)
	case bytes.HasPrefix(data, []byte("\x89PNG\r\n\x1a\n")):
		logo.Type, words = "image/png", pngProblem(data)
	default:
		words = svgProblem(data)
	}
	if words != "" {
		return Logo{}, fault.Invalid("logo", "%s", words)
	}
	return logo, nil
}

func pngProblem(data []byte) string {
	config, err := png.DecodeConfig(bytes.NewReader(data))
	if err == nil && (config.Width > maxLogoSide || config.Height > maxLogoSide) {
		return fmt.Sprintf("The picture has %d by %d pixels, and a logo at most %d a side. Save it smaller", config.Width, config.Height, maxLogoSide)
	}
	if err == nil {
		_, err = png.Decode(bytes.NewReader(data))
	}
	if err != nil {
		return fmt.Sprintf("The PNG file is damaged (%s). Save it anew", err)
	}
	return ""
}

func svgProblem(data []byte) string {
	const notPicture = "This is neither an SVG nor a PNG file. Choose one of those"
	d := xml.NewDecoder(bytes.NewReader(data))
	for root := true; ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) && !root {
			return ""
		}
		if err != nil {
			return notPicture
		}
		switch e := token.(type) {
		case xml.Directive: // it can define entities that grow without bound
			return "The SVG file has a document type, which browsers don't need. Save it as plain SVG"
		case xml.StartElement:
			if root && (e.Name.Local != "svg" || e.Name.Space != svgSpace) {
				return notPicture
			}
			root = false
			if active(e) {
				return "The SVG file has scripts or pages in it. Save it as plain SVG"
			}
		}
	}
}

// active tells whether an element runs something or brings a page along.
func active(e xml.StartElement) bool {
	switch strings.ToLower(e.Name.Local) {
	case "script", "foreignobject", "iframe", "embed", "object":
		return true
	}
	for _, a := range e.Attr {
		value := strings.ToLower(strings.TrimSpace(a.Value))
		if strings.HasPrefix(strings.ToLower(a.Name.Local), "on") || strings.HasPrefix(value, "javascript:") {
			return true
		}
	}
	return false
}
