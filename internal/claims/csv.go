package claims

import (
	"strings"

	"github.com/skaiscraper/skai/internal/leads"
	"github.com/skaiscraper/skai/internal/platform/money"
	"github.com/skaiscraper/skai/internal/platform/web"
)

var csvHeader = []string{
	"ID", "Number", "Title", "Stage", "Stage since", "Stage as it came", "Contact", "Property", "Kind", "Carrier", "Claim number", "Policy number", "Date of loss",
	"Peril", "Adjuster", "Assignee", "Priority", "RCV", "ACV", "Deductible", "Recoverable depreciation", "Non-recoverable depreciation", "Approved", "Supplements",
	"Paid", "Next action", "Next action on", "Work", "Source", "Tags", "Notes", "Created", "Changed", "Archived",
}

func csvRow(c Claim) []web.Cell {
	row := []web.Cell{
		web.Number(c.ID.String()), web.Number(c.Name()), web.Text(c.Title), web.Text(string(c.Stage)), leads.CSVTime(&c.StageChangedAt), web.Text(c.SourceStage),
		web.Text(c.Contact), web.Text(c.Property), web.Text(c.Kind), web.Text(c.Carrier), web.Text(c.ClaimNumber), web.Text(c.PolicyNumber), web.Number(c.DateOfLoss.String()),
		web.Text(c.Peril), web.Text(c.Adjuster), web.Text(c.Assignee), web.Text(c.Priority),
	}
	a := &c.Amounts
	for _, cents := range []*money.Cents{a.RCV, a.ACV, a.Deductible, a.RecoverableDepreciation, a.NonRecoverableDepreciation, a.Approved, a.Supplements, a.Paid} {
		row = append(row, leads.CSVAmount(cents))
	}
	return append(
		row, web.Text(c.NextAction), web.Number(c.NextActionOn.String()), web.Text(c.WorkType), web.Text(c.Source), web.Text(strings.Join(c.Tags, ", ")),
		web.Text(c.Notes), leads.CSVTime(&c.CreatedAt), leads.CSVTime(&c.UpdatedAt), leads.CSVTime(c.ArchivedAt),
	)
}
