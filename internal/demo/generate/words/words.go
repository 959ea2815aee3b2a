// Package words holds the lists that the generator picks from.
package words

// First are first names of people as they are spread over Phoenix and Denver.
var First = []string{
	"Aaron", "Abigail", "Alejandra", "Alejandro", "Amanda", "Amy", "Andrea", "Andrew", "Angela", "Anthony", "Ashley", "Barbara", "Benjamin", "Beth",
	"Brandon", "Brenda", "Brian", "Carla", "Carlos", "Carol", "Catherine", "Charles", "Cheryl", "Christina", "Christopher", "Cynthia", "Dale", "Daniel",
	"Darnell", "David", "Deborah", "Denise", "Dennis", "Diane", "Donald", "Donna", "Douglas", "Duc", "Eduardo", "Edward", "Elena", "Elizabeth", "Emily",
	"Eric", "Esther", "Fatima", "Frank", "Gabriela", "Gary", "George", "Gloria", "Grace", "Greg", "Guadalupe", "Hannah", "Harold", "Heather", "Hector",
	"Helen", "Hung", "Ian", "Irene", "Isabel", "Jack", "Jacob", "James", "Janet", "Jason", "Javier", "Jeffrey", "Jennifer", "Jerry", "Jessica", "Jesus",
	"Joan", "John", "Jorge", "Joseph", "Joshua", "Juan", "Judith", "Julia", "Karen", "Katherine", "Keith", "Kelly", "Kenneth", "Kevin", "Kimberly", "Larry",
	"Latoya", "Laura", "Lawrence", "Leticia", "Linda", "Lisa", "Lori", "Luis", "Lupe", "Manuel", "Marcus", "Margaret", "Maria", "Mark", "Martha", "Mary Ann",
	"Matthew", "Megan", "Melissa", "Michael", "Michelle", "Miguel", "Mohammed", "Nancy", "Natalie", "Nathan", "Nicole", "Noah", "Olivia", "Pamela",
	"Patricia", "Patrick", "Paul", "Peggy", "Peter", "Phuong", "Priya", "Rachel", "Ralph", "Raymond", "Rebecca", "Ricardo", "Richard", "Robert", "Roberto",
	"Ronald", "Rosa", "Roxanne", "Roy", "Russell", "Ruth", "Ryan", "Samantha", "Samuel", "Sandra", "Sara", "Scott", "Sean", "Sharon", "Shirley", "Sofia",
	"Stephanie", "Steven", "Susan", "Tamika", "Teresa", "Theresa", "Thomas", "Timothy", "Tyler", "Valerie", "Victor", "Victoria", "Vincent", "Virginia",
	"Walter", "Wayne", "Wei", "William", "Yolanda", "Zachary",
}

// Last are last names, with those that trip software up: Null and None, apostrophes,
// hyphens, particles, diacritics.
var Last = []string{
	"Abernathy", "Acosta", "Adams", "Aguilar", "Allen", "Alvarez", "Anderson", "Bailey", "Baker", "Barnes", "Becker", "Begay", "Bell", "Bennett", "Benally",
	"Boyd", "Brooks", "Brown", "Bryant", "Burke", "Butler", "Campbell", "Carlson", "Carter", "Castillo", "Chavez", "Chen", "Christensen", "Clark", "Cohen",
	"Coleman", "Collins", "Cook", "Cooper", "Cox", "Cruz", "D'Angelo", "Davis", "de la Cruz", "de la Torre", "DeLuca", "Diaz", "Dixon", "Dougherty", "Duran",
	"Edwards", "Ellis", "Espinoza", "Evans", "Fischer", "Fisher", "Fitzgerald", "Flores", "Foster", "Franklin", "Gallagher", "Gallegos", "Garcia",
	"Garcia-Lopez", "Gibson", "Gomez", "Gonzales", "Graham", "Gray", "Green", "Griffin", "Gutierrez", "Hall", "Hamilton", "Hansen", "Harris", "Hayes",
	"Hernandez", "Herrera", "Hill", "Hoffman", "Howard", "Hughes", "Jackson", "Jenkins", "Jensen", "Johnson", "Jones", "Kelly", "Kim", "King", "Kowalski",
	"Larson", "Lee", "Lewis", "Long", "Lopez", "Lucero", "Maestas", "Marquez", "Martin", "Martinez", "McAllister", "McDonald", "McGrath", "Medina",
	"Mendoza", "Meyer", "Miller", "Mitchell", "Montoya", "Moore", "Morales", "Morgan", "Morris", "Murphy", "Myers", "Nelson", "Nguyen", "Nguyễn", "None",
	"Null", "O'Brien", "O'Connor", "Olson", "Ortega", "Ortiz", "Parker", "Patel", "Patterson", "Peña", "Perez", "Perry", "Peterson", "Phillips", "Powell",
	"Price", "Quintana", "Ramirez", "Ramos", "Reed", "Reyes", "Reynolds", "Richardson", "Rivera", "Roberts", "Robinson", "Rodriguez", "Rogers", "Romero",
	"Ross", "Ruiz", "Russell", "Salazar", "Sanchez", "Sanders", "Sandoval", "Schmidt", "Schneider", "Scott", "Shea", "Silva", "Simmons", "Smith",
	"Smith-Kowalczyk", "St. John", "Stewart", "Sullivan", "Taylor", "Thompson", "Torres", "Tran", "Trujillo", "Tsosie", "Turner", "van der Berg",
	"Vargas", "Vasquez", "Vigil", "Wagner", "Walker", "Wallace", "Ward", "Watson", "Weber", "White", "Williams", "Wilson", "Wood", "Wright", "Yazzie",
	"Young", "Zimmerman",
}

