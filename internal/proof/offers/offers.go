// Package offers reads what a page offers to do: its links and its forms, as a
// browser would send them.
package offers

import (
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/net/html"
)

// Offer is a link or a form of a page.
type Offer struct {
	Method string
	Path   string     // of this site; "" leads to another
	Form   url.Values // what the form sends as the page shows it; nil for a link
}

// Read gives the links and forms of a page, its scripted ones too.
func Read(page string) ([]Offer, error) {
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		return nil, err
	}
	var found []Offer
	var walk func(n *html.Node, form *Offer)
	walk = func(n *html.Node, form *Offer) {
		if n.Type == html.ElementNode {
			for _, a := range n.Attr {
				switch method, isCall := strings.CutPrefix(a.Key, "hx-"); {
				case a.Key == "href" && n.Data == "a":
					found = append(found, Offer{Method: http.MethodGet, Path: pathOf(a.Val)})
				case isCall && (method == "get" || method == "post" || method == "put" || method == "delete" || method == "patch"):
					found = append(found, Offer{Method: strings.ToUpper(method), Path: pathOf(a.Val)})
				}
			}
			if n.Data == "form" {
				form = &Offer{Method: strings.ToUpper(attribute(n, "method")), Path: pathOf(attribute(n, "action")), Form: url.Values{}}
				if form.Method == "" {
					form.Method = http.MethodGet
				}
			}
			field(n, form)
		}
		for child := n.FirstChild; child != nil; child = child.NextSibling {
			walk(child, form)
		}
		if n.Type == html.ElementNode && n.Data == "form" {
			found = append(found, *form)
		}
	}
	walk(root, nil)
	return found, nil
}

// field adds what a control would send to its form.
func field(n *html.Node, form *Offer) {
	name := attribute(n, "name")
	if form == nil || name == "" {
		return
	}
	switch kind := attribute(n, "type"); {
	case n.Data == "textarea":
		form.Form.Add(name, text(n))
	case n.Data == "select":
		form.Form.Add(name, chosen(n))
	case kind == "file", kind == "checkbox" && !has(n, "checked"), kind == "radio" && !has(n, "checked"):
	case n.Data == "button" && form.Form.Has(name): // one of several is pressed
	case n.Data == "input", n.Data == "button":
		form.Form.Add(name, attribute(n, "value"))
	}
}

func chosen(n *html.Node) string {
	first, value := "", ""
	for option := range n.Descendants() {
		if option.Data != "option" {
			continue
		}
		if first == "" {
			first = attribute(option, "value")
		}
		if has(option, "selected") {
			value = attribute(option, "value")
		}
	}
	if value == "" {
		return first
	}
	return value
}

func text(n *html.Node) string {
	var b strings.Builder
	for child := range n.Descendants() {
		if child.Type == html.TextNode {
			b.WriteString(child.Data)
		}
	}
	return b.String()
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, name string) bool {
	for _, a := range n.Attr {
		if a.Key == name {
			return true
		}
	}
	return false
}

// pathOf is the path of an address of this site.
func pathOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host != "" {
		return ""
	}
	return u.Path
}
