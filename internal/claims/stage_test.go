package claims_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/skaiscraper/skai/internal/claims"
	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/leads"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

// lifecycle is the design's, line by line: insurance, retail, and how it ends.
const lifecycle = `
insurance: intake > inspection > filed > adjuster_review > approved
insurance: adjuster_review > denied > appeal > approved
insurance: appeal > denied
insurance: appeal > closed
retail: intake > inspection > approved
both: approved > build > completed > invoiced > depreciation > closed
both: invoiced > closed`

func listed(kind, from, to string) bool {
	for line := range strings.Lines(strings.TrimSpace(lifecycle)) {
		of, chain, _ := strings.Cut(strings.TrimSpace(line), ": ")
		stages := strings.Split(chain, " > ")
		for i := range stages[1:] {
			if (of == kind || of == "both") && stages[i] == from && stages[i+1] == to {
				return true
			}
		}
	}
	return to == "cancelled" && from != "closed" && from != "cancelled"
}

// TestOnlyListedSteps tries every step of every kind.
func TestOnlyListedSteps(t *testing.T) {
	t.Parallel()
	// An import may leave a retail claim with its carrier; it has to come out again.
	stranded := []claims.Stage{claims.StageFiled, claims.StageAdjusterReview, claims.StageDenied, claims.StageAppeal}
	rapid.Check(t, func(t *rapid.T) {
		kind, from, to := rapid.SampledFrom(claims.Kinds).Draw(t, "kind"), rapid.SampledFrom(claims.Stages).Draw(t, "from"), rapid.SampledFrom(claims.Stages).Draw(t, "to")
		want := listed(kind, string(from), string(to))
		if kind == claims.Retail && slices.Contains(stranded, from) {
			want = listed(claims.Insurance, string(from), string(to))
		}
		if got := slices.Contains(from.Next(kind), to); got != want {
			t.Errorf("%s from %s to %s: %v", kind, from, to, got)
		}
		if slices.Contains(to.Back(kind), from) && (!want || to == claims.StageCancelled) {
			t.Errorf("%s goes back from %s to %s, which does not lead there", kind, to, from)
		}
	})
}

// TestAClaimWalksOnlyListedSteps moves claims at random, over the API.
func TestAClaimWalksOnlyListedSteps(t *testing.T) {
	t.Parallel()
	o := newOffice(t, dbtest.Shared(t))
	member := o.As(t, tenant.Member)
	kinds := map[string]uuid.UUID{}
	for _, kind := range claims.Kinds {
		kinds[kind] = o.create(member, t, body{"title": "x", "kind": kind}).ID
	}
	rapid.Check(t, func(rt *rapid.T) {
		kind := rapid.SampledFrom(claims.Kinds).Draw(rt, "kind")
		from := o.get(member, t, kinds[kind]).Stage
		if from == "closed" || from == "cancelled" {
			kinds[kind] = o.create(member, t, body{"title": "x", "kind": kind}).ID
			from = "intake"
		}
		for _, to := range rapid.SliceOfN(rapid.SampledFrom(claims.Stages), 1, 6).Draw(rt, "stages") {
			a := o.move(member, t, kinds[kind], string(to), "why not")
			want := http.StatusConflict
			switch {
			case listed(kind, from, string(to)) || from == string(to):
				want = http.StatusOK
			case slices.Contains(claims.Stage(from).Back(kind), to) || from == "cancelled" && a.Status == http.StatusForbidden:
				want = http.StatusForbidden
			}
			if a.Status != want {
				rt.Fatalf("%s from %s to %s: %d %s", kind, from, to, a.Status, a.Body)
			}
			if a.Status == http.StatusOK {
				from = string(to)
			}
		}
	})
}