// Businesses come behind one of BusinessPlaces: Arroyo Dental Group.
var Businesses = []string{
	"Animal Hospital", "Apartments LLC", "Auto Repair", "Baptist Church", "Business Park LLC", "Community Association", "Dental Group", "Family Dentistry",
	"Fitness Center", "HOA", "Holdings LLC", "Lutheran Church", "Medical Plaza", "Montessori School", "Office Park", "Property Management", "Self Storage",
	"Senior Living", "Shopping Center LLC", "Townhomes HOA",
}

// BusinessPlaces are what local businesses are named after.
var BusinessPlaces = []string{
	"Arroyo", "Bear Creek", "Camelback", "Copper Ridge", "Cottonwood", "Eagle Ridge", "Foothills", "Front Range", "Granite", "Highline", "Ironwood",
	"Juniper", "Mesa Verde", "Mountain View", "Ocotillo", "Palo Verde", "Pinnacle", "Ponderosa", "Quail Run", "Saguaro", "Silver Creek", "Sunrise",
	"Thunderbird", "Tower Road", "Willow Bend",
}

// AdjusterFirst are first names of insurers' adjusters.
var AdjusterFirst = []string{"Alan", "Bridget", "Craig", "Dana", "Eli", "Faye", "Glenn", "Hope", "Ivan", "Joy", "Kurt", "Lena", "Marvin", "Nora", "Owen", "Paula"}

// AdjusterLast are their last names; no customer has one of them.
var AdjusterLast = []string{"Ashford", "Blackwell", "Corrigan", "Delgado", "Eastman", "Farrow", "Goodwin", "Hargrove", "Ingram", "Kessler", "Lindgren", "Mercer", "Navarro", "Osborne", "Pruitt", "Underhill"}

// RetailWork are the types of work that no insurer pays.
var RetailWork = []string{"Retail", "Retail", "Repair", "Inspection", "Service", "Warranty"}

// Trades are what a job is about.
var Trades = []string{"Roofing", "Roofing", "Roofing", "Roofing, Gutters", "Roofing, Siding", "Gutters", "Roofing, Windows", "Solar Detach & Reset"}

// LeadSources are where customers come from.
var LeadSources = []string{"Door Knock", "Referral", "Google Ads", "Website", "Yard Sign", "Angi", "Home Show", "Insurance Agent", "Facebook", "Past Customer", "Radio"}

// DeadReasons are why leads die.
var DeadReasons = []string{
	"Price", "Went with competitor", "No damage found", "Not interested", "Unresponsive", "Insurance denied", "Sold the house", "Under deductible",
	"Bad phone number", "HOA handles roofs", "Duplicate lead",
}

// Orders are reasons in which somebody has forbidden to get in touch.
var Orders = []string{"***RED FILE DO NOT CONTACT***", "***RED FILE DO NOT CONTACT***", "DNC per homeowner"}

// Lenders hold the mortgages.
var Lenders = []string{"Wells Fargo", "Chase", "Rocket Mortgage", "Desert Financial", "Elevations CU", "U.S. Bank", "Mr. Cooper"}

// Shingles are colors of shingles.
var Shingles = []string{"Weathered Wood", "Driftwood", "Charcoal", "Desert Tan", "Barkwood", "Onyx Black", "Estate Gray", "Terra Cotta"}

// JobNotes are what is written about jobs; some break the line.
var JobNotes = []string{"Homeowner works nights; call after 2 pm.", "Two layers, old 3-tab under the laminate.", "Detached garage included.\nKeep the satellite dish.", "Soft metals hit on all slopes, 8 to 10 hits a test square.", "Skylights to be replaced, \"curb mounted\", 2 each.", "Supplement sent for drip edge and ice & water."}

// JobTags are labels of jobs and people.
var JobTags = []string{"Storm 2024", "VIP", "Needs permit", "HOA approval", "Steep", "Two story"}

// Captions stand under photos.
var Captions = []string{"Front elevation", "Hail hits, north slope", "Test square, 11 hits", "Ridge cap", "Chimney flashing", "Soft metal damage", "Gutter dents", "Decking exposed", "Dumpster on site", "Final, street view", "Torn-off south slope", "Ice & water shield"}

// PhotoTags are labels of photos.
var PhotoTags = []string{"Before", "During", "After", "Damage", "Materials", "Adjuster meeting"}
