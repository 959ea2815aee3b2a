package files

import (
	"io"
	"time"

	"github.com/bep/imagemeta"
)

// The tags of EXIF (CIPA DC-008) that say when the shutter opened, by the camera's
// clock, and where that clock stood.
const (
	shutter = "DateTimeOriginal"
	offset  = "OffsetTimeOriginal"
)

// takenAt is when a JPEG says it was taken, by the clock of a zone where it does not
// say by which. It is nil where it says nothing, or what can't be: a time before
// there were such cameras, or one to come.
func takenAt(r io.ReadSeeker, mediaType string, zone *time.Location) *time.Time {
	if _, err := r.Seek(0, io.SeekStart); err != nil || mediaType != jpeg {
		return nil
	}
	said := map[string]string{}
	_, _ = imagemeta.Decode(imagemeta.Options{ // one that can't be read says nothing
		R: r, ImageFormat: imagemeta.JPEG, Sources: imagemeta.EXIF,
		ShouldHandleTag: func(t imagemeta.TagInfo) bool { return t.Tag == shutter || t.Tag == offset },
		HandleTag: func(t imagemeta.TagInfo) error {
			if value, ok := t.Value.(string); ok {
				said[t.Tag] = value
			}
			return nil
		},
	})
	const clock = "2006:01:02 15:04:05"
	at, err := time.Parse(clock+"-07:00", said[shutter]+said[offset])
	if err != nil {
		at, err = time.ParseInLocation(clock, said[shutter], zone)
	}
	if err != nil || at.Year() < 1990 || at.After(time.Now().Add(24*time.Hour)) {
		return nil
	}
	return &at
}