func TestTheWholeWay(t *testing.T) {
	t.Parallel()
	o := newOffice(t, dbtest.Shared(t))
	member, manager := o.As(t, tenant.Member), o.As(t, tenant.Manager)
	id := o.create(member, t, body{"title": "x"}).ID
	for _, stage := range []string{"inspection", "filed", "adjuster_review", "denied", "appeal", "approved", "build"} {
		if a := o.move(member, t, id, stage, ""); a.Status != 200 {
			t.Fatalf("%s: %d %s", stage, a.Status, a.Body)
		}
	}
	if p := dbtest.Decode[problem](t, o.move(member, t, id, "closed", ""), 409); !strings.Contains(p.Detail, "is build and can't become closed; from there it can become completed, cancelled or approved") {
		t.Errorf("%q", p.Detail)
	}
	if a := o.move(member, t, id, "approved", "Crew is away"); a.Status != 403 || !strings.Contains(a.Body, "move a stage back") {
		t.Errorf("a member's step back: %d", a.Status)
	}
	if p := dbtest.Decode[problem](t, o.move(manager, t, id, "approved", ""), 422); !strings.Contains(p.Fields["reason"], "say why") {
		t.Errorf("%+v", p)
	}
	if a := o.move(manager, t, id, "approved", "Crew is away"); a.Status != 200 {
		t.Errorf("a manager's step back: %d", a.Status)
	}
	if c := dbtest.Decode[claim](t, o.move(member, t, id, "cancelled", ""), 200); c.StageBefore != "approved" {
		t.Errorf("%+v", c)
	}
	for _, c := range []struct {
		stage  string
		status int
	}{{"build", 409}, {"approved", 200}} {
		if a := o.move(manager, t, id, c.stage, "They called again"); a.Status != c.status {
			t.Errorf("from cancelled to %s: %d %s", c.stage, a.Status, a.Body)
		}
	}
	if c := o.get(manager, t, id); c.StageBefore != "" || c.Stage != "approved" {
		t.Errorf("%+v", c)
	}
	page := o.Get(manager, t, "/claims/"+id.String())
	for _, want := range []string{"Cancelled to Approved", "They called again", "Crew is away", "Back to Adjuster review"} {
		if !strings.Contains(page.Body, want) {
			t.Errorf("the page has no %q", want)
		}
	}
	if a := o.Post(member, t, "/claims/"+id.String()+"/stage", url.Values{"stage": {"closed"}}); a.Status != 409 || !strings.Contains(a.Body, "It was not moved") {
		t.Errorf("%d", a.Status)
	}
	if a := o.move(o.As(t, tenant.Viewer), t, id, "build", ""); a.Status != 403 {
		t.Errorf("a viewer: %d", a.Status)
	}
}

func TestARetailClaimIsWithoutACarrier(t *testing.T) {
	t.Parallel()
	o := newOffice(t, dbtest.Shared(t))
	ctx := o.As(t, tenant.Manager)
	c := o.create(ctx, t, body{"title": "x"})
	o.move(ctx, t, c.ID, "inspection", "")
	o.move(ctx, t, c.ID, "filed", "")
	a := o.JSON(ctx, t, "PUT", "/api/claims/"+c.ID.String(), body{"title": "x", "kind": "retail"}, "If-Match", "3")
	if p := dbtest.Decode[problem](t, a, 422); !strings.Contains(p.Fields["kind"], "is with its carrier") {
		t.Errorf("%+v", p)
	}
}

