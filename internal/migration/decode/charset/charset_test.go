package charset

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestUTF16TurnsBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		units := rapid.SliceOf(rapid.OneOf(rapid.Uint16(), rapid.Uint16Range(0xD7FE, 0xE001), rapid.Uint16Range(0, 0x80))).Draw(t, "units")
		big := rapid.Bool().Draw(t, "big")
		var text []byte
		for _, u := range units {
			text = binary.BigEndian.AppendUint16(text, u)
		}
		if rapid.Bool().Draw(t, "odd") {
			text = append(text, rapid.Byte().Draw(t, "last"))
		}
		got, err := io.ReadAll(NewUTF16Reader(iotest.OneByteReader(bytes.NewReader(text)), big))
		if err != nil {
			t.Fatal(err)
		}
		if back := AppendUTF16(nil, got, big); !bytes.Equal(back, text) {
			t.Fatalf("%x became %x", text, back)
		}
	})
}

func TestKnowsWindows1252(t *testing.T) {
	t.Parallel()
	var undefined []string
	for i, r := range windows1252 {
		if r == 0 {
			undefined = append(undefined, fmt.Sprintf("%02X", i+128))
		}
	}
	if diff := cmp.Diff([]string{"81", "8D", "8F", "90", "9D"}, undefined); diff != "" {
		t.Errorf("undefined bytes (-want +got):\n%s", diff)
	}
	if windows1252[0] != '€' || windows1252[0x7F] != 'ÿ' || windows1252[0x20] != '\u00a0' {
		t.Errorf("%c %c %c", windows1252[0], windows1252[0x7F], windows1252[0x20])
	}
}
