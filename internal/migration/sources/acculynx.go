package sources

// acculynx: report-builder exports (a line a job, XLSX as often as CSV) and the
// simple exports of contacts, properties, claims and leads.
var acculynx = &Source{
	Name: "acculynx", Label: "AccuLynx", MonthFirst: true,
	Files: []File{
		{
			Kind: Jobs,
			Signature: []string{
				"currentmilestone", "lasttouchedagedays", "phonenumber", "primarycontactemail", "primarycontactfirstname", "primarycontactlastname",
				"worktype", "deadleadreason", "joblocationstreet1", "joblocationcity", "joblocationstate", "joblocationzipcode", "joblocationaddress",
				"insurancecompany", "claimnumber", "dateofloss", "leadsource", "primarysalesperson", "leaddate", "adjustername", "adjusterphone",
				"adjusteremail", "jobtradetype", "prospectdate", "approveddate", "currentstatus", "currentmilestonedate", "jobvalue",
			},
			Telling: []string{
				"currentmilestone", "lasttouchedagedays", "primarycontactfirstname", "primarycontactlastname", "primarycontactemail",
				"joblocationstreet1", "joblocationaddress", "currentmilestonedate", "jobtradetype",
			},
			Aliases: map[string]Field{
				"primarycontactemail": Email, "primarycontactfirstname": FirstName, "primarycontactlastname": LastName, "primarycontactcompany": Company,
				"primarycontactphone": Phone, "primarycontactmobile": Mobile, "primarycontactname": ContactName,
				"joblocationstreet1": Street, "joblocationstreet2": Street2, "joblocationcity": City, "joblocationstate": State,
				"joblocationzipcode": ZIP, "joblocationzip": ZIP, "joblocationaddress": Address, "joblocationcountry": Country, "joblocationcounty": County,
				"currentmilestone": Stage, "currentmilestonedate": StageAt, "jobname": Title, "jobnumber": Number, "jobid": ID, "acculynxid": ID,
			},
		},
		{
			Kind:      Contacts,
			Signature: []string{"firstname", "lastname", "email", "phone", "mobile", "company", "address", "city", "state", "zip", "acculynxid"},
			Telling:   []string{"acculynxid"},
			// Here "Address" is the street: the city stands in a column of its own.
			Aliases: map[string]Field{"acculynxid": ID, "address": Street},
		},
		{
			Kind:      Properties,
			Signature: []string{"propertyaddress", "propertytype", "yearbuilt", "squarefootage", "rooftype", "roofage", "contactemail"},
		},
		{
			Kind:      Claims,
			Signature: []string{"claimnumber", "insurancecarrier", "policynumber", "dateofloss", "typeofloss", "status", "estimatedvalue", "approvedvalue", "deductible", "description", "propertyaddress"},
			Aliases:   map[string]Field{"estimatedvalue": RCV},
		},
		{
			Kind:      Leads,
			Signature: []string{"leadname", "source", "stage", "temperature", "value", "description", "contactemail"},
		},
	},
	LeadStages:  with(leadWords, map[string]string{"assignedlead": "new", "unassignedlead": "new"}),
	ClaimStages: with(claimWords, nil),
	Refused: []string{
		"Documents, photos, messages, notes and measurements are not part of a report. Download them from each job before you cancel the subscription.",
		"A report leaves out unassigned and dead leads unless its filter includes them: check the filter, or export those as a report of their own.",
	},
}
