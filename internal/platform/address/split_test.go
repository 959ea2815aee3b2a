package address_test

import (
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/skaiscraper/skai/internal/platform/address"
)

func TestSplit(t *testing.T) {
	t.Parallel()
	claremont := address.Address{Street: "319 Claremont Ct", City: "Naperville", State: "IL", ZIP: "60540", Country: "US"}
	with := func(change func(*address.Address)) address.Address {
		a := claremont
		change(&a)
		return a
	}
	for in, want := range map[string]address.Address{
		"319 Claremont Court, Naperville, IL 60540 US":              claremont,
		"319 Claremont Court, Naperville, IL, 60540, USA":           claremont,
		"319 CLAREMONT CT, NAPERVILLE, ILLINOIS 60540":              claremont,
		"319 Claremont Ct., Naperville Illinois 60540":              claremont,
		"319 Claremont Ct\r\nNaperville, il 60540\r\nUnited States": claremont,
		"319 Claremont Ct, Naperville IL 60540":                     claremont,
		"319 Claremont Ct, Naperville, IL 60540-1234":               with(func(a *address.Address) { a.Plus4 = "1234" }),
		"319 Claremont Ct, Naperville, IL 605401234":                with(func(a *address.Address) { a.Plus4 = "1234" }),
		"319 Claremont Ct Apt 2, Naperville, IL 60540":              with(func(a *address.Address) { a.Unit = "Apt 2" }),
		"319 Claremont Ct, Apt 2, Naperville, IL 60540":             with(func(a *address.Address) { a.Unit = "Apt 2" }),
		"319 Claremont Ct, Bldg 1, #2, Naperville, IL 60540":        with(func(a *address.Address) { a.Unit = "Bldg 1 #2" }),
		"319 Claremont Ct, B, Naperville, IL 60540":                 with(func(a *address.Address) { a.Unit = "B" }),
		"319 Claremont Ct, NW, Naperville, IL 60540":                with(func(a *address.Address) { a.Street = "319 Claremont Ct NW" }),
		"319 Claremont Ct, Naperville, IL":                          with(func(a *address.Address) { a.ZIP = "" }),
		"319 Claremont Ct, Naperville IL":                           with(func(a *address.Address) { a.ZIP = "" }),
		"319 Claremont Ct, Naperville 60540":                        with(func(a *address.Address) { a.State, a.Country = "", "" }),
		"319 Claremont Ct, IL 60540":                                with(func(a *address.Address) { a.City = "" }),
		"319 Claremont Ct":                                          {Street: "319 Claremont Ct"},
		"319 CLAREMONT CT":                                          {Street: "319 Claremont Ct"},
		"707 E MAIN ST 20TH FL":                                     {Street: "707 E Main St", Unit: "Fl 20"},
		"618 W ELMIRA ST, City of San Antonio, TX 78212":            {Street: "618 W Elmira St", City: "San Antonio", State: "TX", ZIP: "78212", Country: "US"},
		"25315 FAIRWAY SPRINGS, City of San Antonio ETJ, TX 78260":  {Street: "25315 Fairway Spgs", City: "San Antonio", State: "TX", ZIP: "78260", Country: "US"},
		"8 W Cerritos Ave #54, Bridgeport, NJ 8014":                 {Street: "8 W Cerritos Ave", Unit: "#54", City: "Bridgeport", State: "NJ", ZIP: "08014", Country: "US"},
		"PO Box 12, Ava, MO 65608":                                  {Street: "PO Box 12", City: "Ava", State: "MO", ZIP: "65608", Country: "US"},
		"4000 N State Rd 7, Fort Lauderdale, FL 33319":              {Street: "4000 N State Rd 7", City: "Fort Lauderdale", State: "FL", ZIP: "33319", Country: "US"},
		"1600 Pennsylvania Ave NW, Washington, D.C. 20500":          {Street: "1600 Pennsylvania Ave NW", City: "Washington", State: "DC", ZIP: "20500", Country: "US"},
		"350 5th Ave, New York, New York 10118":                     {Street: "350 5th Ave", City: "New York", State: "NY", ZIP: "10118", Country: "US"},
		"68 Route 66, VT 05149":                                     {Street: "68 Route 66", State: "VT", ZIP: "05149", Country: "US"},
		"Career Avenue, Montgomery, AL 36104":                       {Street: "Career Ave", City: "Montgomery", State: "AL", ZIP: "36104", Country: "US"},
	} {
		got, err := address.Split(in)
		if err != nil {
			t.Errorf("Split(%q): %v", in, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("Split(%q) (-want +got):\n%s", in, diff)
		}
	}
}

func TestSplitRefuses(t *testing.T) {
	t.Parallel()
	for in, words := range map[string]string{
		"": "no address", " ,\n": "no address", "60540": "no street", "IL 60540": "no street", "Naperville, IL 60540": "no street", "call Bob": "no street",
		"319 Claremont Court Naperville IL 60540": "put a comma", "319 Claremont Court Naperville, IL 60540": "put a comma", "8423 Via Verona": "put a comma",
		"100 OAK HILL CT ROCKY HILL CT": "put a comma", "1270 E Main Street Barstow, Barstow, CA 92311": "put a comma", "131 Elm St North Elm Street": "put a comma",
		"319 Claremont Ct, Naperville": "add the state or the ZIP", "100 Main St, Canterbury Court": "add the state or the ZIP",
		"350 5th Ave, New York 10118": "city or a state", "100 Main St, NE": "city or a state", "100 N 17th St, Phila District of Columbia 19103": "city or a state",
		"1105 Bolton Road, NW Atlanta, GA 30331": "whether the direction", "3313 Hwy 31, W. White House, TN 37188": "whether the direction", "319 Claremont Ct, N, Naperville, IL 60540": "whether the direction",
		"319 Claremont Ct, Ste B Naperville, IL 60540": "not a city", "319 Claremont Ct, Naperville 2, IL 60540": "not a city", "319 Claremont Ct, Naperville IL, IL 60540": "not a city",
		"319 Claremont Ct, Ca. Barstow, CA 92311": "not a city", "319 Claremont Ct, x, IL 60540": "not a city",
		"319 Claremont Ct, leave at the door, Naperville, IL 60540": "not a unit", "319 Claremont Ct, TX, Naperville, IL 60540": "not a unit",
		"1 A St, 1, 2, 3, 4, 5, 6, 7, 8, Ava, MO 65608": "not a unit",
		"319 Claremont Ct, Naperville, IL 6054":         "short of a digit", "319 Claremont Ct, Naperville, IL 00040": "no ZIP code begins",
		"1 Main St, Toronto, ON M4B 1B3, Canada": "not a unit",
	} {
		got, err := address.Split(in)
		if err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("Split(%q) = %+v, %v; want an error with %q", in, got, err, words)
		}
	}
}

