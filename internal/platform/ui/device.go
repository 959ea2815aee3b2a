package ui

import "strings"

// DeviceWords names a browser and its system from what it says of itself:
// "Chrome on Windows". What it says can be made up; it helps its owner to know it.
func DeviceWords(agent string) string {
	first := func(words [][2]string, otherwise string) string {
		for _, w := range words {
			if strings.Contains(agent, w[0]) {
				return w[1]
			}
		}
		return otherwise
	}
	browser := first([][2]string{{"Edg", "Edge"}, {"OPR/", "Opera"}, {"Firefox/", "Firefox"}, {"FxiOS/", "Firefox"}, {"CriOS/", "Chrome"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"}}, "")
	system := first([][2]string{{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"Windows", "Windows"}, {"CrOS", "ChromeOS"}, {"Mac OS X", "Mac"}, {"Linux", "Linux"}}, "")
	switch {
	case browser != "" && system != "":
		return browser + " on " + system
	case browser != "" || system != "":
		return browser + system
	case agent == "":
		return "A program that does not say its name"
	}
	name, _, _ := strings.Cut(agent, " ")
	return name
}
