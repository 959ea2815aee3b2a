package sources

import (
	"fmt"
	"maps"
)

// common are names of columns that mean the same wherever they stand, as Key
// gives them; snake_case, camelCase and labels come to the same.
var common = map[string]Field{
	"firstname": FirstName, "first": FirstName, "givenname": FirstName, "fname": FirstName,
	"lastname": LastName, "last": LastName, "surname": LastName, "familyname": LastName, "lname": LastName,
	"name": ContactName, "fullname": ContactName, "contactname": ContactName, "customername": ContactName, "homeowner": ContactName,
	"homeownername": ContactName, "customer": ContactName, "displayname": ContactName, "clientname": ContactName,
	"company": Company, "companyname": Company, "organization": Company, "organisation": Company, "business": Company, "businessname": Company,
	"email": Email, "emailaddress": Email, "emails": Email, "email1": Email, "email2": Email, "primaryemail": Email, "secondaryemail": Email,
	"phone": Phone, "phonenumber": Phone, "telephone": Phone, "phone1": Phone, "phone2": Phone, "primaryphone": Phone, "mainphone": Phone,
	"mobile": Mobile, "mobilephone": Mobile, "cell": Mobile, "cellphone": Mobile, "mobilenumber": Mobile,
	"homephone": HomePhone, "workphone": WorkPhone, "officephone": WorkPhone, "businessphone": WorkPhone,
	"fax": Fax, "faxnumber": Fax, "faxphone": Fax, "isarchived": Archived, "archived": Archived, "isactive": Active,
	"contacttype": ContactRole, "donotcontact": DoNotContact, "dnc": DoNotContact, "smsoptout": SMSOptOut, "textoptout": SMSOptOut,
	"address": Address, "fulladdress": Address, "propertyaddress": Address, "mailingaddress": Address, "siteaddress": Address, "jobaddress": Address,
	"street": Street, "streetaddress": Street, "address1": Street, "addressline1": Street, "street1": Street, "streetaddress1": Street,
	"street2": Street2, "address2": Street2, "addressline2": Street2, "unit": Street2, "apt": Street2, "suite": Street2, "streetaddress2": Street2,
	"city": City, "town": City, "state": State, "statetext": State, "province": State, "region": State,
	"zip": ZIP, "zipcode": ZIP, "postalcode": ZIP, "postcode": ZIP, "country": Country, "countryname": Country, "county": County,
	"latitude": Latitude, "lat": Latitude, "longitude": Longitude, "lng": Longitude, "lon": Longitude, "coordinates": Coordinates,
	"propertytype": PropertyType, "buildingtype": PropertyType, "yearbuilt": YearBuilt, "built": YearBuilt,
	"squarefootage": SquareFeet, "squarefeet": SquareFeet, "sqft": SquareFeet, "livingarea": SquareFeet, "squares": Squares, "roofsquares": Squares,
	"stories": Stories, "pitch": Pitch, "roofpitch": Pitch, "rooftype": RoofMaterial, "roofmaterial": RoofMaterial, "roofage": RoofAge,
	"stage": Stage, "status": Stage, "statusname": Stage, "leadstatus": Stage, "jobstatus": Stage, "claimstatus": Stage, "currentmilestone": Stage, "milestone": Stage,
	"deadleadreason": DeadReason, "lostreason": DeadReason, "deadreason": DeadReason,
	"source": LeadSource, "leadsource": LeadSource, "sourcename": LeadSource, "referralsource": LeadSource,
	"worktype": WorkType, "jobtype": WorkType, "salesperson": Salesperson, "salesrep": Salesperson, "salesrepname": Salesperson,
	"primarysalesperson": Salesperson, "assignedto": Salesperson, "assignee": Salesperson, "rep": Salesperson, "owner": Salesperson,
	"temperature": Temperature, "value": Value, "estimatedvalue": Value, "jobvalue": Value, "dealvalue": Value,
	"followup": FollowUp, "followupdate": FollowUp, "nextfollowup": FollowUp,
	"carrier": Carrier, "insurancecompany": Carrier, "insurancecarrier": Carrier, "insurer": Carrier, "insurance": Carrier,
	"claimnumber": ClaimNumber, "claim#": ClaimNumber, "claimno": ClaimNumber, "policynumber": PolicyNumber, "policy#": PolicyNumber, "policyno": PolicyNumber,
	"dateofloss": DateOfLoss, "lossdate": DateOfLoss, "dol": DateOfLoss, "typeofloss": Peril, "losstype": Peril, "peril": Peril, "causeofloss": Peril,
	"adjustername": AdjusterName, "adjuster": AdjusterName, "adjusterphone": AdjusterPhone, "adjusteremail": AdjusterEmail,
	"rcv": RCV, "replacementcostvalue": RCV, "acv": ACV, "actualcashvalue": ACV, "deductible": Deductible,
	"recoverabledepreciation": RecoverableDepreciation, "nonrecoverabledepreciation": NonRecoverableDepreciation,
	"approvedvalue": Approved, "approvedamount": Approved, "supplements": Supplements, "supplementstotal": Supplements, "supplementtotal": Supplements,
	"paid": Paid, "amountpaid": Paid, "totalpaid": Paid, "nextaction": NextAction,
	"tags": Tags, "labels": Tags, "notes": Notes, "note": Notes, "description": Notes, "comments": Notes,
	"id": ID, "externalid": ID, "recordid": ID, "contactid": ID, "customerid": ID,
	"createdat": Created, "datecreated": Created, "createddate": Created, "created": Created, "createdon": Created, "leaddate": Created,
	"updatedat": Updated, "dateupdated": Updated, "updated": Updated, "lastmodified": Updated,
	"title": Title, "leadname": Title, "jobname": Title, "projectname": Title, "number": Number, "jobnumber": Number, "#": Number,
	"contactemail": RefContactEmail,
}