// shared opens data that others published, when it is beside the project.
func shared(t *testing.T, name ...string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(append([]string{"..", "..", "..", "..", "shared", "data"}, name...)...))
	if err != nil {
		t.Skipf("the published data is not beside the project: %v", err)
	}
	return text
}

// TestRealAddresses reads 3,220 real addresses in parts and as one cell.
func TestRealAddresses(t *testing.T) {
	t.Parallel()
	var data struct {
		Addresses []struct{ Address1, Address2, City, State, PostalCode string }
	}
	if err := json.Unmarshal(shared(t, "addresses", "rrad-addresses-us-all.json"), &data); err != nil {
		t.Fatal(err)
	}
	if len(data.Addresses) != 3220 {
		t.Fatalf("%d addresses; want 3220", len(data.Addresses))
	}
	for _, d := range data.Addresses {
		in := address.Address{Street: d.Address1, Unit: d.Address2, City: d.City, State: d.State, ZIP: d.PostalCode}
		want, err := address.Normalise(in)
		if err != nil {
			t.Errorf("Normalise(%+v): %v", in, err)
		}
		checkNormalise(t, in)
		cell := strings.NewReplacer(", , ", ", ", ", , , ", ", ").Replace(strings.Join([]string{d.Address1, d.Address2, d.City, d.State + " " + d.PostalCode}, ", "))
		got, err := address.Split(cell)
		if err != nil {
			t.Errorf("Split(%q): %v", cell, err)
		} else if got != want {
			t.Errorf("Split(%q) = %+v; want %+v", cell, got, want)
		}
	}
}

