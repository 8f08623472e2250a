package server

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"regexp"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"
)

// assets are the files of the page by the exact path under which they are
// served. What is not in the map does not exist: no path is ever put together
// from a request.
type assets map[string]*asset

type asset struct {
	contentType string
	page        bool // a document or a script: gets all headers
	hashed      bool // a document of which every script has a hash that the browser checks
	immutable   bool // its name changes with its content
	variants    []variant
}

// A variant is an asset in one encoding. The first in the list is the smallest;
// the last is the file itself.
type variant struct {
	encoding string // "" for the file itself
	body     []byte
	etag     string
}

// encodings by the ending of the file that has them, smallest first.
var encodings = []struct{ ending, name string }{{".br", "br"}, {".gz", "gzip"}}

var contentTypes = map[string]string{
	".html":        "text/html; charset=utf-8",
	".js":          "text/javascript; charset=utf-8",
	".mjs":         "text/javascript; charset=utf-8",
	".css":         "text/css; charset=utf-8",
	".wasm":        "application/wasm", // or the browser does not compile while it loads
	".svg":         "image/svg+xml",
	".png":         "image/png",
	".ico":         "image/x-icon",
	".woff2":       "font/woff2",
	".json":        "application/json",
	".map":         "application/json",
	".webmanifest": "application/manifest+json",
	".txt":         "text/plain; charset=utf-8",
}

// hashedDir is where the build puts files whose names change with their content.
const hashedDir = "/assets/"

// loadAssets reads every file of the build. x.html is served as /x and
// index.html as /; x.br and x.gz beside x are x in another encoding; files that
// begin with a dot are not served.
func loadAssets(files fs.FS) (assets, error) {
	all := make(assets)
	if files == nil {
		return all, nil
	}
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(d.Name(), ".") {
			return err
		}
		for _, e := range encodings {
			if plain, ok := strings.CutSuffix(name, e.ending); ok {
				if _, err := fs.Stat(files, plain); err != nil {
					return fmt.Errorf("%s is there, but %s is not", name, plain)
				}
				return nil // read with its plain form
			}
		}
		a, err := loadAsset(files, name)
		if err != nil {
			return err
		}
		all[servedAs(name)] = a
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the page: %w", err)
	}
	return all, nil
}

func servedAs(name string) string {
	if name == "index.html" {
		return "/"
	}
	return "/" + strings.TrimSuffix(name, ".html")
}

func loadAsset(files fs.FS, name string) (*asset, error) {
	ext := path.Ext(name)
	a := &asset{
		contentType: contentTypes[ext],
		page:        ext == ".html" || ext == ".js" || ext == ".mjs" || ext == ".svg",
		immutable:   strings.HasPrefix("/"+name, hashedDir),
	}
	if a.contentType == "" {
		a.contentType = "application/octet-stream"
	}
	body, err := fs.ReadFile(files, name)
	if err != nil {
		return nil, err
	}
	a.hashed = ext == ".html" && everyScriptHashed(body)
	digest := sha256.Sum256(body)
	for _, e := range encodings {
		if encoded, err := fs.ReadFile(files, name+e.ending); err == nil && len(encoded) < len(body) {
			a.variants = append(a.variants, variant{e.name, encoded, etag(digest, e.name)})
		}
	}
	a.variants = append(a.variants, variant{"", body, etag(digest, "")})
	return a, nil
}

var script = regexp.MustCompile(`(?i)<script\b[^>]*>`)

// everyScriptHashed reports whether a document that demands hashes of its
// scripts would still run: each has one, and is asked for in the mode in which
// browsers check it.
func everyScriptHashed(html []byte) bool {
	for _, tag := range script.FindAll(html, -1) {
		if !bytes.Contains(tag, []byte(" integrity=")) || !bytes.Contains(tag, []byte(" crossorigin")) {
			return false
		}
	}
	return true
}

// etag names the content and, because caches keep them apart by it, the encoding.
func etag(digest [32]byte, encoding string) string {
	tag := hex.EncodeToString(digest[:16])
	if encoding != "" {
		tag += "-" + encoding
	}
	return `"` + tag + `"`
}

// serveAsset answers for every path that is not one of the server's own.
func (s *Server) serveAsset(c echo.Context) error {
	r := c.Request()
	a := s.assets[r.URL.Path]
	switch {
	case r.URL.RawPath != "": // an encoding that is not the usual one: no link of ours has it
		return errNotFound
	case r.URL.Path == "/signal" || r.URL.Path == "/healthz" || r.URL.Path == "/readyz":
		return &methodError{http.MethodGet}
	case a == nil && r.URL.Path == "/" && !s.Built():
		return errNotBuilt
	case a == nil:
		return errNotFound
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		return &methodError{"GET, HEAD"}
	}
	h := c.Response().Header()
	if a.page {
		pageHeaders(h, r.Host, s.secure(r))
	} else {
		smallHeaders(h)
	}
	if a.hashed {
		h.Set("Integrity-Policy", integrityPolicy)
	}
	v := a.pick(r.Header)
	h.Set("Content-Type", a.contentType)
	h.Set("ETag", v.etag)
	if len(a.variants) > 1 {
		h.Set("Vary", "Accept-Encoding")
	}
	if a.immutable {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	} else {
		h.Set("Cache-Control", "no-cache") // asks each time, and is told 304
	}
	if matches(r.Header, v.etag) {
		h.Del("Content-Type")
		return c.NoContent(http.StatusNotModified)
	}
	if v.encoding != "" {
		h.Set("Content-Encoding", v.encoding)
	}
	h.Set("Content-Length", strconv.Itoa(len(v.body)))
	c.Response().WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		return nil
	}
	_, _ = c.Response().Write(v.body) // an error means that the client went away: nobody to tell
	return nil
}

// pick returns the smallest variant that the client takes.
func (a *asset) pick(h http.Header) *variant {
	for i := range a.variants[:len(a.variants)-1] {
		if accepts(h, a.variants[i].encoding) {
			return &a.variants[i]
		}
	}
	return &a.variants[len(a.variants)-1]
}

// accepts reports whether Accept-Encoding names an encoding with a weight above
// 0. RFC 9110, 12.5.3; "*" is not taken as consent.
func accepts(h http.Header, encoding string) bool {
	for _, line := range h.Values("Accept-Encoding") {
		for part := range strings.SplitSeq(line, ",") {
			name, params, _ := strings.Cut(part, ";")
			if !strings.EqualFold(strings.TrimSpace(name), encoding) {
				continue
			}
			q, weighted := strings.CutPrefix(strings.ReplaceAll(params, " ", ""), "q=")
			if !weighted {
				return true
			}
			weight, err := strconv.ParseFloat(q, 64)
			return err == nil && weight > 0
		}
	}
	return false
}

// matches reports whether the client has the variant already. RFC 9110, 13.1.2.
func matches(h http.Header, etag string) bool {
	for _, line := range h.Values("If-None-Match") {
		for part := range strings.SplitSeq(line, ",") {
			part = strings.TrimSpace(part)
			if part == "*" || strings.TrimPrefix(part, "W/") == etag {
				return true
			}
		}
	}
	return false
}
