package server

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
)

// An IT department copies the headers from the README into its own rules.
func TestReadmeHasTheHeadersThatAreSent(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	s := newServer(t, options{config: func(c *Config) { c.Names = []string{"send.example"} }})
	res := get(s, func(r *http.Request) { r.Host, r.TLS = "send.example", &tls.ConnectionState{} })
	var checked int
	for name, values := range res.Header {
		switch name {
		case "Content-Type", "Etag", "Vary", "Content-Length", "Cache-Control": // of the answer, not of the policy
			continue
		}
		checked++
		if line := fmt.Sprintf("%s: %s", name, values[0]); !strings.Contains(string(readme), line) {
			t.Errorf("README.md lacks %q", line)
		}
	}
	if checked < 9 {
		t.Errorf("%d headers of the policy are sent, want at least 9", checked)
	}
}
