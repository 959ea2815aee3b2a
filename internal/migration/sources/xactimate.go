package sources

// xactimate: the line items of one estimate, with no claim number in them, and
// lists of claims.
var xactimate = &Source{
	Name: "xactimate", Label: "Xactimate", MonthFirst: true,
	Files: []File{
		{
			Kind: Estimate,
			Signature: []string{
				"#", "groupcode", "groupdescription", "desc", "age", "condition", "qty", "itemamount", "reportedcost", "unitcost", "unit", "coverage",
				"activity", "salestax", "rcv", "life", "depreciationtype", "depreciationamount", "recoverable", "acv", "tax", "replace", "cat", "sel",
				"unitlocation", "laborminimum", "sourcename", "note1",
			},
			Telling: []string{"groupcode", "itemamount", "reportedcost", "depreciationamount", "cat", "sel"},
			Aliases: map[string]Field{
				"#": LineNumber, "groupcode": GroupCode, "groupdescription": GroupName, "desc": Description, "description": Description, "age": Age,
				"qty": Quantity, "quantity": Quantity, "itemamount": ItemAmount, "unitcost": UnitPrice, "unit": Unit, "coverage": Coverage, "activity": Activity,
				"salestax": Tax, "life": Life, "depreciationamount": Depreciation, "recoverable": Recoverable, "cat": Category, "sel": Selector,
				"note1": Notes, "date": None, "tax": None, "sourcename": None, "unitlocation": None, "owner": None, "condition": None,
			},
		},
		{
			Kind:      Claims,
			Signature: []string{"claimnumber", "carrier", "policynumber", "lossdate", "losstype", "status", "rcv", "acv", "deductible", "propertyaddress", "xactimateid"},
			Telling:   []string{"xactimateid"},
			Aliases:   map[string]Field{"xactimateid": ID},
		},
	},
	ClaimStages: with(claimWords, map[string]string{"estimated": "adjuster_review", "assigned": "intake", "received": "intake", "uploaded": "filed"}),
	LeadStages:  leadWords,
	Refused: []string{
		"An ESX file is kept with its hash but not parsed: its payload is Xactware's own. Export the line items as CSV or XLSX beside it.",
		"Sketches and photos inside an estimate are not part of a line item export.",
	},
}
