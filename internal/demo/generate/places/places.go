// Package places holds the towns that the generator's customers live in, with
// their ZIP codes and some of their streets.
//
// The points of the ZIP codes are those of the gazetteer of the United States
// Census Bureau (2021), to three decimals.
package places

// City is where customers live.
type City struct {
	Name, State string // Phoenix, AZ
	ZIPs        []ZIP
	Streets     []string // with direction and suffix, without a number
	Share       int      // of the customers, relative to the other cities of a list
}

// ZIP is a postal code with a point near its middle, in degrees (WGS 84).
type ZIP struct {
	Code      string
	Lat, Long float64
}

// Arizona are Phoenix, its suburbs in the north and the towns around Prescott.
var Arizona = []City{
	{"Phoenix", "AZ", []ZIP{
		{"85014", 33.507, -112.058},
		{"85015", 33.509, -112.102},
		{"85016", 33.510, -112.032},
		{"85018", 33.520, -111.994},
		{"85020", 33.566, -112.056},
		{"85021", 33.561, -112.095},
		{"85022", 33.627, -112.049},
		{"85023", 33.634, -112.093},
		{"85024", 33.690, -112.045},
		{"85027", 33.677, -112.102},
		{"85028", 33.582, -112.008},
		{"85029", 33.595, -112.110},
		{"85032", 33.626, -112.002},
		{"85044", 33.340, -112.006},
		{"85048", 33.302, -112.029},
		{"85050", 33.687, -111.999},
		{"85051", 33.559, -112.132},
		{"85053", 33.630, -112.132},
		{"85083", 33.745, -112.175},
		{"85085", 33.753, -112.090},
	}, []string{
		"N 19th Ave", "N 35th Ave", "N 44th St", "E Campbell Ave", "E Cheery Lynn Rd", "E Coronado Rd", "E Exeter Blvd", "E Greenway Pkwy", "W Bethany Home Rd",
		"W Encanto Blvd", "W Glenrosa Ave", "E Montebello Ave", "W Mulberry Dr", "E Osborn Rd", "E Sheridan St", "W Thunderbird Rd", "W Northview Ave",
		"E Paradise Ln", "E Sharon Dr", "W Wethersfield Rd", "E Desert Foothills Pkwy", "W Happy Valley Rd", "N 7th Pl", "E Kaler Dr", "W Myrtle Ave",
	}, 46},
	{
		"Glendale", "AZ",
		[]ZIP{{"85301", 33.534, -112.179}, {"85302", 33.568, -112.178}, {"85304", 33.595, -112.180}, {"85306", 33.624, -112.175}, {"85308", 33.660, -112.185}, {"85310", 33.701, -112.158}},
		[]string{"N 59th Ave", "N 67th Ave", "W Acoma Dr", "W Angela Dr", "W Beverly Ln", "W Cholla St", "W Grovers Ave", "W Hearn Rd", "W Mescal St", "W Orangewood Ave", "W Yucca St", "N 55th Dr"},
		12,
	},
	{
		"Peoria", "AZ",
		[]ZIP{{"85345", 33.572, -112.248}, {"85381", 33.609, -112.230}, {"85382", 33.656, -112.248}, {"85383", 33.798, -112.305}},
		[]string{"N 83rd Ave", "N 89th Dr", "W Carol Ave", "W Cinnabar Ave", "W Deanna Dr", "W Lone Cactus Dr", "W Mariposa Grande", "W Rose Garden Ln", "W Vogel Ave"},
		9,
	},
	{
		"Scottsdale", "AZ",
		[]ZIP{{"85251", 33.494, -111.921}, {"85254", 33.615, -111.950}, {"85255", 33.668, -111.823}, {"85257", 33.463, -111.914}, {"85258", 33.558, -111.893}, {"85259", 33.601, -111.809}, {"85260", 33.608, -111.889}},
		[]string{"N 64th St", "N 78th Pl", "N 92nd St", "E Aster Dr", "E Cactus Rd", "E Corrine Dr", "E Larkspur Dr", "E Mescal St", "E Pinnacle Peak Rd", "E Sweetwater Ave", "E Via De Ventura", "N Hayden Rd"},
		11,
	},
	{
		"Prescott", "AZ",
		[]ZIP{{"86301", 34.598, -112.420}, {"86303", 34.497, -112.433}, {"86305", 34.770, -112.757}},
		[]string{"Copper Basin Rd", "Iron Springs Rd", "N Montezuma St", "Pleasant St", "S Granite St", "S Mount Vernon Ave", "Sandretto Dr", "Thumb Butte Rd", "W Gurley St", "Westridge Dr", "White Spar Rd", "Williamson Valley Rd"},
		14,
	},
	{
		"Prescott Valley", "AZ",
		[]ZIP{{"86314", 34.598, -112.331}, {"86315", 34.674, -112.289}},
		[]string{"E Florentine Rd", "E Long Mesa Dr", "E Loos Dr", "E Spouse Dr", "N Glassford Hill Rd", "N Robert Rd", "N Viewpoint Dr", "N Yavapai Rd"},
		8,
	},
}

