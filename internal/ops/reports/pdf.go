package reports

import (
	"fmt"
	"io"

	"codeberg.org/go-pdf/fpdf"
)

// The page, in millimetres, and its colours.
const (
	margin   = 18.0
	rowHigh  = 7.0
	noteSize = 8.5
)

// paper is a PDF that is being written, in the letters of Windows-1252: what a name has
// beside them is shown as a dot.
type paper struct {
	*fpdf.Fpdf

	text func(string) string
	wide float64
}

// WritePDF writes a report as a PDF, for paper of the size Letter. It is the same, byte
// for byte, whenever it is asked for.
func WritePDF(w io.Writer, organisation string, r Report) error {
	pdf := fpdf.New("P", "mm", "Letter", "")
	pdf.SetCatalogSort(true)
	pdf.SetCreationDate(r.WrittenAt.UTC())
	pdf.SetModificationDate(r.WrittenAt.UTC())
	pdf.SetTitle("Service report, "+r.span(), true)
	pdf.SetProducer("SkaiScraper", true)
	pdf.SetLang("en-US")
	pdf.SetMargins(margin, margin, margin)
	pdf.SetAutoPageBreak(true, margin)
	page, _ := pdf.GetPageSize()
	p := paper{pdf, pdf.UnicodeTranslatorFromDescriptor(""), page - 2*margin}
	pdf.SetFooterFunc(func() {
		pdf.SetY(-margin + 4)
		p.font("", noteSize, 0x5a)
		pdf.CellFormat(0, 5, p.text(fmt.Sprintf("SkaiScraper, written %s. Page %d", r.WrittenAt.In(r.Figures.zone()).Format("January 2, 2006, 15:04 MST"), pdf.PageNo())), "", 0, "L", false, 0, "")
	})
	pdf.AddPage()
	p.head(organisation, r)
	p.table(r)
	p.happened(r)
	return pdf.Output(w)
}

// font sets style ("", "B"), size in points and a shade of grey.
func (p paper) font(style string, size float64, grey int) {
	p.SetFont("Helvetica", style, size)
	p.SetTextColor(grey, grey, grey)
}

func (p paper) head(organisation string, r Report) {
	p.font("B", 20, 0x17)
	p.MultiCell(0, 9, p.text("Service report"), "", "L", false)
	p.font("", 12, 0x17)
	p.MultiCell(0, 6.5, p.text(organisation+", "+r.span()+" ("+r.Figures.Zone+")"), "", "L", false)
	p.Ln(3)
	p.font("B", 11, 0x17)
	p.MultiCell(0, 6, p.text(r.verdict()), "", "L", false)
	p.Ln(4)
}

// table has the figures of both weeks.
func (p paper) table(r Report) {
	label, value := p.wide*0.62, p.wide*0.19
	p.SetDrawColor(0xd0, 0xd6, 0xda)
	p.font("B", 9.5, 0x17)
	p.CellFormat(label, rowHigh, "", "B", 0, "L", false, 0, "")
	p.CellFormat(value, rowHigh, p.text("This week"), "B", 0, "R", false, 0, "")
	p.CellFormat(value, rowHigh, p.text("The week before"), "B", 1, "R", false, 0, "")
	for _, l := range r.lines() {
		high := rowHigh
		if l.note != "" {
			high = rowHigh + 4
		}
		top := p.GetY()
		p.font("", 10, 0x17)
		p.CellFormat(label, rowHigh, p.text(l.label), "", 0, "L", false, 0, "")
		p.font("B", 10, 0x17)
		p.CellFormat(value, rowHigh, p.text(l.now), "", 0, "R", false, 0, "")
		p.font("", 10, 0x5a)
		p.CellFormat(value, rowHigh, p.text(l.before), "", 1, "R", false, 0, "")
		if l.note != "" {
			p.SetXY(margin, top+rowHigh-1.5)
			p.font("", noteSize, 0x5a)
			p.CellFormat(label, 4, p.text(l.note), "", 1, "L", false, 0, "")
		}
		p.Line(margin, top+high, margin+p.wide, top+high)
		p.SetXY(margin, top+high)
	}
	p.Ln(6)
}

// happened has the incidents and the maintenance.
func (p paper) happened(r Report) {
	p.font("B", 12, 0x17)
	p.MultiCell(0, 7, p.text("Incidents and maintenance"), "", "L", false)
	list := r.Figures.happened()
	if len(list) == 0 {
		list = []string{"No incident was noticed in this week, and no maintenance was announced for it."}
	}
	p.font("", 10, 0x17)
	for _, words := range list {
		p.MultiCell(0, 5.2, p.text(words), "", "L", false)
		p.Ln(1.5)
	}
}
