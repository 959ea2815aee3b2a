package address_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/skaiscraper/skai/internal/platform/address"
)

func TestNormaliseStreet(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"319 Claremont Court": "319 Claremont Ct", "319 CLAREMONT CT.": "319 Claremont Ct", "319 claremont ct": "319 Claremont Ct",
		"1745 T Street Southeast": "1745 T St SE", "618 W ELMIRA ST": "618 W Elmira St", "618 West Elmira Street": "618 W Elmira St",
		"100 N.E. Park Avenue": "100 NE Park Ave", "366 South Dr": "366 South Dr", "12 North Ave": "12 North Ave", "12 N Avenue": "12 N Ave",
		"21 Broadway": "21 Broadway", "77 N Broadway": "77 N Broadway", "500 Park": "500 Park", "500 Park Avenue": "500 Park Ave",
		"100 Avenue A": "100 Avenue A", "100 Avenue N": "100 Avenue N", "1745 Highway 98": "1745 Highway 98", "12 US Highway 98 North": "12 US Highway 98 N",
		"9 Mill Creek Crossing": "9 Mill Creek Xing", "12 Park Ct": "12 Park Ct", "100 Saint Mary's Road": "100 Saint Mary's Rd",
		"5 MCDONALD RD": "5 McDonald Rd", "5 O'CONNOR LN": "5 O'Connor Ln", "7 JEAN-PAUL WAY": "7 Jean-Paul Way", "100 AVENUE OF THE STARS": "100 Avenue of the Stars",
		"22 E 21ST STREET": "22 E 21st St", "1930 N IH 35": "1930 N IH 35", "123a main st": "123A Main St", "12 1/2 Main Street": "12 1/2 Main St",
		"Career Avenue": "Career Ave", "P.O. Box 12": "PO Box 12", "Post Office Box #12": "PO Box 12", "p o box a": "PO Box A",
		"4 B Blue Ridge Blvd": "4 B Blue Ridge Blvd", "100 Lake Side": "100 Lake Side", "100 Lake Side North": "100 Lake Side N", "100 Main Unit North": "100 Main Unit North", "12 Ste Marie St": "12 Ste Marie St",
		"Main": "Main", "": "", " , ": "",
		strings.Repeat("word ", 30): strings.TrimSpace(strings.Repeat("word ", 30)),
	} {
		got, err := address.Normalise(address.Address{Street: in})
		if err != nil || got.Street != want || got.Unit != "" {
			t.Errorf("the street %q became %+v, %v; want %q", in, got, err, want)
		}
	}
}

func TestNormaliseTakesTheUnitOutOfTheStreet(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ street, unit, wantStreet, wantUnit string }{
		{"8 W Cerritos Ave #54", "", "8 W Cerritos Ave", "#54"},
		{"8 W Cerritos Ave # 54", "", "8 W Cerritos Ave", "#54"},
		{"100 Main Street, Apartment 3b", "", "100 Main St", "Apt 3B"},
		{"100 MAIN STREET SUITE 100", "", "100 Main St", "Ste 100"},
		{"100 Main St Apt #3", "", "100 Main St", "Apt 3"},
		{"100 Main St Apt#3", "", "100 Main St", "Apt 3"},
		{"100 Main St Apt # 3", "", "100 Main St", "Apt 3"},
		{"100 Main St # Apt 3", "", "100 Main St", "Apt 3"},
		{"100 Main St Bldg 2 Unit 5", "", "100 Main St", "Bldg 2 Unit 5"},
		{"100 Main St 2nd Floor", "", "100 Main St", "Fl 2"},
		{"100 Main St Rear", "", "100 Main St", "Rear"},
		{"83 County Road 437 #8581", "", "83 County Road 437", "#8581"},
		{"6649 N Blue Gum St Lot 7", "", "6649 N Blue Gum St", "Lot 7"},
		{"100 Main St", "#APT 000003", "100 Main St", "Apt 000003"},
		{"100 Main St", "##14", "100 Main St", "#14"},
		{"100 Main St", "#UNIT 1-C", "100 Main St", "Unit 1-C"},
		{"100 Main St", " B ", "100 Main St", "B"},
		{"100 Main St", "gate code 1234", "100 Main St", "gate code 1234"},
		{"100 Main St Apt 3", "Apt. 3", "100 Main St", "Apt 3"},
		{"100 Main St Apt 3", "Building 2", "100 Main St", "Bldg 2 Apt 3"},
	} {
		got, err := address.Normalise(address.Address{Street: c.street, Unit: c.unit})
		if err != nil || got.Street != c.wantStreet || got.Unit != c.wantUnit {
			t.Errorf("%q and %q became %+v, %v; want %q and %q", c.street, c.unit, got, err, c.wantStreet, c.wantUnit)
		}
	}
}

