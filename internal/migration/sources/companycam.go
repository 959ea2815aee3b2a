package sources

// companycam: projects (a property each) and photos, which arrive as addresses
// with an MD5 each.
var companycam = &Source{
	Name: "companycam", Label: "CompanyCam", MonthFirst: true,
	Files: []File{
		{
			Kind: Properties,
			Signature: []string{
				"id", "projectid", "name", "projectname", "address", "streetaddress1", "streetaddress2", "city", "state", "postalcode", "country",
				"latitude", "longitude", "status", "archived", "primarycontactname", "primarycontactemail", "primarycontactphone", "createdat", "notepad",
				"integrationrelationid", "integrationsrelationid", "photocount",
			},
			Telling: []string{"notepad", "primarycontactname", "integrationrelationid", "integrationsrelationid", "photocount", "streetaddress1"},
			Aliases: map[string]Field{
				"id": ID, "projectid": ID, "name": Title, "projectname": Title, "notepad": Notes, "archived": Archived, "status": None,
				"primarycontactname": ContactName, "primarycontactemail": Email, "primarycontactphone": Phone, "createdat": Created,
				"integrationrelationid": RefJob, "integrationsrelationid": RefJob, "relationid": RefJob, "integrations0relationid": RefJob,
				"coordinateslat": Latitude, "coordinateslon": Longitude,
			},
		},
		{
			Kind: Photos,
			Signature: []string{
				"photoid", "id", "project", "projectid", "url", "photourl", "hash", "description", "capturedat", "creator", "creatorname",
				"coordinates", "latitude", "longitude", "tags",
			},
			Telling: []string{"photoid", "hash", "capturedat", "photourl"},
			Aliases: map[string]Field{
				"photoid": ID, "id": ID, "project": RefProject, "projectid": RefProject, "url": URL, "photourl": URL, "uri": URL, "hash": MD5,
				"description": Caption, "caption": Caption, "capturedat": TakenAt, "creator": TakenBy, "creatorname": TakenBy,
			},
		},
	},
	Refused: []string{
		"A photo list holds addresses, not pictures: the pictures stay with CompanyCam until they are downloaded, each checked by its MD5.",
		"Annotations, reports and checklists are not part of an export.",
	},
}
