package cli

import (
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/urfave/cli/v3"

	"beeline/signaling/wire"
)

// The relay is on where only this machine or a LAN can use it, and on the
// internet when somebody wants it.
func TestWhereTheRelayIsOn(t *testing.T) {
	for line, want := range map[string]bool{
		"--listen 127.0.0.1:0":                                            true,
		"--listen 192.168.1.5:8080":                                       true,
		"--listen [fd00::5]:8080":                                         true,
		"--listen 127.0.0.1:0 --relay off":                                false,
		"--listen 127.0.0.1:0 --stun off":                                 false,
		"--listen 203.0.113.5:443":                                        false,
		"--listen 203.0.113.5:443 --relay on":                             true,
		"--listen 192.168.1.5:443 --tls-domain send.example":              false,
		"--listen 192.168.1.5:80 --trusted-proxy 10.0.0.1":                false,
		"--listen 127.0.0.1:0 --turn-url turn:a:3478 --turn-secret north": false,
	} {
		sc, err := readServe(t, strings.Fields(line)...)
		if err != nil || sc.relay != want {
			t.Errorf("serve %s: relay %v, %v; want %v", line, sc.relay, err, want)
		}
	}
}

// Another's relay gets credentials made with its secret, as coturn checks them.
func TestAnothersRelay(t *testing.T) {
	sc, err := readServe(t, "--listen", "127.0.0.1:0", "--stun", "off", "--turn-url", "turn:a.example:3478?transport=udp", "--turn-url", "turns:a.example:443", "--turn-secret", "north")
	if err != nil {
		t.Fatal(err)
	}
	ice := sc.iceServers(nil, "send.example")
	mac := hmac.New(sha1.New, []byte("north"))
	mac.Write([]byte(ice.Username))
	if want := base64.StdEncoding.EncodeToString(mac.Sum(nil)); ice.Password != want || len(ice.URLs) != 2 || ice.TTL != 24*3600 {
		t.Errorf("ICE = %+v, want both URLs and password %q for a day", ice, want)
	}
	if strings.Contains(sc.startText(true), "north") {
		t.Error("the start text has the secret")
	}
}

// A long host name leaves out the last ways, not all of them.
func TestServersFitIntoTheAnswer(t *testing.T) {
	sc, err := readServe(t, "--listen", "0.0.0.0:0", "--stun", "0.0.0.0:0", "--relay", "on")
	if err != nil {
		t.Fatal(err)
	}
	r, err := sc.openRelay(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for size, want := range map[int]int{50: 3, 180: 2, 240: 1} {
		ice := sc.iceServers(r, strings.Repeat("a", size))
		if _, ok := wire.AppendICEAnswer(nil, ice); !ok || len(ice.URLs) != want {
			t.Errorf("a host of %d characters: %d URLs, %v; want %d", size, len(ice.URLs), ok, want)
		}
	}
}

// readServe reads the flags of `beeline serve` and starts nothing.
func readServe(t *testing.T, args ...string) (sc *serveConfig, err error) {
	t.Helper()
	c := serveCommand()
	c.Action = func(_ context.Context, c *cli.Command) error {
		sc, err = readServeConfig(c)
		return nil
	}
	if e := c.Run(t.Context(), append([]string{"serve"}, args...)); e != nil {
		return nil, e
	}
	return sc, err
}