func TestNormalisePlace(t *testing.T) {
	t.Parallel()
	in := address.Address{Street: "6 Glenwood Pl", City: "ST. LOUIS", State: "Missouri", ZIP: "63101.0", Country: "U.S.A."}
	want := address.Address{Street: "6 Glenwood Pl", City: "St Louis", State: "MO", ZIP: "63101", Country: "US"}
	got, err := address.Normalise(in)
	if err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for in, want := range map[string]string{
		"City of San Antonio ETJ": "San Antonio", "THE CITY OF SAN ANTONIO": "San Antonio", "City of Industry": "City of Industry",
		"New Orleans": "New Orleans", "KING OF PRUSSIA": "King of Prussia", "McAllen": "McAllen", "coeur d'alene": "Coeur D'Alene", "City of Etj": "Etj",
	} {
		if got, err := address.Normalise(address.Address{City: in}); err != nil || got.City != want {
			t.Errorf("the city %q became %q, %v; want %q", in, got.City, err, want)
		}
	}
}

func TestNormaliseKeepsWhatItCantRead(t *testing.T) {
	t.Parallel()
	in := address.Address{Street: "1 Main Street", State: "ZZ", ZIP: "123"}
	got, err := address.Normalise(in)
	if want := (address.Address{Street: "1 Main St", State: "ZZ", ZIP: "123", Country: "US"}); got != want {
		t.Errorf("got %+v; want %+v", got, want)
	}
	if err == nil || !strings.Contains(err.Error(), "not a US state") || !strings.Contains(err.Error(), "short of a digit") {
		t.Errorf("the error is %v", err)
	}
	abroad := address.Address{Street: "1 Main Street", City: "Toronto", State: "ON", ZIP: "M4B 1B3", Country: "Canada"}
	if got, err := address.Normalise(abroad); got != abroad || err == nil || !strings.Contains(err.Error(), "United States") {
		t.Errorf("an address in Canada became %+v, %v", got, err)
	}
}

func TestStateCode(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"IL": "IL", "il": "IL", " Illinois ": "IL", "ILLINOIS": "IL", "Ill.": "IL", "D.C.": "DC", "District of Columbia": "DC",
		"New  York": "NY", "N.Y.": "NY", "N. Mex.": "NM", "W. Va.": "WV", "Puerto Rico": "PR", "AP": "AP", "Washington": "WA",
	} {
		if got, err := address.StateCode(in); err != nil || got != want {
			t.Errorf("StateCode(%q) = %q, %v; want %s", in, got, err, want)
		}
	}
	for _, in := range []string{"", "ZZ", "Ontario", "I L", "Illinoiss", strings.Repeat("x", 100), "\x00", "."} {
		if got, err := address.StateCode(in); err == nil {
			t.Errorf("StateCode(%q) = %q; want an error", in, got)
		}
	}
}

