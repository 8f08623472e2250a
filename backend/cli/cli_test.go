package cli

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"flag"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"beeline/backend/relay"
	"beeline/signaling/leaktest"
	"beeline/signaling/socket"
	"beeline/signaling/wire"
)

// patience is how long a test waits for what has to come: with the race detector, beside
// other tests, 24 MB have taken half a minute.
const patience = 90 * time.Second

func TestMain(m *testing.M) {
	if args := os.Getenv("CLI_TEST_ARGS"); args != "" { // a program of its own, which a test kills
		os.Exit(Run(UntilSignal(), strings.Split(args, "\n"), os.Stdout, os.Stderr))
	}
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP) // what hands on signals is started once, and stays
	signal.Stop(hup)
	bookEvery = 200 * time.Millisecond
	at, err := os.MkdirTemp("", "bl") // short: paths of sockets may not be long
	if err != nil {
		panic(err)
	}
	for name, is := range map[string]string{
		"XDG_RUNTIME_DIR": at, "XDG_CACHE_HOME": filepath.Join(at, "cache"), "BEELINE_KEYS": filepath.Join(at, "keys"), // not this person's
		"BEELINE_PASSPHRASE": "", "BEELINE_BACKUP_PASSPHRASE": "",
	} {
		os.Setenv(name, is)
	}
	_ = flag.Set("test.parallel", "4") // they wait more than they work
	leaktest.Main(inPlace{m, at})
}

// inPlace takes away where the tests of this package keep what isn't one's alone.
type inPlace struct {
	*testing.M
	at string
}

func (m inPlace) Run() int {
	defer os.RemoveAll(m.at)
	return m.M.Run()
}

// run carries out a command line that ends by itself.
func run(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var out, errs bytes.Buffer
	code = Run(ctx, append([]string{"beeline"}, args...), &out, &errs)
	return code, out.String(), errs.String()
}

// Bad configuration is one sentence that names what is wrong, and exit 2.
func TestBadConfigurationIsASentence(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for line, says := range map[string]string{
		"":                             "which command",
		"fly":                          `no command "fly"`,
		"serve fast":                   `"fast"`,
		"serve --fast":                 "fast",
		"serve --listen":               "listen",
		"serve --listen 8080":          "host:port",
		"serve --listen :99999":        "99999",
		"serve --listen :http":         "number",
		"serve --metrics here":         "--metrics",
		"serve --log-level loud":       `"loud"`,
		"serve --max-connections 0":    "at least 1",
		"serve --max-connections many": "many",
		"serve --page " + file:         "folder",
		"serve --tls-cert a":           "belong together",
		"serve --tls-key a":            "belong together",
		"serve --tls-cert a --tls-key b --listen 127.0.0.1:0":                     "read the TLS certificate",
		"serve --tls-self-signed --tls-domain a.example":                          "give one of them",
		"serve --tls-cache a":                                                     "--tls-domain",
		"serve --tls-domain https://a.example":                                    "no scheme",
		"serve --host a.example:80":                                               "no scheme, port",
		"serve --trusted-proxy proxy":                                             "10.0.0.0/8",
		"serve --trusted-proxy 0.0.0.0/0":                                         "trusts everybody",
		"serve --stun 3478":                                                       "--stun",
		"serve --stun-url turn:a.example":                                         "stun:host:port",
		"serve" + strings.Repeat(" --stun-url stun:"+strings.Repeat("a", 200), 3): "400",
		"serve --relay maybe":                                                     `"maybe"`,
		"serve --relay on --stun off":                                             "--stun off",
		"serve --relay-rate -1":                                                   "-1",
		"serve --relay-tls 127.0.0.1:0":                                           "certificate",
		"serve --turn-url turn:a.example":                                         "belong together",
		"serve --turn-secret x":                                                   "belong together",
		"serve --turn-url stun:a.example --turn-secret x":                         "turn:host:port",
		"serve --turn-url turn:a.example:22 --turn-secret x":                      "1023",
		"serve --turn-url turn:a --turn-secret x --relay on":                      "give one of them",
		"version 2": `"2"`,
		"send":      "what is to be sent",
		"send x":    "--server",
		"send --server http://127.0.0.1:1 --lanes 17 x":           "1 to 16",
		"send --server http://127.0.0.1:1 --expires 0s x":         "--expires",
		"send --server http://127.0.0.1:1 --limit -1 x":           "--limit",
		"send --server http://127.0.0.1:1 --paths up x":           `"up"`,
		"send --server http://127.0.0.1:1 --tls-fingerprint ab x": "64 hexadecimal",
		"send --server http://127.0.0.1:1 /nonexistent/a":         "/nonexistent",
		"receive":                             "--yes",
		"receive --yes":                       "Give a link or a code",
		"receive --yes a b":                   "2 arguments",
		"receive --yes 1234-a-b-c":            "--server",
		"receive --on-conflict panic --yes x": `"panic"`,
	} {
		code, stdout, stderr := run(t, strings.Fields(line)...)
		if code != exitUsage || !strings.Contains(stderr, says) || strings.Count(stderr, "\n") != 1 || !strings.HasPrefix(stderr, "beeline: ") {
			t.Errorf("beeline %s: exit %d, %q; want exit 2 and one line with %q", line, code, stderr, says)
		}
		if stdout != "" {
			t.Errorf("beeline %s printed %q, want nothing", line, stdout)
		}
	}
}

