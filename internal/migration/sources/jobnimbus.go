package sources

// jobnimbus: exports carry either the field names of its API (jnid, date_created
// in Unix seconds) or labels; custom fields come as columns of their own.
var jobnimbus = &Source{
	Name: "jobnimbus", Label: "JobNimbus", MonthFirst: true,
	Files: []File{
		{
			Kind: Contacts,
			Signature: []string{
				"jnid", "displayname", "firstname", "lastname", "company", "email", "homephone", "mobilephone", "workphone", "faxnumber", "website",
				"addressline1", "addressline2", "city", "statetext", "state", "zip", "countryname", "recordtypename", "statusname", "status", "sourcename",
				"leadsource", "salesrepname", "salesrep", "tags", "datecreated", "dateupdated", "recid", "isactive", "isarchived", "type",
			},
			Telling: []string{"jnid", "recordtypename", "displayname", "recid", "statetext"},
			Aliases: map[string]Field{
				"jnid": ID, "recid": None, "displayname": ContactName, "isarchived": Archived, "datestatuschange": StageAt, "recordtypename": ContactRole,
				"type": ContactRole, "recordtype": ContactRole,
			},
		},
		{
			Kind: Jobs,
			Signature: []string{
				"jnid", "recid", "number", "name", "jobname", "primarycontact", "contactname", "recordtypename", "statusname", "status", "datestart", "dateend",
				"addressline1", "city", "statetext", "state", "zip", "salesrepname", "salesrep", "sourcename", "datecreated", "dateupdated", "datestatuschange",
				"approvedestimatetotal", "approvedinvoicetotal", "approvedinvoicedue", "description",
			},
			Telling: []string{"primarycontact", "datestart", "approvedestimatetotal", "approvedinvoicetotal", "jobname", "primarycontactid"},
			Aliases: map[string]Field{
				"jnid": ID, "recid": None, "name": Title, "jobname": Title, "number": Number, "primarycontact": RefContactName, "contactname": RefContactName,
				"primarycontactname": RefContactName, "primarycontactid": RefContactID, "primaryid": RefContactID, "datestatuschange": StageAt, "isarchived": Archived,
				"approvedestimatetotal": Approved, "recordtypename": WorkType, "recordtype": WorkType, "type": WorkType,
			},
		},
	},
	LeadStages:  with(leadWords, map[string]string{"leadassigned": "new", "noresponse": "contacted", "onhold": "contacted"}),
	ClaimStages: with(claimWords, map[string]string{"jobprep": "build", "jobinprogress": "build", "finalinspection": "completed", "collections": "invoiced", "claimapproved": "approved", "supplementing": "approved"}),
	Refused: []string{
		"Attachments, activities and e-mails are not part of a CSV export. Download the attachments before you cancel the subscription.",
		"An export made with a restricted profile leaves out records without saying so: export as an administrator.",
	},
}