func TestParseZIP(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ in, state, want string }{
		{"60540", "", "60540"},
		{" 60540 ", "IL", "60540"},
		{"60540.0", "IL", "60540"},
		{"60540-1234", "", "60540 1234"},
		{"60540 1234", "", "60540 1234"},
		{"605401234", "", "60540 1234"},
		{"60540-", "", "60540"},
		{"8014", "NJ", "08014"},
		{"8014.0", "New Jersey", "08014"},
		{"8014-1234", "NJ", "08014 1234"},
		{"80141234", "NJ", "08014 1234"},
		{"2128", "MA", "02128"},
		{"6390", "NY", "06390"},
		{"501", "NY", "00501"},
		{"907", "PR", "00907"},
		{"10001", "TX", "10001"},
	} {
		zip, plus4, err := address.ParseZIP(c.in, c.state)
		if got := strings.TrimSpace(zip + " " + plus4); err != nil || got != c.want {
			t.Errorf("ParseZIP(%q, %q) = %q, %v; want %q", c.in, c.state, got, err, c.want)
		}
	}
	for _, c := range []struct{ in, state, words string }{
		{"", "IL", "not a US ZIP"},
		{"M4B 1B3", "", "not a US ZIP"},
		{"ABCDE", "", "not a US ZIP"},
		{"12", "NY", "not a US ZIP"},
		{"60540-12", "", "not a US ZIP"},
		{"6054012", "IL", "short of a digit"},
		{"6054012345", "", "not a US ZIP"},
		{"60540-1234-5", "", "not a US ZIP"},
		{"8014", "", "short of a digit"},
		{"8014", "TX", "short of a digit"},
		{"6054", "IL", "short of a digit"},
		{"00000", "", "no ZIP code begins"},
		{"00012-1234", "", "no ZIP code begins"},
	} {
		zip, _, err := address.ParseZIP(c.in, c.state)
		if err == nil || !strings.Contains(err.Error(), c.words) {
			t.Errorf("ParseZIP(%q, %q) = %q, %v; want an error with %q", c.in, c.state, zip, err, c.words)
		}
	}
}

func TestKey(t *testing.T) {
	t.Parallel()
	for _, same := range [][]address.Address{
		{
			{Street: "319 Claremont Court", ZIP: "60540"},
			{Street: "319 CLAREMONT CT.", ZIP: "60540-1234", City: "Naperville", State: "IL"},
			{Street: " 319  claremont ct", ZIP: "60540.0"},
		},
		{
			{Street: "100 N Main St Apt 3B", ZIP: "08014"},
			{Street: "100 NORTH MAIN STREET", Unit: "#3b", ZIP: "8014", State: "NJ"},
			{Street: "100 North Main St.", Unit: "Unit 03B", ZIP: "08014"},
			{Street: "100 N. Main St #3B", Unit: "Suite 3B", ZIP: "08014"},
		},
		{{Street: "83 County Road 437", ZIP: "78212"}, {Street: "83 CR 437", ZIP: "78212"}, {Street: "83 Co. Rd. 437", ZIP: "78212"}},
		{{Street: "7 State Road 80 W", ZIP: "33901"}, {Street: "7 SR 80 West", ZIP: "33901"}},
		{{Street: "10 Saint Marys St", ZIP: "78205"}, {Street: "10 St. Mary's Street", ZIP: "78205"}},
		{{Street: "10 Fifth Avenue", ZIP: "10001"}, {Street: "10 5th Ave", ZIP: "10001"}},
		{{Street: "10 Winston-Salem Rd", ZIP: "10001"}, {Street: "10 Winston Salem Road", ZIP: "10001"}},
		{{Street: "10 Elm", City: "St. Louis", State: "Missouri"}, {Street: "10 ELM", City: "ST LOUIS", State: "MO"}},
	} {
		want := address.Key(same[0])
		for _, a := range same {
			if got := address.Key(a); got != want || got == "" {
				t.Errorf("Key(%+v) = %q; want %q", a, got, want)
			}
		}
	}
}

func TestKeyTellsApart(t *testing.T) {
	t.Parallel()
	seen := map[string]address.Address{}
	for _, a := range []address.Address{
		{Street: "319 Claremont Ct", ZIP: "60540"},
		{Street: "319 Claremont Ct", ZIP: "60541"},
		{Street: "318 Claremont Ct", ZIP: "60540"},
		{Street: "319 Claremont Dr", ZIP: "60540"},
		{Street: "319 N Claremont Ct", ZIP: "60540"},
		{Street: "319 Claremont Ct N", ZIP: "60540"},
		{Street: "319 Claremont Ct", Unit: "1", ZIP: "60540"},
		{Street: "319 Claremont Ct", Unit: "Fl 1", ZIP: "60540"},
		{Street: "319 Claremont Ct", Unit: "Bldg 1", ZIP: "60540"},
		{Street: "3-19 Claremont Ct", ZIP: "60540"},
		{Street: "319 Claremont Ct", City: "Naperville", State: "IL"},
		{Street: "319 Claremont Ct", City: "Naperville", State: "IN"},
	} {
		key := address.Key(a)
		if other, taken := seen[key]; taken || key == "" {
			t.Errorf("%+v and %+v have the key %q", a, other, key)
		}
		seen[key] = a
	}
	for _, a := range []address.Address{
		{},
		{Street: "Claremont Ct", ZIP: "60540"},
		{Street: "319", ZIP: "60540"},
		{Street: "319 #5", ZIP: "60540"},
		{Street: "319 Claremont Ct"},
		{Street: "PO Box 12", ZIP: "60540"},
		{Street: "5th Ave", ZIP: "60540"},
		{Street: "319 Claremont Ct", ZIP: "8014"},
		{Street: "319 Claremont Ct", City: "Naperville"},
	} {
		if key := address.Key(a); key != "" {
			t.Errorf("Key(%+v) = %q; nothing can be recognised by that", a, key)
		}
	}
}

