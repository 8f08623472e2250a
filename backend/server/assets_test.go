package server

import (
	"net/http"
	"strings"
	"testing"
	"testing/fstest"
)

func TestEveryFileIsServedByItsExactPath(t *testing.T) {
	s := newServer(t, options{})
	for path, want := range map[string]struct{ contentType, cache string }{
		"/":                     {"text/html; charset=utf-8", "no-cache"},
		"/r":                    {"text/html; charset=utf-8", "no-cache"},
		"/trust":                {"text/html; charset=utf-8", "no-cache"},
		"/sw.js":                {"text/javascript; charset=utf-8", "no-cache"}, // or an old version stays for as long as a cache likes
		"/beeline.webmanifest":  {"application/manifest+json", "no-cache"},
		"/assets.txt":           {"text/plain; charset=utf-8", "no-cache"},
		"/favicon.svg":          {"image/svg+xml", "no-cache"},
		"/assets/page.0123.js":  {"text/javascript; charset=utf-8", "public, max-age=31536000, immutable"},
		"/assets/bee.4567.wasm": {"application/wasm", "public, max-age=31536000, immutable"},
	} {
		res := get(s, func(r *http.Request) { r.URL.Path = path })
		if res.StatusCode != http.StatusOK {
			t.Errorf("%s: status %d, want 200", path, res.StatusCode)
		}
		for name, want := range map[string]string{"Content-Type": want.contentType, "Cache-Control": want.cache} {
			if got := res.Header.Get(name); got != want {
				t.Errorf("%s: %s %q, want %q", path, name, got, want)
			}
		}
	}
}

// Attack 45: paths that lead elsewhere. There is no elsewhere: a path is a key
// of a map.
func TestAttack45OnlyExactPathsAreServed(t *testing.T) {
	s := newServer(t, options{})
	address, _ := start(t, s)
	for _, target := range []string{
		"/index.html", "/r.html", "/r/", "/R", "//", "/.placeholder", "/index.html.br", "/assets/bee.4567.wasm.gz",
		"/assets", "/assets/", "/../index.html", "/assets/../r", "/%2e%2e/", "/assets/%2e%2e/r", "/%72", "/assets%2Fpage.0123.js",
		"/assets/..%2f..%2fserver.go", "/..%5c..%5cgo.mod", "/nothing", "/r%00", "/assets/./page.0123.js", "//r",
	} {
		res := rawGet(t, address, target, "localhost")
		if res.StatusCode != http.StatusNotFound {
			t.Errorf("GET %s: status %d, want 404", target, res.StatusCode)
		}
	}
}

func TestSmallestAcceptedVariantIsSent(t *testing.T) {
	s := newServer(t, options{})
	for _, tt := range []struct{ accept, encoding, body string }{
		{"gzip, deflate, br, zstd", "br", "br of wasm"},
		{"gzip", "gzip", "gz of wasm"},
		{"BR;q=0.1, gzip;q=1", "br", "br of wasm"}, // both are taken: the smaller
		{"br;q=0, gzip", "gzip", "gz of wasm"},
		{"br; q=0.0, gzip; q=0", "", "\x00asm0123456789012345678901234567890"},
		{"br;q=nonsense", "", "\x00asm0123456789012345678901234567890"},
		{"*", "", "\x00asm0123456789012345678901234567890"},
		{"", "", "\x00asm0123456789012345678901234567890"},
	} {
		res := get(s, func(r *http.Request) {
			r.URL.Path = "/assets/bee.4567.wasm"
			r.Header.Set("Accept-Encoding", tt.accept)
		})
		if got := body(t, res); got != tt.body || res.Header.Get("Content-Encoding") != tt.encoding {
			t.Errorf("Accept-Encoding %q: %q as %q, want %q as %q", tt.accept, got, res.Header.Get("Content-Encoding"), tt.body, tt.encoding)
		}
		if res.Header.Get("Vary") != "Accept-Encoding" || res.Header.Get("Content-Type") != "application/wasm" {
			t.Errorf("Accept-Encoding %q: Vary %q, type %q", tt.accept, res.Header.Get("Vary"), res.Header.Get("Content-Type"))
		}
	}
}

func TestUnchangedAssetIsNotSentAgain(t *testing.T) {
	s := newServer(t, options{})
	ask := func(accept, tag string) *http.Response {
		return get(s, func(r *http.Request) {
			r.Header.Set("Accept-Encoding", accept)
			r.Header.Set("If-None-Match", tag)
		})
	}
	tag := ask("br", "").Header.Get("ETag")
	for _, tt := range []struct {
		accept, tag string
		status      int
	}{
		{"br", tag, 304},
		{"br", "W/" + tag, 304},
		{"br", `"other", ` + tag, 304},
		{"br", "*", 304},
		{"br", `"other"`, 200},
		{"gzip", tag, 200}, // the other encoding is other bytes
		{"", tag, 200},
	} {
		res := ask(tt.accept, tt.tag)
		if res.StatusCode != tt.status {
			t.Errorf("Accept-Encoding %q, If-None-Match %q: status %d, want %d", tt.accept, tt.tag, res.StatusCode, tt.status)
		}
		if res.StatusCode == 304 && (body(t, res) != "" || res.Header.Get("ETag") != tag) {
			t.Errorf("304 with a body or without its ETag")
		}
	}
}

