package ui

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"net/http"
	"regexp"
	"strconv"
	"strings"
)

// colour is a colour of sRGB, each part from 0 to 255.
type colour struct{ r, g, b uint8 }

var hexColour = regexp.MustCompile(`^#?([0-9a-fA-F]{6})$`)

// parseColour reads "#0b5a6b" or "0b5a6b"; ok is false for anything else.
func parseColour(s string) (c colour, ok bool) {
	m := hexColour.FindStringSubmatch(s)
	if m == nil {
		return colour{}, false
	}
	n, err := strconv.ParseUint(m[1], 16, 32)
	if err != nil {
		return colour{}, false
	}
	return colour{uint8(n >> 16 & 0xff), uint8(n >> 8 & 0xff), uint8(n & 0xff)}, true
}

// String is the colour as CSS has it.
func (c colour) String() string { return fmt.Sprintf("#%02x%02x%02x", c.r, c.g, c.b) }

// luminance is the relative luminance of WCAG 2.2, from 0 to 1.
func (c colour) luminance() float64 {
	linear := func(v uint8) float64 {
		s := float64(v) / 255
		if s <= 0.04045 {
			return s / 12.92
		}
		return math.Pow((s+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(c.r) + 0.7152*linear(c.g) + 0.0722*linear(c.b)
}

// contrast is the contrast ratio of WCAG 2.2, from 1 to 21.
func contrast(a, b colour) float64 {
	la, lb := a.luminance(), b.luminance()
	return (math.Max(la, lb) + 0.05) / (math.Min(la, lb) + 0.05)
}

// mix goes from c towards other, by 0 to 1.
func (c colour) mix(other colour, by float64) colour {
	part := func(a, b uint8) uint8 { return uint8(math.Round(float64(a) + (float64(b)-float64(a))*by)) }
	return colour{part(c.r, other.r), part(c.g, other.g), part(c.b, other.b)}
}

// until goes from c towards end in small steps until it stands out from the
// ground by the ratio; end itself has to.
func (c colour) until(ratio float64, ground, end colour) colour {
	const steps = 50
	for i := range steps {
		if m := c.mix(end, float64(i)/steps); contrast(m, ground) >= ratio {
			return m
		}
	}
	return end
}

var (
	white = colour{255, 255, 255}
	black = colour{}
	// The grounds our own colours stand on, as base.css has them: the darkest of
	// the light theme and the lightest of the dark one. A test compares.
	lightGround = colour{0xe9, 0xee, 0xf0}
	darkGround  = colour{0x24, 0x31, 0x3c}
)

// How much colours have to stand out: WCAG 2.2 AA for text, and more for the bar
// at the top, which is read in sunlight.
const (
	textContrast = 4.5
	barContrast  = 7
)

// palette is what becomes of an organisation's colour.
type palette struct {
	fill, onFill         colour // buttons in the light theme, and the words on them
	fillDark, onFillDark colour // the same in the dark theme
	text, textDark       colour // links and the like on our grounds
	bar, barDark         colour // the bar at the top, under white words
}

// paletteOf keeps the colour's hue and moves it only as far as reading needs.
func paletteOf(c colour) palette {
	p := palette{fill: c, onFill: readable(c)}
	p.fillDark = c.until(3, darkGround, white) // a button has to be seen, 3:1
	p.onFillDark = readable(p.fillDark)
	p.text = c.until(textContrast, lightGround, black)
	p.textDark = c.until(textContrast, darkGround, white)
	p.bar = c.until(barContrast, white, black)
	p.barDark = p.bar.mix(black, 0.35)
	return p
}

// readable is white or black, whichever can be read on the ground. White comes
// first; where it falls short of 4.5:1, black has at least 4.66:1.
func readable(ground colour) colour {
	if contrast(white, ground) >= textContrast {
		return white
	}
	return black
}

// css is the stylesheet that puts the palette in place of our own.
func (p palette) css() string {
	pair := func(light, dark colour) string { return "light-dark(" + light.String() + "," + dark.String() + ")" }
	return ":root{" +
		"--sk-brand:" + pair(p.fill, p.fillDark) + ";" +
		"--sk-on-brand:" + pair(p.onFill, p.onFillDark) + ";" +
		"--sk-brand-text:" + pair(p.text, p.textDark) + ";" +
		"--sk-bar:" + pair(p.bar, p.barDark) + "}\n"
}

// BrandURL is the stylesheet of an organisation's colour, "" for one that is not
// a colour. The address holds the colour itself, so it needs no look-up and two
// organisations of one colour share it, and a hash of the rules, so that it may be kept.
func BrandURL(hexadecimal string) string {
	c, ok := parseColour(hexadecimal)
	if !ok {
		return ""
	}
	sum := sha256.Sum256([]byte(paletteOf(c).css()))
	return "/brand/" + c.String()[1:] + "." + hex.EncodeToString(sum[:4]) + ".css"
}

// brandIntegrity is the attribute integrity of that stylesheet.
func brandIntegrity(hexadecimal string) string {
	c, ok := parseColour(hexadecimal)
	if !ok {
		return ""
	}
	return integrity([]byte(paletteOf(c).css()))
}

// serveBrand answers BrandURL's addresses. The hash may be another machine's of
// another version, in the middle of a deploy; then the answer is not kept.
func serveBrand(w http.ResponseWriter, r *http.Request) {
	name, _, _ := strings.Cut(r.PathValue("file"), ".")
	c, ok := parseColour(name)
	if !ok {
		http.Error(w, "There is no such colour.", http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", kinds[".css"])
	if r.URL.Path == BrandURL(name) {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	} else {
		w.Header().Set("Cache-Control", "no-store")
	}
	_, _ = w.Write([]byte(paletteOf(c).css())) //nolint:gosec // six hexadecimal digits are all that comes from the address
}

// OnColour is the colour of words on a ground of a colour such as "#0b5a6b": white
// or black, whichever can be read. It is for what has no style sheet: mails.
func OnColour(ground string) string {
	c, ok := parseColour(ground)
	if !ok {
		return white.String()
	}
	return readable(c).String()
}
