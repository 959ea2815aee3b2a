package scim

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/platform/web"
)

// Path is where a directory finds us.
const Path = "/api/scim/v2"

// Routes registers SCIM's addresses. They speak SCIM's own JSON, so they are not in
// the OpenAPI document.
func (s *Service) Routes(rt *web.Router) {
	a := web.Access{Permission: string(identity.ProvisionPeople)}
	for pattern, h := range map[string]handler{
		"GET /ServiceProviderConfig": config, "GET /ResourceTypes": types, "GET /Schemas": schemas,
		"GET /Users": s.users, "POST /Users": s.createUser, "GET /Users/{id}": s.user, "PUT /Users/{id}": s.replaceUser,
		"PATCH /Users/{id}": s.patchUser, "DELETE /Users/{id}": s.deleteUser,
		"GET /Groups": s.groups, "POST /Groups": s.createGroup, "GET /Groups/{id}": s.group, "PUT /Groups/{id}": s.replaceGroup,
		"PATCH /Groups/{id}": s.patchGroup, "DELETE /Groups/{id}": s.deleteGroup,
	} {
		method, path, _ := strings.Cut(pattern, " ")
		rt.Raw(method+" "+Path+path, a, h.serve)
	}
}

// handler gives the status and what is sent with it; nil sends nothing.
type handler func(r *http.Request) (status int, body any, err error)

// serve answers in SCIM's form, also where it refuses.
func (h handler) serve(w http.ResponseWriter, r *http.Request) error {
	status, body, err := h(r)
	if err != nil {
		e := asError(err)
		if e == nil {
			return err
		}
		status = e.Status
		wrong := map[string]any{"schemas": []string{errorSchema}, "status": strconv.Itoa(e.Status), "detail": e.Detail}
		if e.Type != "" {
			wrong["scimType"] = e.Type
		}
		body = wrong
	}
	w.Header().Set("Content-Type", "application/scim+json")
	w.WriteHeader(status)
	if body == nil {
		return nil
	}
	return json.NewEncoder(w).Encode(body)
}

func base(r *http.Request) string { return web.Origin(r) + Path }

// read reads a request's body.
func read[T any](r *http.Request) (T, error) {
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		var none T
		if _, tooLong := errors.AsType[*http.MaxBytesError](err); tooLong {
			return none, &Error{http.StatusRequestEntityTooLarge, "", "the request is too long"}
		}
		return none, bad("invalidSyntax", "the request could not be read")
	}
	if !json.Valid(raw) {
		var none T
		return none, bad("invalidSyntax", "the request is no JSON")
	}
	return decode[T](raw)
}

func pageOf(r *http.Request) page {
	number := func(name string, otherwise, most int) int {
		n, err := strconv.Atoi(r.URL.Query().Get(name))
		if err != nil {
			return otherwise
		}
		return min(max(n, 0), most)
	}
	return page{max(number("startIndex", 1, 1<<30), 1), number("count", 100, MostPerPage)}
}

func id(r *http.Request) uuid.UUID { return idOf(r.PathValue("id")) }

// withMembers tells whether a group's people are wanted: Entra ID leaves them out.
func withMembers(r *http.Request) bool {
	return !strings.Contains(strings.ToLower(r.URL.Query().Get("excludedAttributes")), "members")
}

func (s *Service) users(r *http.Request) (int, any, error) {
	l, err := s.Users(r.Context(), base(r), r.URL.Query().Get("filter"), pageOf(r))
	return http.StatusOK, l, err
}

func (s *Service) user(r *http.Request) (int, any, error) {
	u, err := s.User(r.Context(), base(r), id(r))
	return http.StatusOK, u, err
}

func (s *Service) createUser(r *http.Request) (int, any, error) {
	sent, err := read[user](r)
	if err != nil {
		return 0, nil, err
	}
	u, err := s.CreateUser(r.Context(), base(r), sent)
	return http.StatusCreated, u, err
}

func (s *Service) replaceUser(r *http.Request) (int, any, error) {
	sent, err := read[user](r)
	if err != nil {
		return 0, nil, err
	}
	u, err := s.ReplaceUser(r.Context(), base(r), id(r), sent)
	return http.StatusOK, u, err
}

func (s *Service) patchUser(r *http.Request) (int, any, error) {
	sent, err := read[patch](r)
	if err != nil {
		return 0, nil, err
	}
	u, err := s.PatchUser(r.Context(), base(r), id(r), sent)
	return http.StatusOK, u, err
}

func (s *Service) deleteUser(r *http.Request) (int, any, error) {
	return http.StatusNoContent, nil, s.DeleteUser(r.Context(), id(r))
}

