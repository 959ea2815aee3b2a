package decode

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The columns of exports as vendors write them, each with a typical row.
var vendors = []struct{ name, header, row string }{
	{
		"acculynx report",
		"Current Milestone,Last Touched Age (Days),Phone Number,Primary Contact: Email,Primary Contact: First Name,Primary Contact: Last Name,Work Type,Dead Lead Reason,Job: Location Street 1,Job: Location Zip Code,Date of Loss",
		`Approved,12,(602) 555-0100,ada@example.com,Ada,Lovelace,Insurance,n/a,319 Claremont Court,60540,6/19/25`,
	},
	{
		"acculynx leads",
		"Lead Name,Source,Stage,Temperature,Value,Description,Contact Email",
		`Lovelace,Door Knock,New,Hot,"$2,052.00","hail, north slope",ada@example.com`,
	},
	{
		"jobnimbus api",
		"jnid,recid,number,display_name,first_name,last_name,company,email,home_phone,state_text,zip,is_active,date_created",
		`kx9w2a,1042,J-1042,Ada Lovelace,Ada,Lovelace,,ada@example.com,602-555-0100,AZ,85001,true,1718755200`,
	},
	{
		"jobnimbus jobs",
		"Name,Number,Primary Contact,Status,Date Start,Date End,Tags",
		`Lovelace roof,J-1042,Ada Lovelace,Lead,6/19/2025,,"vip, hail"`,
	},
	{
		"companycam projects",
		"id,name,street_address_1,city,state,postal_code,country,latitude,longitude,status,archived,created_at,notepad",
		"\"81734\",Lovelace,1 Elm St,Phoenix,AZ,85001,US,33.448,-112.074,active,false,2025-06-19T10:00:00Z,\"gate: 1234\nside door\"",
	},
	{
		"xactimate",
		"#,Group Code,Group Description,Desc,Age,Condition,Qty,Item Amount,Unit Cost,Unit,Coverage,Activity,Labor Minimum,Sales Tax,RCV,Life,Depreciation Amount,Recoverable,ACV,Tax,Cat,Sel,Date,Note 1" + strings.Repeat(",", 24),
		`1,ROOF1,Main Roof,"Remove 3 tab 25 yr. - 1/4"" shingles",12/30,Avg.,31.33,"2,052.00",$0.05,SQ,Dwelling,-,RFGRM,0.10,"(1,234.50)",30 yrs,12.5,Yes,1021.25,No,RFG,240,10/18/2022,` + strings.Repeat(",", 24),
	},
}

func TestFindsVendorsHeadersByTheirLooks(t *testing.T) {
	t.Parallel()
	for _, v := range vendors {
		for _, title := range []string{"", "Export of Titan Roofing\n6/19/25 9:04 AM\n\n"} {
			for _, rows := range []int{1, 3, 600} {
				t.Run(fmt.Sprintf("%s after %d of %d", v.name, len(title), rows), func(t *testing.T) {
					t.Parallel()
					blank := strings.Repeat(",", strings.Count(v.header, ",")) + "\r\n"
					text := "\ufeff" + title + v.header + "\r\n" + strings.Repeat(v.row+"\r\n"+blank, rows)
					l, got := read(t, v.name, []byte(text), nil)
					if want := 1 + strings.Count(title, "\n"); l.HeaderLine != want {
						t.Fatalf("header at line %d, not %d: %q", l.HeaderLine, want, l.Notes)
					}
					counts := map[Kind]int{}
					for _, row := range got {
						counts[row.Kind]++
					}
					titles := max(strings.Count(title, "\n")-1, 0)
					want := map[Kind]int{Header: 1, Data: rows, Blank: rows + min(titles, 1), Title: titles}
					if titles == 0 {
						delete(want, Title)
					}
					if diff := cmp.Diff(want, counts); diff != "" {
						t.Errorf("(-want +got):\n%s", diff)
					}
				})
			}
		}
	}
}

func TestReadsVendorsWithoutHeader(t *testing.T) {
	t.Parallel()
	for _, v := range vendors {
		l, rows := read(t, v.name, []byte(v.row+"\r\n"+v.row+"\r\n"), nil)
		if l.HeaderLine != 0 || len(rows) != 2 || rows[0].Kind != Data || len(l.Header) != len(rows[0].Cells) {
			t.Errorf("%s: header at %d, %q", v.name, l.HeaderLine, showAll(rows))
		}
	}
}
