package rtc

import (
	"slices"
	"testing"
)

func TestRelaysAreTakenOutOfADescription(t *testing.T) {
	const head, end = "v=0\r\na=mid:0\r\n", "a=end-of-candidates\r\n"
	const host, relay = "candidate:1 1 udp 2122260223 10.0.0.7 5000 typ host", "candidate:2 1 udp 41885439 198.51.100.1 4000 typ relay raddr 0.0.0.0 rport 0"
	rest, relays := withoutRelays(head + "a=" + relay + "\r\na=" + host + "\r\n" + end)
	if rest != head+"a="+host+"\r\n"+end || !slices.Equal(relays, []string{relay}) {
		t.Errorf("left %q, took out %q", rest, relays)
	}
	for _, all := range []string{head + end, head + "a=" + relay + "\r\n" + end} {
		if rest, relays := withoutRelays(all); rest != all || relays != nil {
			t.Errorf("where there is nothing else: left %q, took out %q", rest, relays)
		}
	}
}
