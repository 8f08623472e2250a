// Package lab is a small internet of its own, on one Linux machine: hosts that
// real browsers and native programs run on, lines that are slow, far and lossy,
// and the NATs and firewalls that stand in front of them. Nothing leaves it.
// It is no part of the beeline program; tests start cmd/netlab.
//
//	namespace "a"                  this process                  namespace "b"
//	┌─────────┐    ┌─────┬───────┬──────────┬───────┬─────┐    ┌─────────┐
//	│ browser │eth0│ NAT │ line →│ routes by│← line │ NAT │eth0│ browser │
//	│         ├────┤     │ ← line│ address  │line → │     ├────┤         │
//	└─────────┘    └─────┴───────┴──────────┴───────┴─────┘    └─────────┘
//
// A site is one or more hosts behind one line, with one public address. Each
// host is a network namespace with a single device, eth0, the end of a veth
// pair; the other end is read and written here, with packet sockets. All between
// two hosts is this package's own: no bridge, no nftables, no conntrack, and no
// ARP, since every neighbour is set by hand.
//
// # Why in user space
//
// The kernels this runs on have no netem. And a NAT of RFC 4787 is a table with
// two rules (how addresses are mapped, who may answer), while Linux' masquerade
// is one of them only: its mapping keeps ports, its filter depends on address
// and port. Full cone and address-restricted would be maps of DNAT rules that
// follow each packet. A hundred lines that say the rule are truer, can be tested
// without root, decide by seed, and need nothing installed.
//
// # Time
//
// A packet has the time at which the kernel got it, and every line adds to that
// time, not to the one at which this process came around to it. So a machine
// under load makes a packet late only when the process is late by more than the
// line is long.
package lab