// TestRealPermits splits the one-cell addresses of a city's building permits.
func TestRealPermits(t *testing.T) {
	t.Parallel()
	rows, err := csv.NewReader(strings.NewReader(string(shared(t, "permits", "san-antonio-2023-03-13.csv")))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	split, empty, refused := 0, 0, 0
	for _, row := range rows[1:] {
		cell := row[4]
		a, err := address.Split(cell)
		switch {
		case strings.TrimSpace(cell) == "":
			empty++
		case err != nil:
			refused++
			t.Logf("%q: %v", cell, err)
		default:
			split++
			checkNormalise(t, a)
			if a.Street == "" || strings.Contains(a.City, "City of") {
				t.Errorf("Split(%q) = %+v", cell, a)
			}
		}
	}
	t.Logf("of %d permits %d addresses were split, %d refused, %d are empty", len(rows)-1, split, refused, empty)
	if split != 15454 || refused != 7 || empty != 826 {
		t.Error("want 15454 split, 7 refused, 826 empty")
	}
}

// TestHandLabelledAddresses compares Split with what people marked as city,
// state, ZIP, street and unit in messy address strings.
func TestHandLabelledAddresses(t *testing.T) {
	t.Parallel()
	type part struct {
		XMLName xml.Name
		Text    string `xml:",chardata"`
	}
	var data struct {
		Addresses []struct {
			Parts []part `xml:",any"`
		} `xml:"AddressString"`
	}
	if err := xml.Unmarshal(shared(t, "addresses", "usaddress-labeled.xml"), &data); err != nil {
		t.Fatal(err)
	}
	agreed, differed := 0, 0
	for _, d := range data.Addresses {
		var cell, street, unit, city, state, zip string
		for _, p := range d.Parts {
			cell += " " + p.Text
			field := &street
			switch p.XMLName.Local {
			case "PlaceName":
				field = &city
			case "StateName":
				field = &state
			case "ZipCode":
				field = &zip
			case "OccupancyType", "OccupancyIdentifier", "SubaddressType", "SubaddressIdentifier":
				field = &unit
			case "CountryName":
				continue
			}
			*field += " " + strings.Trim(p.Text, ",;. ")
		}
		got, err := address.Split(cell)
		if err != nil {
			continue
		}
		want, err := address.Normalise(address.Address{Street: street, Unit: unit, City: city, State: state, ZIP: strings.TrimSpace(zip)})
		if err != nil {
			t.Errorf("the marked parts of %q: %v", cell, err)
		}
		if got.City == want.City && got.State == want.State && got.ZIP == want.ZIP && address.Key(got) == address.Key(want) {
			agreed++
		} else {
			differed++
			t.Logf("%q\n got  %+v\n want %+v", cell, got, want)
		}
	}
	t.Logf("of %d addresses %d were split as people did, %d in another way", len(data.Addresses), agreed, differed)
	if agreed < 580 || differed > 6 {
		t.Error("want at least 580 and at most 6")
	}
}

// TestAddressesThatCantBeRead are refused in words, except the few that can.
func TestAddressesThatCantBeRead(t *testing.T) {
	t.Parallel()
	r := csv.NewReader(strings.NewReader(string(shared(t, "addresses", "usaddress-unparseable.csv"))))
	r.FieldsPerRecord = -1
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	split := 0
	for _, row := range rows {
		a, err := address.Split(row[0])
		switch {
		case err == nil:
			split++
			t.Logf("Split(%q) = %+v", row[0], a)
			checkNormalise(t, a)
		case len(err.Error()) < 40:
			t.Errorf("Split(%q): %v", row[0], err)
		}
	}
	if split > 4 {
		t.Errorf("%d of %d were split; want at most 4", split, len(rows))
	}
}

// TestPublishedContacts reads the ZIPs of a published contact list, some
// without their leading zero.
func TestPublishedContacts(t *testing.T) {
	t.Parallel()
	rows, err := csv.NewReader(strings.NewReader(string(shared(t, "contacts", "us-500.csv")))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	padded := 0
	for _, row := range rows {
		in := address.Address{Street: row[3], City: row[4], State: row[6], ZIP: row[7]}
		a, err := address.Normalise(in)
		if err != nil || len(a.ZIP) != 5 || !strings.HasSuffix(a.ZIP, row[7]) {
			t.Errorf("Normalise(%+v) = %+v, %v", in, a, err)
		}
		if len(row[7]) == 4 {
			padded++
		}
		checkNormalise(t, in)
	}
	if padded == 0 {
		t.Error("no ZIP of the list lost its zero; it should have some")
	}
}

func BenchmarkSplit(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		_, _ = address.Split("25315 FAIRWAY SPRINGS, City of San Antonio ETJ, TX 78260")
	}
}

func BenchmarkNormalise(b *testing.B) {
	a := address.Address{Street: "319 Claremont Court Apt 3B", City: "Naperville", State: "IL", ZIP: "60540"}
	b.ReportAllocs()
	for b.Loop() {
		_, _ = address.Normalise(a)
	}
}

func BenchmarkKey(b *testing.B) {
	a := address.Address{Street: "319 Claremont Court Apt 3B", City: "Naperville", State: "IL", ZIP: "60540"}
	b.ReportAllocs()
	for b.Loop() {
		_ = address.Key(a)
	}
}

func BenchmarkParseZIP(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		_, _, _ = address.ParseZIP("8014", "NJ")
	}
}