func TestWhatIsRefused(t *testing.T) {
	t.Parallel()
	o := newOffice(t, dbtest.Shared(t))
	ctx := o.As(t, tenant.Manager)
	for field, b := range map[string]body{
		"kind": {"kind": "piracy"}, "peril": {"peril": "frogs"}, "priority": {"priority": "eventually"}, "date_of_loss": {"date_of_loss": "2026-02-30"}, "next_action_on": {"next_action_on": "soon"},
		"contact_id": {"contact_id": uuid.New()}, "adjuster_id": {"adjuster_id": uuid.New()}, "property_id": {"property_id": uuid.New()}, "assignee_id": {"assignee_id": uuid.New()},
		"amounts.rcv": {"amounts": body{"rcv": -1}}, "amounts.paid": {"amounts": body{"paid": int64(1) << 60}}, "carrier": {"carrier": strings.Repeat("x", 201)},
		"claim_number": {"claim_number": "a\x00"}, "notes": {"notes": "\x00"}, "tags": {"tags": []string{strings.Repeat("t", 61)}},
	} {
		if p := dbtest.Decode[problem](t, o.JSON(ctx, t, "POST", "/api/claims", b), 422); p.Fields[field] == "" {
			t.Errorf("%s: %+v", field, p)
		}
	}
	if a := o.JSON(o.As(t, tenant.Viewer), t, "POST", "/api/claims", body{"title": "x"}); a.Status != 403 {
		t.Errorf("a viewer: %d", a.Status)
	}
	if a := o.Get(o.As(t, tenant.Member), t, "/claims.csv"); a.Status != 403 {
		t.Errorf("a member exports: %d", a.Status)
	}
	theirs := o.create(o.As(t, tenant.Owner), t, body{"title": "x"}).ID.String()
	if a := o.JSON(o.As(t, tenant.Member), t, "POST", "/api/claims/"+theirs+"/archive", nil); a.Status != 403 {
		t.Errorf("somebody else's claim: %d", a.Status)
	}
}

func TestAnotherContractorsClaim(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	o, prowest := newOffice(t, db), dbtest.Org(t, db, "prowest").As(t, tenant.Owner)
	theirs := o.create(prowest, t, body{"title": "Secret", "carrier": "Theirs"})
	mine := o.As(t, tenant.Owner)
	for _, id := range []uuid.UUID{theirs.ID, uuid.New()} {
		page, api := "/claims/"+id.String(), "/api/claims/"+id.String()
		for what, a := range map[string]dbtest.Answer{
			"page": o.Get(mine, t, page), "trail": o.Get(mine, t, page+"?tab=audit"), "estimates": o.Get(mine, t, page+"?tab=estimates"), "edit": o.Get(mine, t, page+"/edit"),
			"save": o.Post(mine, t, page, url.Values{"title": {"Mine"}, "version": {"1"}}), "stage": o.Post(mine, t, page+"/stage", url.Values{"stage": {"inspection"}}),
			"archive": o.Post(mine, t, page+"/archive", nil), "restore": o.Post(mine, t, page+"/restore", nil), "get": o.Get(mine, t, api),
			"API estimates": o.Get(mine, t, api+"/estimates"), "put": o.JSON(mine, t, "PUT", api, body{"title": "Mine"}, "If-Match", "1"),
			"API stage": o.move(mine, t, id, "inspection", ""), "API archive": o.JSON(mine, t, "POST", api+"/archive", nil), "API restore": o.JSON(mine, t, "POST", api+"/restore", nil),
		} {
			if a.Status != 404 || strings.Contains(a.Body, "Secret") {
				t.Errorf("%s: %d %.300s", what, a.Status, a.Body)
			}
		}
	}
	for _, target := range []string{"/claims", "/claims?q=secret", "/claims?carrier=Theirs", "/api/claims", "/claims.csv"} {
		if a := o.Get(mine, t, target); a.Status != 200 || strings.Contains(a.Body, theirs.ID.String()) || strings.Contains(a.Body, "Secret") {
			t.Errorf("%s shows another contractor's claim: %d", target, a.Status)
		}
	}
}

func TestVocabulary(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	for column, want := range map[string][]string{"stage": leads.Strings(claims.Stages), "kind": claims.Kinds, "priority": claims.Priorities, "peril": claims.Perils} {
		if got := dbtest.CheckWords(t, db, "claims", column); !slices.Equal(got, slices.Sorted(slices.Values(want))) {
			t.Errorf("claims.%s is one of %v in the database, %v here", column, got, want)
		}
	}
}
