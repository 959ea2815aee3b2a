// Package app puts the program together. It is the only package that knows every
// room, so what is true of all of them at once is tested here.
package app