func TestVariablesAreFlags(t *testing.T) {
	t.Setenv("BEELINE_LISTEN", "nowhere")
	if code, _, stderr := run(t, "serve"); code != exitUsage || !strings.Contains(stderr, `"nowhere"`) {
		t.Errorf("exit %d, %q; want the variable to be read", code, stderr)
	}
	if code, _, stderr := run(t, "serve", "--listen", "elsewhere"); code != exitUsage || !strings.Contains(stderr, `"elsewhere"`) {
		t.Errorf("exit %d, %q; want the flag to come first", code, stderr)
	}
}

func TestVersion(t *testing.T) {
	code, stdout, _ := run(t, "version")
	if code != exitDone || !strings.HasPrefix(stdout, "beeline ") || !strings.Contains(stdout, "go1.") {
		t.Errorf("exit %d, %q; want the version and Go's", code, stdout)
	}
}

// serving is `beeline serve` while it runs.
type serving struct {
	url   string // the last word of the first line
	lines []string
	stop  func() (code int, stderr string)
}

func startServe(t *testing.T, args ...string) *serving {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	r, w := io.Pipe()
	var errs bytes.Buffer
	done := make(chan int, 1)
	go func() {
		done <- Run(ctx, append([]string{"beeline", "serve"}, args...), w, &errs)
		w.Close()
	}()
	s := &serving{}
	var code int
	stopped := false
	s.stop = func() (int, string) {
		if !stopped {
			stopped = true
			cancel()
			code = <-done
		}
		return code, errs.String()
	}
	t.Cleanup(func() { s.stop() })
	buf := make([]byte, 16<<10) // the start text is one write
	n, err := r.Read(buf)
	if err != nil {
		_, stderr := s.stop()
		t.Fatalf("beeline serve %v: %s", args, stderr)
	}
	go func() { _, _ = io.Copy(io.Discard, r) }()
	for sc := bufio.NewScanner(bytes.NewReader(buf[:n])); sc.Scan(); {
		s.lines = append(s.lines, sc.Text())
	}
	words := strings.Fields(s.lines[0])
	s.url = words[len(words)-1]
	return s
}

func (s *serving) says(text string) bool { return strings.Contains(strings.Join(s.lines, "\n"), text) }

func get(t *testing.T, url string) *http.Response {
	t.Helper()
	hc := &http.Client{
		Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}},
		Timeout:   10 * time.Second,
	}
	res, err := hc.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	b, _ := io.ReadAll(res.Body)
	res.Body.Close()
	res.Body = io.NopCloser(bytes.NewReader(b))
	return res
}

