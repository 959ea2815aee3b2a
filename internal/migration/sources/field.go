package sources

import (
	"fmt"
	"strings"
)

// Field is what a column of a source means. The names are what a mapping file
// and the reports use.
type Field uint8

// The fields.
const (
	None Field = iota // nobody mapped the column: its cells are kept in extra

	ID       // the vendor's id of the row's record
	Number   // a number people call the record by; for a job without an id, its id
	Title    // name of a job, project or lead
	Created  // when the record was made
	Updated  // when it was changed last
	StageAt  // when it came into its stage
	Archived // whether the vendor's record is archived
	Active   // whether it is not
	Tags
	Notes

	ContactName // first and last name in one cell
	FirstName
	LastName
	Company
	Email
	Phone
	Mobile
	HomePhone
	WorkPhone
	Fax
	ContactRole
	DoNotContact
	SMSOptOut

	Address // the whole address in one cell
	Street
	Street2
	City
	State
	ZIP
	Country
	County
	Latitude
	Longitude
	Coordinates // both in one cell

	PropertyType
	YearBuilt
	SquareFeet
	Squares
	Stories
	Pitch
	RoofMaterial
	RoofAge

	Stage
	DeadReason
	LeadSource
	WorkType
	Salesperson
	Temperature
	Value // what the job is worth, estimated
	FollowUp

	Carrier
	ClaimNumber
	PolicyNumber
	DateOfLoss
	Peril
	AdjusterName
	AdjusterPhone
	AdjusterEmail
	RCV
	ACV
	Deductible
	RecoverableDepreciation
	NonRecoverableDepreciation
	Approved
	Supplements
	Paid
	NextAction

	RefContactID    // the vendor's id of the contact a record belongs to
	RefContactName  // or the contact's name
	RefContactEmail // or e-mail address
	RefProject      // the project a photo belongs to
	RefJob          // the job of another vendor's system a project belongs to

	URL
	MD5
	Caption
	TakenAt
	TakenBy

	LineNumber
	GroupCode
	GroupName
	Category
	Selector
	Description
	Quantity
	Unit
	UnitPrice
	ItemAmount
	Tax
	Age
	Life
	Depreciation
	Recoverable
	Coverage
	Activity

	fieldCount
)

// FieldCount is the number of fields, None too.
const FieldCount = int(fieldCount)

var fieldNames = [...]string{
	None: "extra", ID: "id", Number: "number", Title: "title", Created: "created", Updated: "updated", StageAt: "stage_changed", Archived: "archived", Active: "active",
	Tags: "tags", Notes: "notes", ContactName: "contact_name", FirstName: "first_name", LastName: "last_name", Company: "company",
	Email: "email", Phone: "phone", Mobile: "mobile_phone", HomePhone: "home_phone", WorkPhone: "work_phone", Fax: "fax", ContactRole: "contact_role",
	DoNotContact: "do_not_contact", SMSOptOut: "sms_opt_out", Address: "address", Street: "street", Street2: "street2", City: "city",
	State: "state", ZIP: "zip", Country: "country", County: "county", Latitude: "latitude", Longitude: "longitude", Coordinates: "coordinates",
	PropertyType: "property_type", YearBuilt: "year_built", SquareFeet: "square_feet", Squares: "squares", Stories: "stories", Pitch: "pitch",
	RoofMaterial: "roof_material", RoofAge: "roof_age", Stage: "stage", DeadReason: "dead_reason", LeadSource: "lead_source", WorkType: "work_type",
	Salesperson: "salesperson", Temperature: "temperature", Value: "value", FollowUp: "follow_up", Carrier: "carrier", ClaimNumber: "claim_number",
	PolicyNumber: "policy_number", DateOfLoss: "date_of_loss", Peril: "peril", AdjusterName: "adjuster_name", AdjusterPhone: "adjuster_phone",
	AdjusterEmail: "adjuster_email", RCV: "rcv", ACV: "acv", Deductible: "deductible", RecoverableDepreciation: "recoverable_depreciation",
	NonRecoverableDepreciation: "non_recoverable_depreciation", Approved: "approved", Supplements: "supplements", Paid: "paid", NextAction: "next_action",
	RefContactID: "of_contact_id", RefContactName: "of_contact_name", RefContactEmail: "of_contact_email", RefProject: "of_project", RefJob: "of_job",
	URL: "url", MD5: "md5", Caption: "caption", TakenAt: "taken_at", TakenBy: "taken_by", LineNumber: "line_number", GroupCode: "group_code",
	GroupName: "group_name", Category: "category", Selector: "selector", Description: "description", Quantity: "quantity", Unit: "unit",
	UnitPrice: "unit_price", ItemAmount: "item_amount", Tax: "tax", Age: "age", Life: "life", Depreciation: "depreciation", Recoverable: "recoverable",
	Coverage: "coverage", Activity: "activity",
}

// String is the field's name.
func (f Field) String() string { return fieldNames[f] }

// MarshalText writes the field's name.
func (f Field) MarshalText() ([]byte, error) { return []byte(fieldNames[f]), nil }

// UnmarshalText reads a field's name.
func (f *Field) UnmarshalText(text []byte) error {
	for i, name := range fieldNames {
		if name == string(text) {
			*f = Field(i)
			return nil
		}
	}
	return fmt.Errorf("there is no field %q; the fields are %s", text, strings.Join(fieldNames[:], ", "))
}

// Many tells whether several columns may fill the field together.
func (f Field) Many() bool {
	switch f {
	case Email, Phone, Mobile, HomePhone, WorkPhone, Fax, Tags, Notes:
		return true
	}
	return false
}

// Money tells whether the field holds an amount.
func (f Field) Money() bool {
	switch f {
	case Value, RCV, ACV, Deductible, RecoverableDepreciation, NonRecoverableDepreciation, Approved, Supplements, Paid, UnitPrice, ItemAmount, Tax, Depreciation:
		return true
	}
	return false
}

// Date tells whether the field holds a date or a time.
func (f Field) Date() bool {
	switch f {
	case Created, Updated, StageAt, DateOfLoss, FollowUp, TakenAt:
		return true
	}
	return false
}
