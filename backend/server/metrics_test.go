package server

import (
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"beeline/signaling/wire"
)

func TestMetricsCountAndNameNobody(t *testing.T) {
	s := newServer(t, options{})
	address, _ := start(t, s)
	c := dialSignal(t, address)
	c.sub(wire.Wait)
	w := httptest.NewRecorder()
	s.Metrics().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	text := w.Body.String()
	for _, want := range []string{"\nbeeline_connections 1\n", "\nbeeline_topics 1\n", "\nbeeline_connections_total 1\n", "\nbeeline_http_requests_total 1\n", "\ngo_goroutines "} {
		if !strings.Contains(text, want) {
			t.Errorf("metrics lack %q:\n%s", want, text)
		}
	}
	for line := range strings.SplitSeq(text, "\n") {
		if strings.HasPrefix(line, "beeline_") && !regexp.MustCompile(`^beeline_[a-z_]+ \d+$`).MatchString(line) {
			t.Errorf("metric %q is not one number without labels", line)
		}
	}
	c.conn.Abort()
}
