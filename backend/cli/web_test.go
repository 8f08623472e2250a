package cli

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// The page is served to this computer, and says where links lead.
func TestWebServesThePageHere(t *testing.T) {
	w := start(t, "web", "--server", "wss://send.example")
	line := w.next(t, "ready at http://127.0.0.1:")
	_, base, _ := strings.Cut(line, " at ")
	res, err := http.Get(base + "/server.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if text, _ := io.ReadAll(res.Body); string(text) != "https://send.example\n" {
		t.Errorf("links lead to %q", text)
	}
	http.DefaultClient.CloseIdleConnections()
	w.stop()
	if code := w.ends(t); code != exitDone {
		t.Errorf("exit %d, %q", code, w.stderr.String())
	}
	for _, bad := range [][]string{
		{}, {"--server", "send.example"}, {"--server", "ftp://send.example"}, {"--server", "https://send.example/r"}, {"--server", "https://a@send.example"},
		{"--server", "https://send.example", "--port", "65536"}, {"--server", "http://send.example", "--tls-fingerprint", strings.Repeat("ab", 32)}, {"--server", "https://send.example", "here"},
	} {
		if code, _, _ := run(t, append([]string{"web"}, bad...)...); code != exitUsage {
			t.Errorf("web %q: exit %d, want 2", bad, code)
		}
	}
}
