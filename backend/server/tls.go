package server

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"net"
	"strings"
	"time"

	"golang.org/x/crypto/acme/autocert"
)

// TLSFiles returns TLS with a certificate (chain) and key in PEM files.
func TLSFiles(cert, key string) (*tls.Config, error) {
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		return nil, fmt.Errorf("read the TLS certificate: %w", err)
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{pair}}, nil
}

// TLSDomains returns TLS with certificates that are fetched from Let's Encrypt
// as they are needed (TLS-ALPN: the server must be reached on port 443). They
// are kept in the folder cache; with "" only in memory, so that each start asks
// for new ones, of which there are few a week.
func TLSDomains(domains []string, cache string) *tls.Config {
	m := &autocert.Manager{Prompt: autocert.AcceptTOS, HostPolicy: autocert.HostWhitelist(domains...)}
	if cache != "" {
		m.Cache = autocert.DirCache(cache)
	}
	c := m.TLSConfig()
	c.MinVersion = tls.VersionTLS12
	return c
}

// selfSignedFor is how long a certificate of our own is valid. It is made anew
// at every start.
const selfSignedFor = 90 * 24 * time.Hour

// TLSSelfSigned returns TLS with a certificate of our own for names and
// addresses, and its SHA-256 fingerprint as browsers show it, so that people
// on a LAN can compare. The key stays in memory.
func TLSSelfSigned(names []string, ips []net.IP, now time.Time) (c *tls.Config, fingerprint string, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, "", fmt.Errorf("make a key: %w", err)
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 126))
	if err != nil {
		return nil, "", fmt.Errorf("make a serial number: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: "Beeline, self-signed"},
		NotBefore:    now.Add(-time.Hour), // clocks differ
		NotAfter:     now.Add(selfSignedFor),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames:     names,
		IPAddresses:  ips,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, "", fmt.Errorf("make a certificate: %w", err)
	}
	return &tls.Config{
		MinVersion:   tls.VersionTLS12,
		Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}},
	}, Fingerprint(der), nil
}

// Fingerprint returns the SHA-256 of a certificate in DER form as "AB:CD:…".
func Fingerprint(der []byte) string {
	sum := sha256.Sum256(der)
	parts := make([]string, len(sum))
	for i, b := range sum {
		parts[i] = fmt.Sprintf("%02X", b)
	}
	return strings.Join(parts, ":")
}
