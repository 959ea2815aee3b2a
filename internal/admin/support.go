package admin

import (
	"context"
	"fmt"
	"net/http"
	"strconv"

	"github.com/google/uuid"

	"github.com/skaiscraper/skai/internal/identity/support"
	"github.com/skaiscraper/skai/internal/platform/ui"
	"github.com/skaiscraper/skai/internal/platform/web"
)

// ask asks an organisation to be let in.
func (s *Service) ask(w http.ResponseWriter, r *http.Request) error {
	return s.change(w, r, func(ctx context.Context, o Org, f *web.Form) (string, error) {
		hours, _ := strconv.Atoi(f.Text("hours")) // what is no number is no number of hours that can be
		return o.Name + " was asked: its owners and admins have a mail.", s.support.Ask(ctx, o.ID, f.Text("support_reason"), hours)
	})
}

// look does something with a request to look into an organisation, then leads to an
// address, or back to the organisation's page where it is "".
func (s *Service) look(do func(ctx context.Context, org, id uuid.UUID) error, next, done string) web.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		org, err := web.PathID(r, "id")
		if err != nil {
			return err
		}
		id, err := web.PathID(r, "access")
		if err != nil {
			return err
		}
		if err := do(r.Context(), org, id); err != nil {
			return err
		}
		if next != "" {
			return web.Redirect(w, r, next)
		}
		web.SetFlash(w, r, web.Done, "%s", done)
		return web.Redirect(w, r, orgsPath+"/"+org.String())
	}
}

func (s *Service) leave(w http.ResponseWriter, r *http.Request) error {
	if err := s.support.Leave(r.Context()); err != nil {
		return err
	}
	web.SetFlash(w, r, web.Done, "You left.")
	return web.Redirect(w, r, path)
}

func hourOptions() (list []ui.Option) {
	for h := 1; h <= support.MostHours; h *= 2 {
		list = append(list, ui.Option{Value: strconv.Itoa(h), Text: support.Hours(h)})
	}
	return list
}

// current is the request that waits, or the look that may go on.
func (d detail) current() *support.Access {
	for _, a := range d.asked {
		if a.State == support.Asked || a.State == support.Open {
			return &a
		}
	}
	return nil
}

func (d detail) lookURL(a support.Access, verb string) string {
	return fmt.Sprintf("%s/support/%s/%s", d.url(), a.ID, verb)
}

// past is what was asked for before, and is over.
func (d detail) past() (list []support.Access) {
	for _, a := range d.asked {
		if a.State != support.Asked && a.State != support.Open {
			list = append(list, a)
		}
	}
	return list
}
