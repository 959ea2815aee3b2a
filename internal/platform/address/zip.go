package address

import (
	"errors"
	"strings"
)

var (
	errZIP       = errors.New("this is not a US ZIP code; write five digits, or nine like 60540-1234")
	errZIPShort  = errors.New("this ZIP code is short of a digit; if a spreadsheet dropped a leading zero, fill in the state or write all five digits")
	errZIPAbsent = errors.New("no ZIP code begins with these digits; correct it or leave it empty")
)

// zipRanges are the first three digits of ZIP codes by state, from the
// published list of all ZIP codes; where a prefix serves two states it is
// there twice.
var zipRanges = [...]struct {
	first, last int
	state       string
}{
	{5, 5, "NY"},
	{6, 9, "PR"},
	{8, 8, "VI"},
	{10, 27, "MA"},
	{28, 29, "RI"},
	{30, 38, "NH"},
	{39, 49, "ME"},
	{50, 54, "VT"},
	{55, 55, "MA"},
	{56, 59, "VT"},
	{60, 69, "CT"},
	{63, 63, "NY"},
	{70, 89, "NJ"},
	{90, 98, "AE"},
	{100, 149, "NY"},
	{150, 196, "PA"},
	{197, 199, "DE"},
	{200, 200, "DC"},
	{201, 201, "VA"},
	{202, 205, "DC"},
	{205, 205, "MD"},
	{205, 205, "VA"},
	{206, 219, "MD"},
	{220, 246, "VA"},
	{247, 268, "WV"},
	{270, 289, "NC"},
	{290, 299, "SC"},
	{300, 319, "GA"},
	{320, 339, "FL"},
	{340, 340, "AA"},
	{341, 349, "FL"},
	{350, 369, "AL"},
	{370, 385, "TN"},
	{386, 397, "MS"},
	{398, 399, "GA"},
	{400, 427, "KY"},
	{430, 459, "OH"},
	{460, 479, "IN"},
	{480, 499, "MI"},
	{500, 528, "IA"},
	{530, 549, "WI"},
	{550, 567, "MN"},
	{569, 569, "DC"},
	{570, 577, "SD"},
	{580, 588, "ND"},
	{590, 599, "MT"},
	{600, 629, "IL"},
	{630, 658, "MO"},
	{660, 679, "KS"},
	{680, 693, "NE"},
	{700, 714, "LA"},
	{716, 729, "AR"},
	{726, 726, "MO"},
	{730, 731, "OK"},
	{733, 733, "TX"},
	{734, 749, "OK"},
	{739, 739, "TX"},
	{750, 799, "TX"},
	{800, 816, "CO"},
	{820, 831, "WY"},
	{832, 838, "ID"},
	{834, 834, "WY"},
	{840, 847, "UT"},
	{850, 865, "AZ"},
	{870, 884, "NM"},
	{885, 885, "TX"},
	{889, 898, "NV"},
	{900, 961, "CA"},
	{962, 966, "AP"},
	{967, 968, "HI"},
	{967, 967, "AS"},
	{969, 969, "GU"},
	{969, 969, "MP"},
	{969, 969, "FM"},
	{969, 969, "MH"},
	{969, 969, "PW"},
	{970, 979, "OR"},
	{980, 994, "WA"},
	{995, 999, "AK"},
}

// zipInState tells whether ZIP codes of that state, a code, begin as zip does.
func zipInState(zip, state string) bool {
	prefix := int(zip[0]-'0')*100 + int(zip[1]-'0')*10 + int(zip[2]-'0')
	for _, r := range zipRanges {
		if r.state == state && prefix >= r.first && prefix <= r.last {
			return true
		}
	}
	return false
}

// ParseZIP reads 60540, 60540-1234, 605401234, 60540 1234 and what a
// spreadsheet makes of them: 60540.0, and without the leading zero 8014 or
// 80141234, which is put back only when the state, a code or a name, has such
// ZIP codes.
func ParseZIP(s, state string) (zip, plus4 string, err error) {
	s = strings.TrimSuffix(strings.TrimSpace(s), ".0")
	if len(s) == 5 && isDigits(s) && s >= "005" {
		return s, "", nil
	}
	five, four := s, ""
	if i := strings.IndexAny(s, "- "); i >= 0 {
		five, four = s[:i], strings.Trim(s[i:], "- ")
	} else if len(s) > 6 {
		five, four = s[:len(s)-4], s[len(s)-4:]
	}
	switch {
	case five == "" || !isDigits(five) || !isDigits(four) || len(five) > 5 || len(four) != 0 && len(four) != 4:
		return "", "", errZIP
	case len(five) < 3:
		return "", "", errZIP
	case len(five) < 5:
		five = "00"[:5-len(five)] + five
		if code, err := StateCode(state); err != nil || !zipInState(five, code) {
			return "", "", errZIPShort
		}
	case five < "005":
		return "", "", errZIPAbsent
	}
	return five, four, nil
}

// joinZIP puts a separate +4 behind its ZIP.
func joinZIP(zip, plus4 string) string {
	if plus4 == "" || strings.ContainsAny(zip, "- ") {
		return zip
	}
	return zip + "-" + plus4
}

func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}