func TestHouseNumber(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"319 Claremont Ct": "319", "12-34 56th St": "12-34", "6257A N McCormick Rd": "6257A", "123 1/2 Main St": "123 1/2", "123½ Main": "123½",
		"N6W23001 Bluemound Rd": "N6W23001", "W204N11912 Goldendale Rd": "W204N11912", "5th Ave": "", "21st Street": "", "Main St": "", "": "", "PO Box 5": "",
		"#5 Main St": "", "NW 5th Ave": "",
	} {
		if got := address.HouseNumber(in); got != want {
			t.Errorf("HouseNumber(%q) = %q; want %q", in, got, want)
		}
	}
}

// drawn makes an address of the shapes people type, some of them odd.
func drawn(t *rapid.T) address.Address {
	pick := func(label string, of ...string) string { return rapid.SampledFrom(of).Draw(t, label) }
	return address.Address{
		Street: strings.Join([]string{
			pick("number", "319", "12-34", "6257a", "", "5th", "12 1/2"), pick("pre", "", "N", "North", "s.w.", "EAST"),
			pick("name", "Claremont", "MAIN", "St. Mary's", "Avenue of the", "Highway", "County Road 7", "5th", "Lake Side", "T", "Oak Unit", "US", "2nd", "North"),
			pick("suffix", "", "Court", "ST.", "blvd", "Crossing", "Park"), pick("post", "", "SE", "north", "N"),
			pick("unit", "", "#54", "Apt 3B", ", Ste # 100", "Bldg 2 Unit 5", "2nd Floor", "Rear", "B", "#", "FL", "Lot N", "Apt#3", "PH"),
		}, " "),
		Unit:  pick("own unit", "", "Apt 3B", "#54", "B", "gate 5", "Bldg 2", "#APT 0003"),
		City:  pick("city", "", "Naperville", "CITY OF SAN ANTONIO ETJ", "St. Louis", "o'fallon"),
		State: pick("state", "", "IL", "New Jersey", "zz", "n.y."),
		ZIP:   pick("zip", "", "60540", "8014", "60540-1234", "605401234", "x"),
	}
}

func TestNormaliseTwiceChangesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) { checkNormalise(t, drawn(t)) })
}

// checkNormalise checks what holds for every address, readable or not.
func checkNormalise(t interface{ Errorf(string, ...any) }, a address.Address) {
	once, err1 := address.Normalise(a)
	twice, err2 := address.Normalise(once)
	if once != twice || (err1 == nil) != (err2 == nil) {
		t.Errorf("%+v\nonce:  %+v, %v\ntwice: %+v, %v", a, once, err1, twice, err2)
	}
	if before, after := address.Key(a), address.Key(once); before != after {
		t.Errorf("%+v has the key %q and normalised, %+v, %q", a, before, once, after)
	}
}

func FuzzAddress(f *testing.F) {
	f.Add("319 Claremont Court #54", "Apt 3B", "City of San Antonio ETJ", "New Jersey", "8014", "US")
	f.Add("0 0 # #0", "0", "0", "0", "0", "") // found: two signs became one, then none
	f.Add("0 0 #1", "#", "0", "0", "0", "")   // found: what the two units are together was read the second time only
	f.Add("618 W ELMIRA ST, City of San Antonio, TX 78212", "", "", "", "", "")
	f.Fuzz(func(t *testing.T, street, unit, city, state, zip, country string) {
		checkNormalise(t, address.Address{Street: street, Unit: unit, City: city, State: state, ZIP: zip, Country: country})
		if a, err := address.Split(street); err == nil {
			checkNormalise(t, a)
		}
		address.HouseNumber(street)
	})
}
