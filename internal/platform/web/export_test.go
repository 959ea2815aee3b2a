package web

import "github.com/danielgtaylor/huma/v2"

// HumaOf gives the API under a router, to show that going past Op is refused.
func HumaOf(rt *Router) huma.API { return rt.api }