func TestMethods(t *testing.T) {
	s := newServer(t, options{})
	for _, tt := range []struct {
		method, path string
		status       int
		allow        string
	}{
		{"HEAD", "/", 200, ""},
		{"HEAD", "/healthz", 200, ""},
		{"POST", "/", 405, "GET, HEAD"},
		{"DELETE", "/r", 405, "GET, HEAD"},
		{"OPTIONS", "/r", 405, "GET, HEAD"},
		{"POST", "/signal", 405, "GET"},
		{"PUT", "/healthz", 405, "GET"},
		{"POST", "/nothing", 404, ""},
	} {
		res := get(s, func(r *http.Request) { r.Method, r.URL.Path = tt.method, tt.path })
		if res.StatusCode != tt.status || res.Header.Get("Allow") != tt.allow {
			t.Errorf("%s %s: status %d, Allow %q; want %d, %q", tt.method, tt.path, res.StatusCode, res.Header.Get("Allow"), tt.status, tt.allow)
		}
	}
	res := get(s, func(r *http.Request) { r.Method = "HEAD" })
	if b := body(t, res); b != "" || res.Header.Get("Content-Length") != "34" {
		t.Errorf("HEAD /: Content-Length %q and %d bytes, want 34 and none", res.Header.Get("Content-Length"), len(b))
	}
}

func TestWithoutABuildThereIsASentence(t *testing.T) {
	for name, files := range map[string]fstest.MapFS{
		"nothing":     nil,
		"placeholder": {".placeholder": &fstest.MapFile{}},
	} {
		s := newServer(t, options{config: func(c *Config) { c.Assets = files }})
		res := get(s, func(r *http.Request) { r.Header.Set("Accept", "text/html") })
		if s.Built() || res.StatusCode != http.StatusServiceUnavailable || !strings.Contains(body(t, res), "make run") {
			t.Errorf("%s: built %v, status %d; want a sentence with what to do", name, s.Built(), res.StatusCode)
		}
	}
}

// A document asks browsers to insist on hashes only where it has them all.
func TestIntegrityPolicy(t *testing.T) {
	for html, want := range map[string]bool{
		`<title>no script</title>`: true,
		`<script defer src="/a.js" integrity="sha384-x" crossorigin="anonymous"></script>`:            true,
		`<script src="/a.js" integrity="sha384-x" crossorigin></script><SCRIPT src="/b.js"></SCRIPT>`: false,
		`<script src="/a.js" integrity="sha384-x"></script>`:                                          false, // is not checked without CORS
	} {
		s := newServer(t, options{config: func(c *Config) {
			c.Assets = fstest.MapFS{"index.html": &fstest.MapFile{Data: []byte(html)}, "a.js": &fstest.MapFile{Data: []byte("1")}}
		}})
		if got := get(s, nil).Header.Get("Integrity-Policy") != ""; got != want {
			t.Errorf("%s: Integrity-Policy %v, want %v", html, got, want)
		}
		script := get(s, func(r *http.Request) { r.URL.Path = "/a.js" })
		if script.Header.Get("Integrity-Policy") != "" || script.Header.Get("Content-Security-Policy") == "" {
			t.Error("a script, which may be a worker's, has Integrity-Policy or lacks the page's headers")
		}
	}
}

func TestVariantWithoutItsFileIsAnError(t *testing.T) {
	files := fstest.MapFS{"lost.js.br": &fstest.MapFile{}}
	if _, err := loadAssets(files); err == nil || !strings.Contains(err.Error(), "lost.js") {
		t.Errorf("loadAssets = %v, want an error that names lost.js", err)
	}
}

func TestVariantThatIsNoSmallerIsLeftOut(t *testing.T) {
	files := fstest.MapFS{
		"a.js":    &fstest.MapFile{Data: []byte("12")},
		"a.js.br": &fstest.MapFile{Data: []byte("123")},
		"a.js.gz": &fstest.MapFile{Data: []byte("1")},
	}
	a, err := loadAssets(files)
	if err != nil {
		t.Fatal(err)
	}
	if v := a["/a.js"].variants; len(v) != 2 || v[0].encoding != "gzip" {
		t.Errorf("%d variants, first %q; want gzip and the file", len(v), v[0].encoding)
	}
}
