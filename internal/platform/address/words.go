package address

import (
	"strings"
	"unicode/utf8"
)

// suffixList is appendix C1 of USPS Publication 28: the standard abbreviation,
// then the spellings it stands for.
const suffixList = `ALY ALLEE ALLEY ALLY,ANX ANEX ANNEX ANNX,ARC ARCADE,AVE AV AVEN AVENU AVENUE AVN AVNUE,BYU BAYOO BAYOU,BCH BEACH,BND BEND,
BLF BLUF BLUFF,BLFS BLUFFS,BTM BOT BOTTM BOTTOM,BLVD BOUL BOULEVARD BOULV,BR BRNCH BRANCH,BRG BRDGE BRIDGE,BRK BROOK,BRKS BROOKS,BG BURG,
BGS BURGS,BYP BYPA BYPAS BYPASS BYPS,CP CAMP CMP,CYN CANYN CANYON CNYN,CPE CAPE,CSWY CAUSEWAY CAUSWA,CTR CEN CENT CENTER CENTR CENTRE CNTER CNTR,
CTRS CENTERS,CIR CIRC CIRCL CIRCLE CRCL CRCLE,CIRS CIRCLES,CLF CLIFF,CLFS CLIFFS,CLB CLUB,CMN COMMON,CMNS COMMONS,COR CORNER,CORS CORNERS,
CRSE COURSE,CT COURT,CTS COURTS,CV COVE,CVS COVES,CRK CREEK,CRES CRESCENT CRSENT CRSNT,CRST CREST,XING CROSSING CRSSNG,XRD CROSSROAD,
XRDS CROSSROADS,CURV CURVE,DL DALE,DM DAM,DV DIV DIVIDE DVD,DR DRIV DRIVE DRV,DRS DRIVES,EST ESTATE,ESTS ESTATES,
EXPY EXP EXPR EXPRESS EXPRESSWAY EXPW,EXT EXTENSION EXTN EXTNSN,EXTS EXTENSIONS,FALL,FLS FALLS,FRY FERRY FRRY,FLD FIELD,FLDS FIELDS,FLT FLAT,
FLTS FLATS,FRD FORD,FRDS FORDS,FRST FOREST FORESTS,FRG FORG FORGE,FRGS FORGES,FRK FORK,FRKS FORKS,FT FORT FRT,FWY FREEWAY FREEWY FRWAY FRWY,
GDN GARDEN GARDN GRDEN GRDN,GDNS GARDENS GRDNS,GTWY GATEWAY GATEWY GATWAY GTWAY,GLN GLEN,GLNS GLENS,GRN GREEN,GRNS GREENS,GRV GROV GROVE,
GRVS GROVES,HBR HARB HARBOR HARBR HRBOR,HBRS HARBORS,HVN HAVEN,HTS HT HEIGHTS,HWY HIGHWAY HIGHWY HIWAY HIWY HWAY,HL HILL,HLS HILLS,
HOLW HLLW HOLLOW HOLLOWS HOLWS,INLT INLET,IS ISLAND ISLND,ISS ISLANDS ISLNDS,ISLE ISLES,JCT JCTION JCTN JUNCTION JUNCTN JUNCTON,
JCTS JCTNS JUNCTIONS,KY KEY,KYS KEYS,KNL KNOL KNOLL,KNLS KNOLLS,LK LAKE,LKS LAKES,LAND,LNDG LANDING LNDNG,LN LANE,LGT LIGHT,LGTS LIGHTS,LF LOAF,
LCK LOCK,LCKS LOCKS,LDG LDGE LODG LODGE,LOOP LOOPS,MALL,MNR MANOR,MNRS MANORS,MDW MEADOW,MDWS MEADOWS MEDOWS,MEWS,ML MILL,MLS MILLS,
MSN MISSN MISSION MSSN,MTWY MOTORWAY,MT MNT MOUNT,MTN MNTAIN MNTN MOUNTAIN MOUNTIN MTIN,MTNS MNTNS MOUNTAINS,NCK NECK,ORCH ORCHARD ORCHRD,
OVAL OVL,OPAS OVERPASS,PARK PRK PARKS,PKWY PARKWAY PARKWY PKWAY PKY PARKWAYS PKWYS,PASS,PSGE PASSAGE,PATH PATHS,PIKE PIKES,PNE PINE,
PNES PINES,PL PLACE,PLN PLAIN,PLNS PLAINS,PLZ PLAZA PLZA,PT POINT,PTS POINTS,PRT PORT,PRTS PORTS,PR PRAIRIE PRR,RADL RAD RADIAL RADIEL,RAMP,
RNCH RANCH RANCHES RNCHS,RPD RAPID,RPDS RAPIDS,RST REST,RDG RDGE RIDGE,RDGS RIDGES,RIV RIVER RVR RIVR,RD ROAD,RDS ROADS,RTE ROUTE,ROW,RUE,RUN,
SHL SHOAL,SHLS SHOALS,SHR SHOAR SHORE,SHRS SHOARS SHORES,SKWY SKYWAY,SPG SPNG SPRING SPRNG,SPGS SPNGS SPRINGS SPRNGS,SPUR SPURS,
SQ SQR SQRE SQU SQUARE,SQS SQRS SQUARES,STA STATION STATN STN,STRA STRAV STRAVEN STRAVENUE STRAVN STRVN STRVNUE,STRM STREAM STREME,
ST STREET STRT STR,STS STREETS,SMT SUMIT SUMITT SUMMIT,TER TERR TERRACE,TRWY THROUGHWAY,TRCE TRACE TRACES,TRAK TRACK TRACKS TRK TRKS,
TRFY TRAFFICWAY,TRL TRAIL TRAILS TRLS,TRLR TRAILER TRLRS,TUNL TUNEL TUNLS TUNNEL TUNNELS TUNNL,TPKE TRNPK TURNPIKE TURNPK,UPAS UNDERPASS,UN UNION,
UNS UNIONS,VLY VALLEY VALLY VLLY,VLYS VALLEYS,VIA VDCT VIADCT VIADUCT,VW VIEW,VWS VIEWS,VLG VILL VILLAG VILLAGE VILLG VILLIAGE,VLGS VILLAGES,
VL VILLE,VIS VIST VISTA VST VSTA,WALK WALKS,WALL,WAY WY,WAYS,WL WELL,WLS WELLS`

