package files

import (
	"net/http"
	"slices"
)

// sniffed is how much of a file says what it is, in bytes.
const sniffed = 512

const jpeg = "image/jpeg"

// told tells from how a file begins, whatever its name says, what kind it is and its
// media type; "" where it is none that is kept.
func told(head []byte) (kind, mediaType string) {
	switch t := http.DetectContentType(head); t {
	case jpeg, "image/png", "image/webp":
		return Photo, t
	case "application/pdf":
		return Paper, t
	}
	if isHEIC(head) {
		return Photo, "image/heic"
	}
	return "", ""
}

// heic are the brands of HEIF still pictures in HEVC (ISO/IEC 23008-12), which is
// what telephones write.
var heic = []string{"heic", "heix", "heim", "heis"}

// isHEIC tells HEIC by the brands in its first box: size (4 bytes, big-endian),
// "ftyp", the major brand, its version, the brands it is compatible with (ISO/IEC
// 14496-12).
func isHEIC(head []byte) bool {
	if len(head) < 16 || string(head[4:8]) != "ftyp" || head[0] != 0 || head[1] != 0 {
		return false
	}
	box := head[8:min(len(head), max(16, int(head[2])<<8|int(head[3])))]
	for n := 0; len(box) >= 4; n++ {
		if n != 1 && slices.Contains(heic, string(box[:4])) { // the second is the version
			return true
		}
		box = box[4:]
	}
	return false
}
