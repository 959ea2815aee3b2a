package claims

import (
	"strings"

	"github.com/skaiscraper/skai/internal/platform/sheet"

	"github.com/skaiscraper/skai/internal/leads"
	"github.com/skaiscraper/skai/internal/platform/money"
)

var csvHeader = []string{
	"ID", "Number", "Title", "Stage", "Stage since", "Stage as it came", "Contact", "Property", "Kind", "Carrier", "Claim number", "Policy number", "Date of loss",
	"Peril", "Adjuster", "Assignee", "Priority", "RCV", "ACV", "Deductible", "Recoverable depreciation", "Non-recoverable depreciation", "Approved", "Supplements",
	"Paid", "Next action", "Next action on", "Work", "Source", "Tags", "Notes", "Created", "Changed", "Archived",
}

func csvRow(c Claim) []sheet.Cell {
	row := []sheet.Cell{
		sheet.Number(c.ID.String()), sheet.Number(c.Name()), sheet.Text(c.Title), sheet.Text(string(c.Stage)), leads.CSVTime(&c.StageChangedAt), sheet.Text(c.SourceStage),
		sheet.Text(c.Contact), sheet.Text(c.Property), sheet.Text(c.Kind), sheet.Text(c.Carrier), sheet.Text(c.ClaimNumber), sheet.Text(c.PolicyNumber), sheet.Number(c.DateOfLoss.String()),
		sheet.Text(c.Peril), sheet.Text(c.Adjuster), sheet.Text(c.Assignee), sheet.Text(c.Priority),
	}
	a := &c.Amounts
	for _, cents := range []*money.Cents{a.RCV, a.ACV, a.Deductible, a.RecoverableDepreciation, a.NonRecoverableDepreciation, a.Approved, a.Supplements, a.Paid} {
		row = append(row, leads.CSVAmount(cents))
	}
	return append(
		row, sheet.Text(c.NextAction), sheet.Number(c.NextActionOn.String()), sheet.Text(c.WorkType), sheet.Text(c.Source), sheet.Text(strings.Join(c.Tags, ", ")),
		sheet.Text(c.Notes), leads.CSVTime(&c.CreatedAt), leads.CSVTime(&c.UpdatedAt), leads.CSVTime(c.ArchivedAt),
	)
}