// streetList are the suffixes that end a street's name and hardly ever a
// city's. Only these are taken as the end of a street where no comma says so.
const streetList = `AVE,BLVD,CIR,CT,DR,HWY,LN,LOOP,PKWY,PL,RD,RTE,ST,TER,TRL,WAY`

// directionList is appendix B of Publication 28.
const directionList = `N NORTH,S SOUTH,E EAST,W WEST,NE NORTHEAST,NW NORTHWEST,SE SOUTHEAST,SW SOUTHWEST`

// unitList is appendix C2: the designators of units within a building.
// Those in aloneList need no number behind them, and those in letterList may
// have letters for one: Apt B, but not Side N.
const (
	unitList   = `APT APARTMENT,BSMT BASEMENT,BLDG BUILDING,DEPT DEPARTMENT,FL FLOOR FLR,FRNT FRONT,HNGR HANGAR HANGER,LBBY LOBBY,LOT,LOWR LOWER,OFC OFFICE,PH PENTHOUSE,PIER,REAR,RM ROOM,SIDE,SLIP,SPC SPACE,STE SUITE,STOP,TRLR TRAILER,UNIT,UPPR UPPER`
	letterList = `APT,BLDG,DEPT,HNGR,LOT,OFC,RM,SPC,STE,TRLR,UNIT`
	aloneList  = `BSMT,FRNT,LBBY,LOWR,OFC,PH,REAR,SIDE,UPPR`
)

// keyList are other words that a matching key writes in one way.
const keyList = `ST SAINT,STE SAINTE,1ST FIRST,2ND SECOND,3RD THIRD,4TH FOURTH,5TH FIFTH,6TH SIXTH,7TH SEVENTH,8TH EIGHTH,9TH NINTH,10TH TENTH,
11TH ELEVENTH,12TH TWELFTH,CO COUNTY CNTY,DR DOCTOR,JR JUNIOR,MLK`

// meaning is what a word of an address can be; abbreviations in capitals, empty
// where the word isn't one.
type meaning struct {
	suffix, direction, unit string
	key                     string // how a matching key writes the word
	endsStreet              bool   // a suffix of streetList, in any spelling
	alone                   bool   // a unit that needs no number
	letters                 bool   // a unit whose number may be letters
}

