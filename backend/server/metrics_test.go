package server

import (
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"beeline/backend/relay"
	"beeline/signaling/wire"
)

func TestMetricsCountAndNameNobody(t *testing.T) {
	s := newServer(t, options{config: func(c *Config) {
		c.Relay = func() relay.Stats { return relay.Stats{Allocations: 4, Refused: 3, Bytes: 1 << 40, Dropped: 2} }
	}})
	address, _ := start(t, s)
	c := dialSignal(t, address)
	c.sub(wire.Wait)
	w := httptest.NewRecorder()
	s.Metrics().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	text := w.Body.String()
	for _, want := range []string{"\nbeeline_connections 1\n", "\nbeeline_topics 1\n", "\nbeeline_connections_total 1\n", "\nbeeline_http_requests_total 1\n", "\ngo_goroutines ",
		"\nbeeline_relay_allocations 4\n", "\nbeeline_relay_allocations_refused_total 3\n", "\nbeeline_relay_bytes_total 1.099511627776e+12\n", "\nbeeline_relay_packets_dropped_total 2\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("metrics lack %q:\n%s", want, text)
		}
	}
	for line := range strings.SplitSeq(text, "\n") {
		if strings.HasPrefix(line, "beeline_") && !regexp.MustCompile(`^beeline_[a-z_]+ [0-9.e+]+$`).MatchString(line) {
			t.Errorf("metric %q is not one number without labels", line)
		}
	}
	c.conn.Abort()
}
