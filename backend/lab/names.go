//go:build linux

package lab

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
)

// configFolder is where `ip netns exec` finds files that a namespace has in
// place of those in /etc.
const configFolder = "/etc/netns"

// domain is what every host's name ends with: RFC 6761 keeps it for tests.
const domain = ".test"

// writeNames lets programs on a host find the others by name, in the families
// that the host has itself, and answers at once that there are no more: a
// question to a server that is not reached takes seconds.
func (l *Lab) writeNames() error {
	for _, from := range l.spaces {
		var hosts strings.Builder
		hosts.WriteString("127.0.0.1 localhost\n::1 localhost\n")
		for name, to := range l.spaces {
			for _, a := range to.addresses.each() {
				if from.addresses.has(a) {
					fmt.Fprintf(&hosts, "%s %s%s\n", a, name, domain)
				}
			}
		}
		folder := filepath.Join(configFolder, from.name)
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return fmt.Errorf("make a folder for names: %w", err)
		}
		for file, text := range map[string]string{"hosts": hosts.String(), "resolv.conf": "nameserver 127.0.0.1\n"} {
			if err := os.WriteFile(filepath.Join(folder, file), []byte(text), 0o644); err != nil {
				return fmt.Errorf("write names: %w", err)
			}
		}
	}
	return nil
}

// has reports whether there is an address of the same family.
func (p pair) has(a netip.Addr) bool {
	return a.Is4() && p.v4.IsValid() || a.Is6() && p.v6.IsValid()
}

// removeNames removes a namespace's files.
func removeNames(namespace string) { _ = os.RemoveAll(filepath.Join(configFolder, namespace)) }