func TestServeSaysWhereAndStopsCleanly(t *testing.T) {
	page := t.TempDir()
	if err := os.WriteFile(filepath.Join(page, "index.html"), []byte("the page"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := startServe(t, "--listen", "127.0.0.1:0", "--stun", "127.0.0.1:0", "--metrics", "127.0.0.1:0", "--page", page)
	if res := get(t, s.url); res.StatusCode != 200 {
		t.Errorf("%s: status %d, want 200", s.url, res.StatusCode)
	}
	if s.says("not been built") || s.says("plain HTTP") || !s.says("STUN: udp 127.0.0.1:") {
		t.Errorf("said %q; want STUN's address and no complaint", s.lines)
	}
	var metrics string
	for _, l := range s.lines {
		if _, url, ok := strings.Cut(l, "metrics: "); ok {
			metrics = url
		}
	}
	if res := get(t, metrics); res.StatusCode != 200 {
		t.Errorf("%s: status %d, want 200", metrics, res.StatusCode)
	}

	// The STUN server a client is told of is the one that runs.
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	c, err := socket.Dial(ctx, strings.Replace(s.url, "http", "ws", 1)+"/signal", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Abort()
	if err := c.Write(ctx, wire.AppendICE(nil)); err != nil {
		t.Fatal(err)
	}
	msg, err := c.Read(ctx)
	if err != nil {
		t.Fatal(err)
	}
	m, err := wire.ParseServer(msg)
	if err != nil || len(m.ICE.URLs) != 3 || !s.says("STUN: udp "+strings.TrimPrefix(m.ICE.URLs[0], "stun:")) {
		t.Errorf("ICE = %v, %v; want the address of %q", m.ICE.URLs, err, s.lines)
	}
	at := strings.TrimPrefix(m.ICE.URLs[0], "stun:")
	if m.ICE.URLs[1] != "turn:"+at+"?transport=udp" || m.ICE.URLs[2] != "turn:"+at+"?transport=tcp" || !s.says("relay: udp and tcp "+at) ||
		m.ICE.TTL != 600 || m.ICE.Username == "" || m.ICE.Password == "" {
		t.Errorf("ICE = %+v of %q; want the relay beside STUN, with a credential for 10 minutes", m.ICE, s.lines)
	}
	c.Abort()
	if code, stderr := s.stop(); code != exitDone || stderr != "" {
		t.Errorf("after a signal: exit %d, %q; want 0 and silence", code, stderr)
	}
}

func TestServeSaysWhatIsMissing(t *testing.T) {
	s := startServe(t, "--listen", ":0", "--stun", "off", "--page", t.TempDir())
	for _, want := range []string{"not been built", "plain HTTP", "--tls-self-signed", "STUN is off"} {
		if !s.says(want) {
			t.Errorf("said %q; want something with %q", s.lines, want)
		}
	}
	if !strings.HasPrefix(s.url, "http://localhost:") {
		t.Errorf("URL %q, want one that this machine can use", s.url)
	}
}

func TestServeSelfSigned(t *testing.T) {
	s := startServe(t, "--listen", "127.0.0.1:0", "--stun", "off", "--tls-self-signed")
	res := get(t, s.url+"/healthz")
	if !strings.HasPrefix(s.url, "https://") || res.StatusCode != 200 || !s.says("fingerprint: ") {
		t.Errorf("%s: status %d, said %q; want https and a fingerprint", s.url, res.StatusCode, s.lines)
	}
}

// Nobody asked for port 3478: where it is taken the server runs without. Who
// asked for a port is told that it can't be had.
func TestTakenPorts(t *testing.T) {
	stun, err := relay.Listen(relay.Config{Address: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	defer stun.Close()
	sc := &serveConfig{relayConfig: relayConfig{stun: stun.Addr().String(), relay: true}, listen: "127.0.0.1:1"}
	if r, err := sc.openRelay(nil); r != nil || err != nil || sc.stunProblem == "" || !strings.Contains(sc.startText(true), "STUN is off (127.0.0.1:") {
		t.Errorf("default port in use: %v, %q; want to go on and say so", err, sc.startText(true))
	}
	code, _, stderr := run(t, "serve", "--listen", "127.0.0.1:0", "--stun", stun.Addr().String())
	if code != exitFailed || !strings.Contains(stderr, "answer STUN on 127.0.0.1:") || strings.Count(stderr, "\n") != 1 {
		t.Errorf("asked for a port in use: exit %d, %q; want exit 1 and a sentence", code, stderr)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	code, _, stderr = run(t, "serve", "--listen", l.Addr().String(), "--stun", "off")
	if code != exitFailed || !strings.Contains(stderr, "serve on "+l.Addr().String()) {
		t.Errorf("page's port in use: exit %d, %q; want exit 1 and a sentence", code, stderr)
	}
}

func TestStartText(t *testing.T) {
	for name, tt := range map[string]struct {
		sc   serveConfig
		says []string
		not  []string
	}{
		"behind a proxy with TLS": {
			serveConfig{listen: "0.0.0.0:8080", proxies: mustProxies(t, "10.0.0.1"), relayConfig: relayConfig{stun: off}},
			nil, []string{"plain HTTP"},
		},
		"a public name": {
			serveConfig{listen: ":443", tlsDomains: []string{"send.example"}, tlsCache: "c", relayConfig: relayConfig{stun: "0.0.0.0:3478"}},
			[]string{"ready at https://send.example\n"}, []string{"Let's Encrypt"},
		},
		"a public name on another port": {
			serveConfig{listen: ":8443", tlsDomains: []string{"send.example"}, relayConfig: relayConfig{stun: off}},
			[]string{"https://send.example:8443\n", "forward 443", "--tls-cache"}, nil,
		},
		"IPv6": {
			serveConfig{listen: "[::1]:80", relayConfig: relayConfig{stun: off}},
			[]string{"http://[::1]\n"}, []string{"plain HTTP"},
		},
		"another's STUN": {
			serveConfig{listen: "127.0.0.1:80", relayConfig: relayConfig{stun: off, stunURLs: []string{"stun:a:1"}}},
			[]string{"STUN: stun:a:1"}, []string{"off"},
		},
		"a relay with TLS": {
			serveConfig{listen: "127.0.0.1:80", relayConfig: relayConfig{stun: "0.0.0.0:3478", relay: true, relayTLS: "0.0.0.0:5349", beside: true}},
			[]string{"relay: udp and tcp 0.0.0.0:3478, tls 0.0.0.0:5349, tls where the page is"}, []string{"off"},
		},
		"another's relay": {
			serveConfig{listen: "127.0.0.1:80", relayConfig: relayConfig{stun: off, turnURLs: []string{"turn:a:1"}}},
			[]string{"relay: turn:a:1"}, nil,
		},
		"on the internet": {
			serveConfig{listen: ":443", tlsDomains: []string{"send.example"}, tlsCache: "c", relayConfig: relayConfig{stun: "0.0.0.0:3478", public: true}},
			[]string{"relay is off", "--relay on"}, nil,
		},
	} {
		text := tt.sc.startText(true)
		for _, want := range tt.says {
			if !strings.Contains(text, want) {
				t.Errorf("%s: %q lacks %q", name, text, want)
			}
		}
		for _, not := range tt.not {
			if strings.Contains(text, not) {
				t.Errorf("%s: %q has %q", name, text, not)
			}
		}
	}
}

func mustProxies(t *testing.T, ranges ...string) []netip.Prefix {
	t.Helper()
	sc := &serveConfig{}
	if err := sc.readProxies(ranges); err != nil {
		t.Fatal(err)
	}
	return sc.proxies
}