// generic reads any table whose columns carry the common names.
var generic = &Source{
	Name: "generic", Label: "another system",
	Files: []File{
		{Kind: Contacts},
		{Kind: Properties, Aliases: map[string]Field{"name": Title, "owneremail": RefContactEmail, "unit": Street2}},
		{Kind: Leads, Aliases: map[string]Field{"name": Title, "lead": Title}},
		{Kind: Claims, Aliases: map[string]Field{"name": ContactName, "claim": ClaimNumber}},
		{Kind: Jobs},
	},
	LeadStages: leadWords, ClaimStages: claimWords,
}

// leadWords and claimWords are the words of our own stages and the plain ones
// that every system uses in the same sense.
var (
	leadWords = map[string]string{
		"new": "new", "lead": "new", "newlead": "new", "open": "new", "unassigned": "new",
		"contacted": "contacted", "contacting": "contacted", "attempted": "contacted",
		"qualified": "qualified", "prospect": "qualified", "appointmentscheduled": "qualified", "appointmentset": "qualified", "inspectionscheduled": "qualified",
		"inspected": "inspected", "inspectioncomplete": "inspected", "inspectioncompleted": "inspected",
		"proposal": "proposal", "estimatesent": "proposal", "estimating": "proposal", "quoted": "proposal", "proposalsent": "proposal", "negotiation": "proposal",
		"won": "won", "sold": "won", "converted": "won",
		"lost": "lost", "dead": "lost", "deadlead": "lost", "notinterested": "lost", "unqualified": "lost", "disqualified": "lost",
	}
	claimWords = map[string]string{
		"intake": "intake", "new": "intake", "open": "intake", "pending": "intake",
		"inspection": "inspection", "inspected": "inspection", "inspectionscheduled": "inspection",
		"filed": "filed", "claimfiled": "filed", "submitted": "filed", "pendinginsurance": "filed",
		"adjusterreview": "adjuster_review", "adjustermeeting": "adjuster_review", "adjusterscheduled": "adjuster_review", "underreview": "adjuster_review", "inreview": "adjuster_review",
		"approved": "approved", "signedcontract": "approved", "contractsigned": "approved", "soldjob": "approved",
		"denied": "denied", "rejected": "denied", "appeal": "appeal", "appealed": "appeal",
		"build": "build", "inprogress": "build", "inproduction": "build", "production": "build", "jobscheduled": "build", "scheduled": "build",
		"completed": "completed", "complete": "completed", "jobcompleted": "completed",
		"invoiced": "invoiced", "pendingpayments": "invoiced", "pendingpayment": "invoiced",
		"depreciation": "depreciation", "depreciationrequested": "depreciation",
		"closed": "closed", "paid": "closed", "paidclosed": "closed", "settled": "closed",
		"cancelled": "cancelled", "canceled": "cancelled",
	}
)

