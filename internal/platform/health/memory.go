package health

import (
	"os"
	"strconv"
	"strings"
)

// residentSet is the memory of the machine that the program holds, in bytes, as
// Linux tells it (proc(5), /proc/self/statm); 0 elsewhere.
func residentSet() float64 {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(text))
	if len(fields) < 2 {
		return 0
	}
	pages, err := strconv.ParseFloat(fields[1], 64)
	if err != nil {
		return 0
	}
	return pages * float64(os.Getpagesize())
}
