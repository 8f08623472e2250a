package cli

import (
	"strings"
	"testing"
)

// A fingerprint that can't be compared with anything is no connection that anybody
// took for a safe one: neither with the server that is given nor with a link's.
func TestFingerprintNeedsACertificate(t *testing.T) {
	print := strings.Repeat("0", 64)
	link := "http://127.0.0.1:9/r#" + strings.Repeat("A", 48)
	for _, args := range [][]string{
		{"send", "--server", "http://127.0.0.1:9", "--tls-fingerprint", print, "."},
		{"receive", "--yes", "--tls-fingerprint", print, link},
		{"inbox", "--config", t.TempDir(), "--server", "ws://127.0.0.1:9", "--tls-fingerprint", print},
	} {
		if exit, _, complaint := run(t, args...); exit != exitUsage || !strings.Contains(complaint, "https://") {
			t.Errorf("beeline %s: exit %d, %q, want %d and what is missing", args[0], exit, complaint, exitUsage)
		}
	}
}