func (s *Service) groups(r *http.Request) (int, any, error) {
	l, err := s.Groups(r.Context(), base(r), r.URL.Query().Get("filter"), pageOf(r), withMembers(r))
	return http.StatusOK, l, err
}

func (s *Service) group(r *http.Request) (int, any, error) {
	g, err := s.Group(r.Context(), base(r), id(r), withMembers(r))
	return http.StatusOK, g, err
}

func (s *Service) createGroup(r *http.Request) (int, any, error) {
	sent, err := read[group](r)
	if err != nil {
		return 0, nil, err
	}
	g, err := s.CreateGroup(r.Context(), base(r), sent)
	return http.StatusCreated, g, err
}

func (s *Service) replaceGroup(r *http.Request) (int, any, error) {
	sent, err := read[group](r)
	if err != nil {
		return 0, nil, err
	}
	g, err := s.ReplaceGroup(r.Context(), base(r), id(r), sent)
	return http.StatusOK, g, err
}

func (s *Service) patchGroup(r *http.Request) (int, any, error) {
	sent, err := read[patch](r)
	if err != nil {
		return 0, nil, err
	}
	g, err := s.PatchGroup(r.Context(), base(r), id(r), sent)
	return http.StatusOK, g, err
}

func (s *Service) deleteGroup(r *http.Request) (int, any, error) {
	return http.StatusNoContent, nil, s.DeleteGroup(r.Context(), id(r))
}

// config says what is understood (RFC 7643, 5).
func config(r *http.Request) (int, any, error) {
	no := map[string]any{"supported": false}
	return http.StatusOK, map[string]any{
		"schemas": []string{configSchema}, "patch": map[string]any{"supported": true}, "changePassword": no, "sort": no, "etag": no,
		"bulk":   map[string]any{"supported": false, "maxOperations": 0, "maxPayloadSize": 0},
		"filter": map[string]any{"supported": true, "maxResults": MostPerPage},
		"authenticationSchemes": []map[string]any{{
			"type": "oauthbearertoken", "name": "API key", "description": "An API key with the scope people.provision, as a bearer token", "primary": true,
		}},
		"meta": map[string]any{"resourceType": "ServiceProviderConfig", "location": base(r) + "/ServiceProviderConfig"},
	}, nil
}

func types(r *http.Request) (int, any, error) {
	kind := func(name, schema string) map[string]any {
		return map[string]any{
			"schemas": []string{typeSchema}, "id": name, "name": name, "endpoint": "/" + name + "s", "schema": schema,
			"meta": map[string]any{"resourceType": "ResourceType", "location": base(r) + "/ResourceTypes/" + name},
		}
	}
	return http.StatusOK, map[string]any{"schemas": []string{listSchema}, "totalResults": 2, "startIndex": 1, "itemsPerPage": 2, "Resources": []any{kind("User", userSchema), kind("Group", groupSchema)}}, nil
}

// schemas says which attributes are kept (RFC 7643, 7).
func schemas(*http.Request) (int, any, error) {
	attribute := func(name, kind string, required, several bool, sub ...map[string]any) map[string]any {
		a := map[string]any{
			"name": name, "type": kind, "multiValued": several, "required": required, "caseExact": name == "externalId", "mutability": "readWrite", "returned": "default", "uniqueness": "none",
		}
		if len(sub) > 0 {
			a["subAttributes"] = sub
		}
		if name == "userName" || name == "displayName" && required {
			a["uniqueness"] = "server"
		}
		return a
	}
	plain := func(name, kind string) map[string]any { return attribute(name, kind, false, false) }
	list := []any{
		map[string]any{"id": userSchema, "name": "User", "description": "A member", "attributes": []any{
			attribute("userName", "string", true, false), plain("externalId", "string"), plain("displayName", "string"), plain("active", "boolean"),
			attribute("name", "complex", false, false, plain("formatted", "string"), plain("givenName", "string"), plain("familyName", "string")),
			attribute("emails", "complex", false, true, plain("value", "string"), plain("type", "string"), plain("primary", "boolean")),
		}},
		map[string]any{"id": groupSchema, "name": "Group", "description": "A group, which may have a role", "attributes": []any{
			attribute("displayName", "string", true, false), plain("externalId", "string"), attribute("members", "complex", false, true, plain("value", "string"), plain("display", "string")),
		}},
	}
	return http.StatusOK, map[string]any{"schemas": []string{listSchema}, "totalResults": len(list), "startIndex": 1, "itemsPerPage": len(list), "Resources": list}, nil
}