// lexicon gives the meanings of every spelling in the lists above.
var lexicon = func() map[string]*meaning {
	m := map[string]*meaning{}
	add := func(list string, set func(w *meaning, abbreviation string)) {
		for entry := range strings.SplitSeq(strings.ReplaceAll(list, "\n", ""), ",") {
			words := strings.Fields(entry)
			for _, w := range words {
				if m[w] == nil {
					m[w] = &meaning{}
				}
				set(m[w], words[0])
			}
		}
	}
	add(keyList, func(w *meaning, to string) { w.key = to })
	add(suffixList, func(w *meaning, to string) { w.suffix, w.key = to, to })
	add(directionList, func(w *meaning, to string) { w.direction = to })
	add(unitList, func(w *meaning, to string) { w.unit = to })
	for _, w := range m {
		in := func(list, word string) bool { return word != "" && strings.Contains(","+list+",", ","+word+",") }
		w.endsStreet, w.alone, w.letters = in(streetList, w.suffix), in(aloneList, w.unit), in(letterList, w.unit)
	}
	return m
}()

// meaningless is the meaning of every other word.
var meaningless meaning

// meaningOf looks a word up, in any case and with points in it or without.
func meaningOf(word string) *meaning {
	if m := lookUp(lexicon, word); m != nil {
		return m
	}
	return &meaningless
}

// keyPhrases are the ways to write a numbered road, after keyWords and suffixes
// have been abbreviated, with the one a key uses.
var keyPhrases = [...]struct{ long, short string }{
	{" CO RD ", " CR "},
	{" CO HWY ", " CH "},
	{" FARM TO MARKET RD ", " FM "},
	{" FM RD ", " FM "},
	{" US HWY ", " US "},
	{" US RTE ", " US "},
	{" STATE HWY ", " SH "},
	{" ST HWY ", " SH "},
	{" STATE RTE ", " SR "},
	{" STATE RD ", " SR "},
	{" ST RTE ", " SR "},
	{" INTERSTATE HWY ", " I "},
	{" INTERSTATE ", " I "},
	{" IH ", " I "},
}

// oneCase tells whether the letters of a text are all capitals or all small, so
// that nobody chose them. Text in both is somebody's own spelling.
type oneCase struct{ upper, lower bool }

func (c *oneCase) add(s string) {
	for i := range len(s) {
		c.upper = c.upper || s[i] >= 'A' && s[i] <= 'Z'
		c.lower = c.lower || s[i] >= 'a' && s[i] <= 'z'
	}
}

func (c *oneCase) holds() bool { return c.upper != c.lower }

// appendProper writes w, the i-th word of a text in one case, with an initial
// capital: "McDonald", "O'Connor", "21st", "of"; the letters of roads, of
// directions and of numbers stay capitals.
func appendProper(b []byte, w string, i int) []byte {
	if !utf8.ValidString(w) {
		return append(b, w...)
	}
	from := len(b)
	b = append(b, strings.ToLower(w)...)
	word := b[from:]
	switch {
	case i > 0 && (string(word) == "of" || string(word) == "the" || string(word) == "and"), isOrdinal(w):
		return b
	case strings.ContainsAny(w, "0123456789") || staysCapital(w):
		return append(b[:from], strings.ToUpper(w)...)
	}
	capital := true
	for j, c := range word {
		if capital && c >= 'a' && c <= 'z' {
			word[j] = c - 'a' + 'A'
		}
		capital = c == '-' || c == '/' || c == '\'' && j == 1 || c == 'c' && j == 1 && word[0] == 'M' && len(word) > 4
	}
	return b
}

// staysCapital tells whether w is the letters of a road or a direction.
func staysCapital(w string) bool {
	if len(w) > 3 {
		return false
	}
	switch strings.ToUpper(w) {
	case "US", "FM", "IH", "CR", "SR", "SH", "RR", "PO", "NE", "NW", "SE", "SW", "II", "III", "IV":
		return true
	}
	return false
}

// isOrdinal tells whether w is 1st, 22nd and so on.
func isOrdinal(w string) bool {
	n := len(w) - 2
	if n < 1 || !isDigits(w[:n]) {
		return false
	}
	switch string([]byte{w[n] | 0x20, w[n+1] | 0x20}) {
	case "st", "nd", "rd", "th":
		return true
	}
	return false
}

// appendTitle writes an abbreviation in capitals with an initial one: "Blvd".
func appendTitle(b []byte, abbreviation string) []byte {
	b = append(b, abbreviation[0])
	for i := 1; i < len(abbreviation); i++ {
		b = append(b, abbreviation[i]|0x20)
	}
	return b
}
