package address

import (
	"errors"
	"strings"
)

var errState = errors.New("this is not a US state; write its name or its two letters, like Illinois or IL")

// stateNames are the states, territories and military "states" of Publication
// 28, appendix B, by code; then abbreviations in use before the codes were.
const stateNames = `AL ALABAMA,ALA;AK ALASKA;AZ ARIZONA,ARIZ;AR ARKANSAS,ARK;CA CALIFORNIA,CALIF;CO COLORADO,COLO;CT CONNECTICUT,CONN;
DE DELAWARE,DEL;DC DISTRICT OF COLUMBIA,WASHINGTON DC;FL FLORIDA,FLA;GA GEORGIA;HI HAWAII;ID IDAHO;IL ILLINOIS,ILL;IN INDIANA,IND;IA IOWA;
KS KANSAS,KANS;KY KENTUCKY;LA LOUISIANA;ME MAINE;MD MARYLAND;MA MASSACHUSETTS,MASS;MI MICHIGAN,MICH;MN MINNESOTA,MINN;MS MISSISSIPPI,MISS;
MO MISSOURI;MT MONTANA,MONT;NE NEBRASKA,NEBR,NEB;NV NEVADA,NEV;NH NEW HAMPSHIRE,N H;NJ NEW JERSEY,N J;NM NEW MEXICO,N MEX,N M;NY NEW YORK,N Y;
NC NORTH CAROLINA,N C;ND NORTH DAKOTA,N DAK,N D;OH OHIO;OK OKLAHOMA,OKLA;OR OREGON,OREG,ORE;PA PENNSYLVANIA,PENN,PENNA;RI RHODE ISLAND,R I;
SC SOUTH CAROLINA,S C;SD SOUTH DAKOTA,S DAK,S D;TN TENNESSEE,TENN;TX TEXAS,TEX;UT UTAH;VT VERMONT;VA VIRGINIA;WA WASHINGTON,WASH;
WV WEST VIRGINIA,W VA,W V;WI WISCONSIN,WIS,WISC;WY WYOMING,WYO;PR PUERTO RICO;VI VIRGIN ISLANDS,US VIRGIN ISLANDS;GU GUAM;AS AMERICAN SAMOA;
MP NORTHERN MARIANA ISLANDS;FM FEDERATED STATES OF MICRONESIA;MH MARSHALL ISLANDS;PW PALAU;
AA ARMED FORCES AMERICAS;AE ARMED FORCES EUROPE;AP ARMED FORCES PACIFIC`

// states gives the code for every spelling in stateNames, the code included.
var states = func() map[string]string {
	m := make(map[string]string, 160)
	for entry := range strings.SplitSeq(strings.ReplaceAll(stateNames, "\n", ""), ";") {
		code, names, _ := strings.Cut(entry, " ")
		m[code] = code
		for name := range strings.SplitSeq(names, ",") {
			m[name] = code
		}
	}
	return m
}()

// StateCode gives the two letters of a state, the District of Columbia, a
// territory or a military address: "il", "Illinois", "Ill." and "D.C." are read.
func StateCode(s string) (string, error) {
	if code := lookUp(states, s); code != "" {
		return code, nil
	}
	return "", errState
}

// lookUp finds s in a table of upper-case words without points, whatever the
// case, points and white space of s.
func lookUp[V any](table map[string]V, s string) V {
	var none V
	var buf [36]byte
	b := buf[:0]
	for i := range len(s) {
		c := s[i]
		switch {
		case c == '.':
			continue
		case c == ' ' || c == '\t':
			if len(b) == 0 || b[len(b)-1] == ' ' {
				continue
			}
			c = ' '
		case c >= 'a' && c <= 'z':
			c -= 'a' - 'A'
		}
		if len(b) == cap(b) {
			return none
		}
		b = append(b, c)
	}
	if n := len(b); n > 0 && b[n-1] == ' ' {
		b = b[:n-1]
	}
	return table[string(b)]
}

// countries are the ways to write the United States.
var countries = map[string]bool{
	"US": true, "USA": true, "U S": true, "U S A": true, "UNITED STATES": true, "UNITED STATES OF AMERICA": true,
}
