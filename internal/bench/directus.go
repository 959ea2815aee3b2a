package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"time"
)

// directus is one that somebody started for this, on a database of its own. Its packages
// are some 1,300, so it is no part of the project's set-up; docs/performance.md says how.
type directus struct {
	url   string
	token string // of a person who may read claims and nothing else
	paths []string
}

// Where it is and who may do everything there: its own settings' names, but for the first.
const (
	directusURL = "SKAI_BENCH_DIRECTUS"
	adminEmail  = "ADMIN_EMAIL"
	adminWord   = "ADMIN_PASSWORD"
)

// newDirectus fills the one of the environment; nil where that names none.
func newDirectus(ctx context.Context) (*directus, error) {
	d := &directus{url: os.Getenv(directusURL), token: "reads-claims-and-nothing-else"}
	if d.url == "" {
		return nil, nil //nolint:nilnil // left out
	}
	var in struct {
		Data struct {
			Token string `json:"access_token"`
		}
	}
	if err := post(ctx, d.url+"/auth/login", "", map[string]any{"email": os.Getenv(adminEmail), "password": os.Getenv(adminWord)}, &in); err != nil {
		return nil, err
	}
	root := "Bearer " + in.Data.Token
	one, err := d.claims(ctx, root)
	if err != nil {
		return nil, err
	}
	var role struct{ Data struct{ ID string } }
	if err := post(ctx, d.url+"/roles", root, map[string]any{"name": "People", "app_access": false}, &role); err != nil {
		return nil, err
	}
	if err := post(ctx, d.url+"/permissions", root, map[string]any{"role": role.Data.ID, "collection": "claims", "action": "read", "fields": []string{"*"}, "permissions": map[string]any{}}, nil); err != nil {
		return nil, err
	}
	if err := post(ctx, d.url+"/users", root, map[string]any{"email": person(1), "password": password, "role": role.Data.ID, "token": d.token}, nil); err != nil {
		return nil, err
	}
	d.paths = []string{"/items/claims?limit=50&sort=-opened&filter%5Bstage%5D%5B_eq%5D=denied", "/items/claims/" + one}
	return d, nil
}

// claims makes the collection and the same claims as fill.sql, and gives the id of one.
func (d *directus) claims(ctx context.Context, root string) (one string, err error) {
	fields := []map[string]any{{"field": "id", "type": "uuid", "meta": map[string]any{"special": []string{"uuid"}}, "schema": map[string]any{"is_primary_key": true}}}
	for field, kind := range map[string]string{
		"number": "integer", "carrier": "string", "claim_number": "string", "date_of_loss": "string", "stage": "string", "contact": "string", "property": "string", "opened": "string", "rcv": "integer",
	} {
		fields = append(fields, map[string]any{"field": field, "type": kind, "meta": map[string]any{}, "schema": map[string]any{}})
	}
	if err := post(ctx, d.url+"/collections", root, map[string]any{"collection": "claims", "schema": map[string]any{}, "meta": map[string]any{}, "fields": fields}, nil); err != nil {
		return "", err
	}
	start := time.Now()
	const batch = 500
	for first := 1; first <= sideClaims; first += batch {
		var list []map[string]any
		for i := first; i < first+batch; i++ {
			list = append(list, claim(i, start))
		}
		var made struct{ Data []struct{ ID string } }
		if err := post(ctx, d.url+"/items/claims", root, list, &made); err != nil {
			return "", err
		}
		one = made.Data[0].ID
	}
	return one, nil
}

// claim is the one of a number, as fill.sql makes it.
func claim(i int, start time.Time) map[string]any {
	carriers := []string{"State Farm", "Allstate", "USAA", "Farmers"}
	stages := []string{"intake", "inspection", "filed", "adjuster_review", "approved", "denied", "build", "completed", "closed"}
	return map[string]any{
		"number": i, "carrier": carriers[i%4], "claim_number": fmt.Sprint("N", i), "stage": stages[i%9], "rcv": i * 100,
		"date_of_loss": start.AddDate(0, 0, -i%900).Format(time.DateOnly), "contact": fmt.Sprint("Last", i%1000), "property": fmt.Sprint(i%1000, " Elm St"),
		"opened": start.Add(-time.Duration(i) * time.Minute).UTC().Format(time.RFC3339),
	}
}

// sides are so many people who ask it; none where there is none.
func (d *directus) sides(people int) []side {
	if d == nil {
		return nil
	}
	return []side{{"directus", order{d.url, "Authorization", slices.Repeat([]string{"Bearer " + d.token}, people), d.paths, people}}}
}