// with gives the plain words and a vendor's own on top.
func with(words, own map[string]string) map[string]string {
	all := make(map[string]string, len(words)+len(own))
	maps.Copy(all, words)
	maps.Copy(all, own)
	return all
}

// needs tells, for a table nobody signed, what makes it what: every group must
// have a field of it among the columns.
var needs = []struct {
	kind   Kind
	groups [][]Field
	words  string
}{
	{Jobs, [][]Field{{FirstName, LastName, ContactName}, {Street, Address}, {Stage}, {Salesperson, WorkType, Number, Title}}, "a person, an address, a status and a job's columns"},
	{Claims, [][]Field{{ClaimNumber}, {Carrier, DateOfLoss, Deductible, RCV}}, "a claim number with a carrier, date of loss or amounts"},
	{Leads, [][]Field{{Title, LeadSource}, {Stage}, {Value, Temperature, LeadSource}}, "a title or source, a status, and a value, temperature or source"},
	{Properties, [][]Field{{Street, Address}, {YearBuilt, RoofMaterial, RoofAge, SquareFeet, Squares, PropertyType, Latitude}}, "an address with columns of a building"},
	{Contacts, [][]Field{{FirstName, LastName, ContactName, Company}, {Email, Phone, Mobile, HomePhone, WorkPhone, Street, Address}}, "a name with a way to reach it"},
}

// detectGeneric takes the first kind whose needs the columns meet. It is sure
// when at least half of the columns are known, or three beyond the needed ones.
func detectGeneric(keys []string, source string, kind Kind) Guess {
	s := ByName(source)
	if s == nil {
		s = generic
	}
	for _, n := range needs {
		if kind != "" && n.kind != kind {
			continue
		}
		fields, known := fieldsOf(keys, s, n.kind)
		met := 0
		for _, group := range n.groups {
			for _, f := range group {
				if fields[f] {
					met++
					break
				}
			}
		}
		if met < len(n.groups) {
			continue
		}
		sure := 70
		if known*2 >= len(keys) || known >= met+3 {
			sure = 92
		}
		return Guess{s, n.kind, sure, fmt.Sprintf("it has %s; %d of %d columns are known", n.words, known, len(keys))}
	}
	if kind != "" {
		return Guess{s, kind, 100, "as you said"}
	}
	return Guess{Why: "its columns fit none of contacts, properties, leads, claims and jobs"}
}

func fieldsOf(keys []string, s *Source, kind Kind) (fields [FieldCount]bool, known int) {
	file := s.File(kind)
	if file == nil {
		file = generic.File(kind)
	}
	for _, k := range keys {
		if f := s.Lookup(file, k); f != None {
			fields[f] = true
			known++
		}
	}
	return fields, known
}

func describe(s *Source, kind Kind, hits, telling int) string {
	words := fmt.Sprintf("%d columns of %s's %s export", hits, s.Label, kind)
	if telling > 0 {
		words += fmt.Sprintf(", %d of which nobody else uses", telling)
	}
	return words
}
