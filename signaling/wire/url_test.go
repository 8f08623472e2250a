package wire

import (
	"strings"
	"testing"
)

func TestURLKind(t *testing.T) {
	for url, want := range map[string]int{
		"stun:host": STUNServer, "stun:127.0.0.1:3478": STUNServer, "stun:[2001:db8::1]:3478": STUNServer, "stun:send.example:53": STUNServer,
		"turn:host": TURNServer, "turn:host:3478": TURNServer, "turn:host:3478?transport=udp": TURNServer, "turn:10.0.0.1:80?transport=tcp": TURNServer,
		"turns:host:443?transport=tcp": TURNServer, "turns:[::1]:5349": TURNServer,

		"": NoServer, "host": NoServer, "stun:": NoServer, "stun::3478": NoServer, "stun:host:": NoServer, "stun:host:0": NoServer, "stun:host:65536": NoServer,
		"stun:host:03478": NoServer, "stun:host:+1": NoServer, "stun:host?transport=udp": NoServer, "stun://host": NoServer, "stun:user@host": NoServer,
		"stuns:host": NoServer, "STUN:host": NoServer, "http:host": NoServer, "turn:host?transport=tls": NoServer, "turns:host?transport=udp": NoServer,
		"turn:host:3478?transport=udp&x": NoServer, "turn:host?": NoServer, "turn:::1:3478": NoServer, "turn:[::1": NoServer, "turn:[::1]3478": NoServer,
		"turn:[fe80::1%eth0]:3478": NoServer, "turn:[127.0.0.1]:3478": NoServer, "turn:ho st": NoServer, "turn:ho\nst": NoServer, "turn:.": NoServer, "turn:-x": NoServer,
		"turn:printer.local:25?transport=tcp": NoServer, "turn:host:22": NoServer, "turns:host:993": NoServer, "turn:" + strings.Repeat("a", 300): NoServer,
	} {
		if got := URLKind(url); got != want {
			t.Errorf("URLKind(%q) = %d, want %d", url, got, want)
		}
	}
}

// What passes has only characters that no browser reads otherwise, and one port.
func FuzzURLKind(f *testing.F) {
	for _, url := range []string{"stun:host:3478", "turn:[::1]:3478?transport=tcp", "turns:a.b:443", "turn:a:22", "stun:[::1]"} {
		f.Add(url)
	}
	f.Fuzz(func(t *testing.T, url string) {
		kind := URLKind(url)
		if kind == NoServer {
			return
		}
		if strings.Trim(url, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.:[]?=") != "" || len(url) > 255 {
			t.Errorf("URLKind(%q) = %d, want it refused", url, kind)
		}
		if kind == TURNServer != strings.HasPrefix(url, "turn") {
			t.Errorf("URLKind(%q) = %d", url, kind)
		}
	})
}
