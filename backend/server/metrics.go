package server

import (
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// A metric is one number about the whole server: there are no labels, so none
// can ever carry a client's address or topic.
type metric struct {
	name  string
	help  string
	gauge bool // may fall; else a sum
	value func() float64
}

func (s *Server) metrics() []metric {
	hub := s.config.Hub
	all := []metric{
		{"beeline_connections", "WebSockets that are open.", true, func() float64 { return float64(hub.Stats().Connections) }},
		{"beeline_topics", "Topics that have members.", true, func() float64 { return float64(hub.Stats().Topics) }},
		{"beeline_plates", "Numbers of spoken codes that are taken.", true, func() float64 { return float64(hub.Stats().Plates) }},
		{"beeline_plates_total", "Numbers of spoken codes that were given.", false, func() float64 { return float64(hub.Stats().Allotted) }},
		{"beeline_plates_claimed_total", "Numbers of spoken codes that were claimed.", false, func() float64 { return float64(hub.Stats().Claimed) }},
		{"beeline_plates_dead_total", "Claims of numbers that nobody had.", false, func() float64 { return float64(hub.Stats().DeadClaims) }},
		{"beeline_plates_quiet_total", "Claimers put out because they sent nothing.", false, func() float64 { return float64(hub.Stats().QuietClaims) }},
		{"beeline_connections_total", "WebSockets that were opened.", false, func() float64 { return float64(hub.Stats().Accepted) }},
		{"beeline_connections_refused_total", "WebSockets refused by the limits per address.", false, func() float64 { return float64(hub.Stats().RefusedAddress) }},
		{"beeline_frames_total", "Frames that were passed on.", false, func() float64 { return float64(hub.Stats().Forwarded) }},
		{"beeline_frames_dropped_total", "Frames dropped from the queue of a slow client.", false, func() float64 { return float64(hub.Stats().Dropped) }},
		{"beeline_messages_refused_total", "Messages answered with ERR.", false, func() float64 { return float64(hub.Stats().Refused) }},
		{"beeline_members_displaced_total", "Members put out of a full topic for a newcomer.", false, func() float64 { return float64(hub.Stats().Displaced) }},
		{"beeline_closed_protocol_total", "WebSockets closed for a message that no honest client sends.", false, func() float64 { return float64(hub.Stats().Protocol) }},
		{"beeline_closed_silent_total", "WebSockets closed because no pong came.", false, func() float64 { return float64(hub.Stats().Silent) }},
		{"beeline_closed_slow_total", "WebSockets closed because they took nothing.", false, func() float64 { return float64(hub.Stats().Slow) }},
		{"beeline_http_requests_total", "HTTP requests.", false, func() float64 { return float64(s.counts.requests.Load()) }},
		{"beeline_http_wrong_host_total", "Requests under a name that is not ours.", false, func() float64 { return float64(s.counts.wrongHost.Load()) }},
		{"beeline_http_panics_total", "Handlers that panicked.", false, func() float64 { return float64(s.counts.panics.Load()) }},
		{"beeline_tls_handshakes_failed_total", "TLS handshakes that failed.", false, func() float64 { return float64(s.counts.handshakes.Load()) }},
		{"beeline_tcp_refused_total", "Connections closed at once because their address had too many.", false, func() float64 { return float64(s.limiter.refusals()) }},
	}
	if relayed := s.config.Relay; relayed != nil {
		all = append(all,
			metric{"beeline_relay_allocations", "Relayed addresses in use; one transfer has two or more.", true, func() float64 { return float64(relayed().Allocations) }},
			metric{"beeline_relay_allocations_refused_total", "Allocations refused by a quota.", false, func() float64 { return float64(relayed().Refused) }},
			metric{"beeline_relay_bytes_total", "Bytes that were relayed.", false, func() float64 { return float64(relayed().Bytes) }},
			metric{"beeline_relay_packets_dropped_total", "Packets dropped: over the cap, for a client that is slow, or for nobody.", false, func() float64 { return float64(relayed().Dropped) }},
		)
	}
	return all
}

// Metrics returns the handler of GET /metrics. It belongs on an address of its
// own: the numbers are for whoever runs the server.
func (s *Server) Metrics() http.Handler {
	all := prometheus.NewRegistry()
	all.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	for _, m := range s.metrics() {
		if m.gauge {
			all.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: m.name, Help: m.help}, m.value))
		} else {
			all.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: m.name, Help: m.help}, m.value))
		}
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(all, promhttp.HandlerOpts{}))
	return mux
}

// NewHTTPServer returns a server with the time-outs of this package for a
// handler of the operator's own, such as Metrics.
func NewHTTPServer(h http.Handler) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      time.Minute,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
	}
}
