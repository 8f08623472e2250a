package cli

import (
	"crypto/sha256"
	"crypto/subtle"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"net/http"
	"strings"

	"github.com/urfave/cli/v3"
)

// peerFlags are those of every command that connects to somebody.
func peerFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "server", Aliases: []string{"s"}, Sources: env("server"), Usage: "meet through the server at this `URL`"},
		&cli.StringFlag{Name: "tls-fingerprint", Sources: env("tls-fingerprint"), Usage: "trust the server with this `SHA-256`, as `beeline serve --tls-self-signed` prints it, and no other"},
		&cli.IntFlag{Name: "lanes", Value: 4, Sources: env("lanes"), Usage: "at most `N` connections (1 to 16); more than one only where that is faster"},
		&cli.BoolFlag{Name: "json", Sources: env("json"), Usage: "one JSON object a line on the standard output, for programs"},
	}
}

const lanesMax = 16

// connecting is what those flags mean, checked.
type connecting struct {
	server string
	lanes  int
	json   bool
	http   *http.Client // nil: the default
}

func readConnecting(c *cli.Command) (connecting, error) {
	lean.Do(keepLean)
	k := connecting{server: c.String("server"), lanes: c.Int("lanes"), json: c.Bool("json")}
	if k.lanes < 1 || k.lanes > lanesMax {
		return k, usagef("--lanes must be 1 to %d, not %d", lanesMax, k.lanes)
	}
	err := k.trust(c.String("tls-fingerprint"))
	return k, err
}

// trust takes the fingerprint of the server's certificate, where one is given.
func (k *connecting) trust(text string) error {
	if text != "" {
		want, err := hex.DecodeString(strings.ReplaceAll(text, ":", ""))
		if err != nil || len(want) != sha256.Size {
			return usagef("--tls-fingerprint must be the SHA-256 of a certificate: 64 hexadecimal digits, with colons or without")
		}
		k.http = &http.Client{Transport: trusting([32]byte(want))}
	}
	return k.pins(k.server)
}

// errNoServer is said by every command that has to be told where people meet.
var errNoServer = usagef("through which server? Give --server URL, or set BEELINE_SERVER")

// pins fails where a certificate was named and the server, as it was given or stands
// in a link, has none. An empty one is not known yet.
func (k connecting) pins(server string) error {
	scheme, _, _ := strings.Cut(strings.ToLower(server), "://")
	if k.http != nil && server != "" && scheme != "https" && scheme != "wss" {
		return usagef("--tls-fingerprint is of a certificate, and a server whose address does not begin with https:// has none")
	}
	return nil
}

// trusting connects to servers with this certificate only: whoever made it knows
// its fingerprint, and no authority has to.
func trusting(fingerprint [32]byte) *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.TLSClientConfig = &tls.Config{
		InsecureSkipVerify: true, // VerifyConnection is stricter: one certificate
		VerifyConnection: func(s tls.ConnectionState) error {
			if got := sha256.Sum256(s.PeerCertificates[0].Raw); subtle.ConstantTimeCompare(got[:], fingerprint[:]) == 0 {
				return errors.New("the server's certificate has another fingerprint")
			}
			return nil
		},
	}
	return t
}
