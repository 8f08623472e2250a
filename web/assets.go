// Package web embeds the built page: whatever `make web` has put into dist/.
// Before a build there is only a placeholder, so that the Go side always
// compiles.
package web

import (
	"embed"
	"io/fs"
)

//go:embed all:dist
var dist embed.FS

// Dist returns the built files; its root is dist/.
func Dist() fs.FS {
	sub, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err) // the name is valid: it is embedded above
	}
	return sub
}
