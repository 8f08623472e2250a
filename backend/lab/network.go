//go:build linux

package lab

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"runtime"
	"strconv"
	"strings"
	"unsafe"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"
)

// device is the name of every host's only one.
const device = "eth0"

// namespaceFolder is where iproute2 looks for names.
const namespaceFolder = "/run/netns"

// errNotAllowed says that this machine does not let a lab be made.
var errNotAllowed = errors.New("lab: network namespaces can't be made here: that needs root and a kernel that allows it")

// Possible returns why there can be no lab here, or nil.
func Possible() error {
	return inThread(func() error {
		ns, err := netns.New()
		if err != nil {
			return fmt.Errorf("%w (%w)", errNotAllowed, err)
		}
		return ns.Close()
	})
}

// inThread runs f on a thread that may be moved to another network namespace
// and ends with f.
func inThread(f func() error) error {
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // and not unlocked: Go ends a thread with its goroutine then
		done <- f()
	}()
	return <-done
}

// in runs f, and whatever it opens, in a namespace. Goroutines that f starts are
// not in it.
func in(ns netns.NsHandle, f func() error) error {
	return inThread(func() error {
		if err := netns.Set(ns); err != nil {
			return fmt.Errorf("enter a namespace: %w", err)
		}
		return f()
	})
}

// newNamespace makes a namespace with a name, or without.
func newNamespace(name string) (ns netns.NsHandle, err error) {
	err = inThread(func() error {
		if name == "" {
			ns, err = netns.New()
		} else {
			ns, err = netns.NewNamed(name)
		}
		if err != nil {
			return fmt.Errorf("make a namespace: %w", err)
		}
		return up("lo")
	})
	return ns, err
}

func up(name string) error {
	link, err := netlink.LinkByName(name)
	if err != nil {
		return fmt.Errorf("find %s: %w", name, err)
	}
	if err := netlink.LinkSetUp(link); err != nil {
		return fmt.Errorf("set %s up: %w", name, err)
	}
	return nil
}

// plug lays a cable from a host to the thread's namespace and returns the index
// of this end.
func plug(name string, to netns.NsHandle, mac [6]byte) (int, error) {
	for _, conf := range []string{"all", "default"} {
		// The end here is no host: it must not say anything itself.
		_ = os.WriteFile("/proc/sys/net/ipv6/conf/"+conf+"/disable_ipv6", []byte("1"), 0)
	}
	attrs := netlink.NewLinkAttrs()
	attrs.Name = name
	attrs.TxQLen = 1000
	veth := &netlink.Veth{LinkAttrs: attrs, PeerName: device, PeerHardwareAddr: mac[:], PeerNamespace: netlink.NsFd(to)}
	if err := netlink.LinkAdd(veth); err != nil {
		return 0, fmt.Errorf("lay a cable: %w", err)
	}
	if err := up(name); err != nil {
		return 0, err
	}
	link, err := netlink.LinkByName(name)
	if err != nil {
		return 0, fmt.Errorf("find the cable: %w", err)
	}
	return link.Attrs().Index, nil
}

// settle gives the thread's namespace, a host's, its addresses and its routes.
func settle(addresses pair) error {
	if err := plainFrames(device); err != nil {
		return err
	}
	if err := up(device); err != nil {
		return err
	}
	return setAddresses(addresses)
}

// setAddresses replaces the host's addresses.
func setAddresses(addresses pair) error {
	link, err := netlink.LinkByName(device)
	if err != nil {
		return fmt.Errorf("find %s: %w", device, err)
	}
	for _, address := range addresses.each() {
		if err := setAddress(link, address); err != nil {
			return err
		}
	}
	return nil
}

func setAddress(link netlink.Link, address netip.Addr) error {
	family, gateway, index := netlink.FAMILY_V4, gateway4, link.Attrs().Index
	if address.Is6() {
		family, gateway = netlink.FAMILY_V6, gateway6
	}
	old, err := netlink.AddrList(link, family)
	if err != nil {
		return fmt.Errorf("list addresses: %w", err)
	}
	for _, a := range old {
		if a.IP.IsLinkLocalUnicast() {
			continue
		}
		if err := netlink.AddrDel(link, &a); err != nil {
			return fmt.Errorf("remove an address: %w", err)
		}
	}
	alone := &net.IPNet{IP: address.AsSlice(), Mask: net.CIDRMask(address.BitLen(), address.BitLen())}
	if err := netlink.AddrAdd(link, &netlink.Addr{IPNet: alone, Flags: unix.IFA_F_NODAD}); err != nil {
		return fmt.Errorf("add an address: %w", err)
	}
	// One neighbour for everybody, set by hand: nothing is asked for.
	neighbour := &netlink.Neigh{LinkIndex: index, Family: family, State: netlink.NUD_PERMANENT, IP: gateway.AsSlice(), HardwareAddr: routerMAC[:]}
	if err := netlink.NeighSet(neighbour); err != nil {
		return fmt.Errorf("set the neighbour: %w", err)
	}
	everywhere := &net.IPNet{IP: make(net.IP, address.BitLen()/8), Mask: net.CIDRMask(0, address.BitLen())}
	route := &netlink.Route{LinkIndex: index, Dst: everywhere, Gw: gateway.AsSlice(), Src: address.AsSlice(), Flags: int(netlink.FLAG_ONLINK)}
	if err := netlink.RouteReplace(route); err != nil {
		return fmt.Errorf("set the route: %w", err)
	}
	return nil
}

var (
	gateway4 = netip.MustParseAddr("169.254.1.1")
	gateway6 = netip.MustParseAddr("fe80::1")
)

// Commands of SIOCETHTOOL, linux/ethtool.h.
const (
	ethtoolSetChecksum = 0x17 // ETHTOOL_STXCSUM
	ethtoolSetTSO      = 0x1f // ETHTOOL_STSO
	ethtoolSetGSO      = 0x24 // ETHTOOL_SGSO
)

// plainFrames makes a device send what a cable carries: checksums filled in, no
// frame larger than the MTU. Between veth ends the kernel leaves both out.
func plainFrames(name string) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("open a socket: %w", err)
	}
	defer unix.Close(fd)
	for _, command := range []uint32{ethtoolSetTSO, ethtoolSetGSO, ethtoolSetChecksum} {
		value := struct{ command, data uint32 }{command: command}
		var request struct {
			name [unix.IFNAMSIZ]byte
			data unsafe.Pointer
			_    [16]byte
		}
		copy(request.name[:], name)
		request.data = unsafe.Pointer(&value)
		if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.SIOCETHTOOL, uintptr(unsafe.Pointer(&request))); errno != 0 {
			return fmt.Errorf("set %s to plain frames: %w", name, errno)
		}
	}
	return nil
}

// sweep removes the namespaces of labs that were killed: their names have the
// process that made them.
func sweep() {
	entries, err := os.ReadDir(namespaceFolder)
	if err != nil {
		return
	}
	for _, e := range entries {
		rest, ok := strings.CutPrefix(e.Name(), prefix)
		pid, _, _ := strings.Cut(rest, "-")
		if _, err := strconv.Atoi(pid); !ok || err != nil {
			continue
		}
		if _, err := os.Stat("/proc/" + pid); errors.Is(err, os.ErrNotExist) {
			_ = netns.DeleteNamed(e.Name())
			removeNames(e.Name())
		}
	}
}

const prefix = "netlab-"