// Colorado is the metropolitan area of Denver.
var Colorado = []City{
	{"Denver", "CO", []ZIP{
		{"80205", 39.759, -104.965},
		{"80206", 39.730, -104.953},
		{"80207", 39.761, -104.917},
		{"80209", 39.707, -104.966},
		{"80210", 39.677, -104.962},
		{"80211", 39.767, -105.020},
		{"80212", 39.772, -105.048},
		{"80219", 39.695, -105.036},
		{"80220", 39.734, -104.916},
		{"80222", 39.671, -104.928},
		{"80224", 39.688, -104.912},
		{"80230", 39.720, -104.889},
		{"80231", 39.671, -104.888},
		{"80238", 39.777, -104.880},
		{"80239", 39.789, -104.834},
		{"80249", 39.855, -104.696},
	}, []string{
		"Albion St", "Bellaire St", "Clayton St", "Cook St", "Dahlia St", "E 23rd Ave", "E 35th Ave", "E Florida Ave", "E Iliff Ave", "Elati St", "Fairfax St",
		"Garfield St", "Holly St", "Ivanhoe St", "Jasmine St", "Krameria St", "Monaco Pkwy", "Oneida St", "Quebec St", "S Gilpin St", "S Pennsylvania St", "Tejon St", "W 44th Ave", "Zuni St",
	}, 34},
	{
		"Aurora", "CO",
		[]ZIP{{"80010", 39.739, -104.862}, {"80011", 39.744, -104.790}, {"80012", 39.700, -104.838}, {"80013", 39.661, -104.766}, {"80014", 39.664, -104.838}, {"80015", 39.628, -104.793}, {"80016", 39.593, -104.722}, {"80017", 39.699, -104.775}},
		[]string{"E Alaska Pl", "E Arkansas Dr", "E Bails Pl", "E Dartmouth Ave", "E Hampden Cir", "E Louisiana Pl", "S Andes Way", "S Chambers Rd", "S Dunkirk St", "S Fraser St", "S Jericho Way", "S Pagosa St", "S Tower Rd"},
		18,
	},
	{
		"Lakewood", "CO",
		[]ZIP{{"80214", 39.743, -105.069}, {"80215", 39.745, -105.116}, {"80226", 39.710, -105.092}, {"80227", 39.665, -105.102}, {"80228", 39.695, -105.173}, {"80232", 39.688, -105.089}},
		[]string{"Applewood Dr", "Brentwood St", "Carr St", "Estes St", "Garrison St", "Kipling St", "S Alkire St", "S Union Blvd", "S Wright St", "W 20th Ave", "W Alameda Pkwy", "W Jewell Ave"},
		11,
	},
	{
		"Arvada", "CO",
		[]ZIP{{"80002", 39.794, -105.108}, {"80003", 39.825, -105.064}, {"80004", 39.814, -105.122}, {"80005", 39.852, -105.131}, {"80007", 39.867, -105.198}},
		[]string{"Balsam St", "Carr Ct", "Independence St", "Lamar St", "Oak St", "Quaker St", "Simms St", "W 61st Pl", "W 68th Ave", "W 75th Dr", "W 82nd Ave", "Yank Way"},
		10,
	},
	{
		"Littleton", "CO",
		[]ZIP{{"80120", 39.594, -105.011}, {"80121", 39.610, -104.954}, {"80122", 39.580, -104.955}, {"80123", 39.616, -105.069}, {"80127", 39.531, -105.164}, {"80128", 39.561, -105.080}},
		[]string{"E Costilla Ave", "E Easter Ave", "S Broadway", "S Elati St", "S Gallup St", "S Prescott St", "S Windermere St", "W Berry Ave", "W Coal Mine Ave", "W Ken Caryl Ave", "W Rowland Pl"},
		10,
	},
	{
		"Parker", "CO",
		[]ZIP{{"80134", 39.483, -104.780}, {"80138", 39.518, -104.671}},
		[]string{"Canterberry Trl", "Crowfoot Valley Rd", "Heathrow Ln", "Hilltop Rd", "Pine Dr", "Rosewind Cir", "Stroh Rd", "Summit View Pkwy", "Tomahawk Rd"},
		6,
	},
	{
		"Thornton", "CO",
		[]ZIP{{"80229", 39.854, -104.958}, {"80233", 39.898, -104.944}, {"80241", 39.929, -104.954}},
		[]string{"Albion Dr", "Clermont St", "Dexter St", "E 112th Ave", "E 128th Pl", "E 132nd Ave", "Eudora Way", "Fillmore St", "Monroe Ct", "Steele St"},
		6,
	},
	{
		"Brighton", "CO",
		[]ZIP{{"80601", 39.962, -104.808}, {"80602", 39.966, -104.909}},
		[]string{"Bridge St", "Chambers Rd", "E 144th Ct", "Longs Peak St", "Mockingbird St", "N 4th Ave", "Prairie Falcon Ln", "S 8th Ave", "Voiles St"},
		5,
	},
}
