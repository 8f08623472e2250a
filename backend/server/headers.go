package server

import (
	"net/http"
	"strings"
)

// csp is the policy of documents, and of workers, which take it from their own
// response. Nothing is allowed that is not needed:
//
//   - script-src: our files; 'wasm-unsafe-eval' compiles WebAssembly and allows
//     no eval.
//   - connect-src: our server, its WebSocket spelled out because older Safari
//     does not count it to 'self'. (WebRTC is outside CSP.)
//   - frame-src: the hidden frame through which a download is streamed.
//   - trusted-types: one policy, with an exact list, makes the URLs of workers.
//   - img-src data: and blob: are QR codes and thumbnails.
const csp = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; " +
	"connect-src 'self' SCHEME://HOST; img-src 'self' blob: data:; media-src 'self' blob:; style-src 'self'; font-src 'self'; " +
	"manifest-src 'self'; frame-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
	"require-trusted-types-for 'script'; trusted-types app-worker"

// permissions allows the camera to our own pages: /contacts scans a QR code with
// it, and the browser asks the person first. It leaves out features that Chromium does not know on every system
// (bluetooth, web-share): it would write an error to the console of every page.
const permissions = "camera=(self), microphone=(), geolocation=(), usb=(), serial=(), hid=(), payment=(), display-capture=(), " +
	"screen-wake-lock=(self), local-network=(self), loopback-network=(self), " +
	"publickey-credentials-get=(self), publickey-credentials-create=(self), cross-origin-isolated=(self)"

// integrityPolicy makes browsers refuse a document's scripts that have no hash.
// It is on documents only: the scripts of workers can't carry one.
const integrityPolicy = "blocked-destinations=(script)"

// errorCSP is the policy of an error page: it needs nothing.
const errorCSP = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// smallHeaders are on every answer.
func smallHeaders(h http.Header) {
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
}

// pageHeaders are on documents and on scripts, which may become workers. host
// was checked: it can't break out of the policy.
func pageHeaders(h http.Header, host string, secure bool) {
	smallHeaders(h)
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Embedder-Policy", "require-corp")
	h.Set("Origin-Agent-Cluster", "?1")
	h.Set("Permissions-Policy", permissions)
	scheme := "ws"
	if secure {
		scheme = "wss"
	}
	policy := strings.Replace(strings.Replace(csp, "SCHEME", scheme, 1), "HOST", host, 1)
	if secure {
		policy += "; upgrade-insecure-requests"
		h.Set("Strict-Transport-Security", "max-age=63072000") // this host only: it speaks for no other
	}
	h.Set("Content-Security-Policy", policy)
}
