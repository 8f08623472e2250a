package relay

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/pion/stun/v4"
	"github.com/pion/turn/v5"
)

func selfSigned(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// testLimits are small, and have no cap.
func testLimits() Limits {
	l := DefaultLimits()
	l.Rate = 0
	return l
}

func TestBytesCross(t *testing.T) {
	r := relayed(t, testLimits())
	for _, one := range ways {
		for _, other := range ways {
			a, b := mustCall(t, r, one, ""), mustCall(t, r, other, "")
			meet(t, a, b)
			if err := crosses(a, b, "there"); err != nil {
				t.Errorf("%s to %s: %v", one, other, err)
			}
			if err := crosses(b, a, "and back"); err != nil {
				t.Errorf("%s to %s: %v", other, one, err)
			}
			big := strings.Repeat("x", 1400) // more than a browser sends
			if err := crosses(a, b, big); err != nil {
				t.Errorf("%s to %s, %d bytes: %v", one, other, len(big), err)
			}
			a.close()
			b.close()
		}
	}
	if s := r.Stats(); s.Bytes < 9*1400 || s.Refused != 0 {
		t.Errorf("%+v, want what crossed to be counted", s)
	}
	eventually(t, "every allocation is given back", func() bool { return r.Stats().Allocations == 0 })
	eventually(t, "nothing is counted any more", func() bool {
		r.quota.mu.Lock()
		defer r.quota.mu.Unlock()
		v := r.streams[0].visits
		v.mu.Lock()
		defer v.mu.Unlock()
		return r.quota.all == 0 && len(r.quota.addresses) == 0 && len(r.quota.users) == 0 && v.all == 0 && len(v.open) == 0
	})
}

// Who has IPv6 alone and who has IPv4 alone have only the relay in common.
func TestRelayedAddressIsIPv4OverIPv6(t *testing.T) {
	r, err := Listen(Config{Address: "[::1]:0", Relay: true, Limits: testLimits()})
	if err != nil {
		t.Skip("no IPv6 on this machine: ", err)
	}
	t.Cleanup(r.Close)
	conn, err := net.Dial("udp", r.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	// By hand: browsers ask for no family, and pion's client always does.
	ask := func(setters ...stun.Setter) *stun.Message {
		t.Helper()
		udp := stun.RawAttribute{Type: stun.AttrRequestedTransport, Value: []byte{17, 0, 0, 0}}
		m := stun.MustBuild(append([]stun.Setter{stun.TransactionID, stun.NewType(stun.MethodAllocate, stun.ClassRequest), udp}, setters...)...)
		if _, err := conn.Write(m.Raw); err != nil {
			t.Fatal(err)
		}
		_ = conn.SetReadDeadline(time.Now().Add(5 * time.Second))
		answer := &stun.Message{Raw: make([]byte, 0, 1500)}
		if _, err := answer.ReadFrom(conn); err != nil {
			t.Fatal(err)
		}
		return answer
	}
	var nonce stun.Nonce
	if err := nonce.GetFrom(ask()); err != nil {
		t.Fatal(err)
	}
	user, password := r.Credential()
	answer := ask(stun.NewUsername(user), stun.NewRealm(realm), nonce, stun.NewLongTermIntegrity(user, realm, password))
	var at stun.XORMappedAddress
	if err := at.GetFromAs(answer, stun.AttrXORRelayedAddress); err != nil || at.IP.String() != relayed4.String() {
		t.Errorf("%v: relayed at %v (%v), want %v", answer.Type, at.IP, err, relayed4)
	}
}

// What an allocation did not ask for does not reach its client.
func TestNothingComesWithoutPermission(t *testing.T) {
	r := relayed(t, testLimits())
	a, b := mustCall(t, r, "udp", ""), mustCall(t, r, "tcp", "")
	if err := a.client.CreatePermission(b.conn.LocalAddr()); err != nil {
		t.Fatal(err)
	}
	if _, err := a.conn.WriteTo([]byte("unasked"), b.conn.LocalAddr()); err != nil {
		t.Fatal(err)
	}
	if got, _, err := b.receive(300 * time.Millisecond); err == nil {
		t.Errorf("%q reached an allocation that has no permission for its sender", got)
	}
	if err := b.client.CreatePermission(a.conn.LocalAddr()); err != nil {
		t.Fatal(err)
	}
	if err := crosses(a, b, "asked"); err != nil {
		t.Error(err)
	}
}

// Attack 41: the relay as a way into a network. There is no way but to another
// allocation, so nothing has to be known about addresses.
func TestAttack41NoPeerButAllocations(t *testing.T) {
	l := testLimits()
	r := relayed(t, l)
	a := mustCall(t, r, "udp", "")
	for _, ip := range []string{
		"10.0.0.1", "127.0.0.1", "169.254.169.254", "172.16.0.1", "192.168.1.1", "100.64.0.1", "0.0.0.0", "0.1.2.3", "224.0.0.1", "255.255.255.255", "8.8.8.8",
		"192.0.0.7", "192.0.0.9",
	} {
		err := a.client.CreatePermission(&net.UDPAddr{IP: net.ParseIP(ip), Port: 80})
		if err == nil || !strings.Contains(err.Error(), "403") {
			t.Errorf("CreatePermission for %s = %v, want 403", ip, err)
		}
		if err := bindChannel(a, &net.UDPAddr{IP: net.ParseIP(ip), Port: 80}); err == nil {
			t.Errorf("a packet for %s was taken, want it refused", ip)
		}
	}
	x := newExchange(l)
	for _, ip := range []string{
		"::1", "::", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::", "fd00::1", "fe80::1", "ff02::1", "2001:db8::1", "::ffff:169.254.169.254", "100::9",
	} {
		if x.permits(nil, net.ParseIP(ip)) {
			t.Errorf("%s is permitted, want no address but those of allocations", ip)
		}
	}
	if !x.permits(nil, net.ParseIP("192.0.0.8")) || !x.permits(nil, net.ParseIP("::ffff:192.0.0.8")) || !x.permits(nil, net.ParseIP("100::8")) {
		t.Error("the addresses of allocations are not permitted")
	}
}

// bindChannel sends as a client that has not asked before: pion's then does.
func bindChannel(c *caller, to net.Addr) error {
	_, err := c.conn.WriteTo([]byte("x"), to)
	return err
}

// No allocation listens for TCP or dials it (RFC 6062).
func TestDatagramsOnly(t *testing.T) {
	r := relayed(t, testLimits())
	user, password := r.Credential()
	c, err := net.Dial("tcp", r.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	conn := turn.NewSTUNConn(c)
	defer conn.Close()
	client, err := turn.NewClient(&turn.ClientConfig{TURNServerAddr: r.Addr().String(), Conn: conn, Username: user, Password: password, Realm: realm})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if err := client.Listen(); err != nil {
		t.Fatal(err)
	}
	if a, err := client.AllocateTCP(); err == nil {
		a.Close()
		t.Error("AllocateTCP = nil, want a refusal")
	}
	if r.Stats().Allocations != 0 {
		t.Errorf("%d allocations, want none", r.Stats().Allocations)
	}
}

// Attack 40: the relay for whoever asks. A credential is needed, a right one,
// and a fresh one.
func TestAttack40Credentials(t *testing.T) {
	r := relayed(t, testLimits())
	user, password := r.Credential()
	old, oldPassword := r.keys.Make(-time.Second)
	yesterday, yesterdayPassword := r.keys.Make(-24 * time.Hour)
	foreign, foreignPassword := NewCredentials(nil).Make(TTL)
	for name, try := range map[string]struct{ user, password string }{
		"none":                    {"", ""},
		"a wrong password":        {user, password + "x"},
		"one that ran out":        {old, oldPassword},
		"one of yesterday":        {yesterday, yesterdayPassword},
		"one of another relay":    {foreign, foreignPassword},
		"a longer life":           {"9" + user[1:], password},
		"a name without a number": {"user", r.keys.password("user")},
	} {
		for _, way := range ways {
			if c, err := call(r, way, "", try.user, try.password); err == nil {
				c.close()
				t.Errorf("Allocate over %s with %s = nil, want a refusal", way, name)
			}
		}
	}
	c, err := call(r, "udp", "", user, password)
	if err != nil {
		t.Fatalf("the right credential after many wrong ones: %v", err)
	}
	c.close()
}

// Attack 40: what runs goes on when its credential has run out, for a day.
func TestOldCredentialKeepsWhatRuns(t *testing.T) {
	k := NewCredentials([]byte("secret"))
	began := time.Unix(1_764_000_000, 0)
	k.now = func() time.Time { return began }
	user, _ := k.Make(TTL)
	for _, at := range []struct {
		after          time.Duration
		allocate, keep bool
	}{{0, true, true}, {9 * time.Minute, true, true}, {11 * time.Minute, false, true}, {70 * time.Minute, false, true}, {24 * time.Hour, false, true}, {25 * time.Hour, false, false}} {
		k.now = func() time.Time { return began.Add(at.after) }
		for method, want := range map[stun.Method]bool{
			stun.MethodAllocate: at.allocate, stun.MethodRefresh: at.keep, stun.MethodCreatePermission: at.keep, stun.MethodChannelBind: at.keep,
		} {
			if _, _, ok := k.authorize(&turn.RequestAttributes{Username: user, Realm: realm, Method: method}); ok != want {
				t.Errorf("%v after %v: %v, want %v", method, at.after, ok, want)
			}
		}
	}
	k.now = func() time.Time { return began }
	if _, _, ok := k.authorize(&turn.RequestAttributes{Username: user, Realm: "other", Method: stun.MethodAllocate}); ok {
		t.Error("another realm is authorized")
	}
}

// Names and passwords as coturn computes them with use-auth-secret; what they
// say of the client is nothing.
func TestCredentialForm(t *testing.T) {
	k := NewCredentials([]byte("north"))
	// printf 1764000000:AAAA | openssl dgst -sha1 -hmac north -binary | base64
	if got, want := k.password("1764000000:AAAA"), "pMIPPfbnhiBcfuKiVbquMqnH+os="; got != want {
		t.Errorf("password %q, want %q", got, want)
	}
	one, _ := k.Make(TTL)
	two, _ := k.Make(TTL)
	if one == two {
		t.Error("two credentials have one name")
	}
	if until, ok := expiry(one); !ok || time.Until(until) > TTL || time.Until(until) < TTL-2*time.Second {
		t.Errorf("good until %v, want in %v", until, TTL)
	}
}

// Attack 40: a flood from one address is refused, and others go on.
func TestAttack40FloodIsRefused(t *testing.T) {
	l := testLimits()
	l.PerAddress, l.Allocations = 6, 9
	r := relayed(t, l)
	a, b := mustCall(t, r, "udp", "127.0.0.2"), mustCall(t, r, "tcp", "127.0.0.2")
	meet(t, a, b)
	var flood []*caller
	refused := 0
	for i := range 20 {
		user, password := r.Credential()
		c, err := call(r, ways[i%2], "127.0.0.3", user, password)
		if err != nil {
			refused++
			continue
		}
		t.Cleanup(c.close)
		flood = append(flood, c)
	}
	if len(flood) != l.PerAddress || refused != 20-l.PerAddress {
		t.Errorf("%d allocations of one address and %d refusals, want %d and %d", len(flood), refused, l.PerAddress, 20-l.PerAddress)
	}
	if err := crosses(a, b, "others go on"); err != nil {
		t.Error(err)
	}
	if n := r.Stats().Refused; n != uint64(refused) {
		t.Errorf("%d refusals are counted, want %d", n, refused)
	}
	third := mustCall(t, r, "udp", "127.0.0.4") // and others still come
	user, password := r.Credential()
	if c, err := call(r, "udp", "127.0.0.5", user, password); err == nil {
		c.close()
		t.Errorf("allocation %d is granted, want %d in all", l.Allocations+1, l.Allocations)
	}
	third.close()
	flood[0].close()
	eventually(t, "two places are free", func() bool { return r.Stats().Allocations == l.Allocations-2 })
	mustCall(t, r, "udp", "127.0.0.3")
}

func TestOneCredentialHasFewAllocations(t *testing.T) {
	l := testLimits()
	l.PerUser = 5
	r := relayed(t, l)
	user, password := r.Credential()
	for i := range 8 {
		c, err := call(r, "udp", "", user, password)
		if err == nil {
			t.Cleanup(c.close)
		}
		if got, want := err == nil, i < l.PerUser; got != want {
			t.Errorf("allocation %d: %v, want %v", i+1, err, want)
		}
	}
}

// The cap of one allocation holds in both directions, and is reached.
func TestCapHolds(t *testing.T) {
	l := testLimits()
	l.Rate = 400_000
	r := relayed(t, l)
	for _, way := range []string{"udp", "tcp"} {
		to := mustCall(t, r, way, "")
		var from []*caller
		for range 2 { // together twice what the one may get
			a := mustCall(t, r, way, "")
			meet(t, a, to)
			from = append(from, a)
		}
		stop := make(chan struct{})
		done := make(chan struct{}, len(from))
		for _, a := range from {
			go func() {
				defer func() { done <- struct{}{} }()
				for {
					select {
					case <-stop:
						return
					default:
						_, _ = a.conn.WriteTo(make([]byte, 1000), to.conn.LocalAddr())
						time.Sleep(200 * time.Microsecond) // 5 MB/s each, were there no cap
					}
				}
			}()
		}
		began := time.Now()
		bytes := 0
		for time.Since(began) < 1500*time.Millisecond {
			got, _, err := to.receive(100 * time.Millisecond)
			if err == nil {
				bytes += len(got)
			}
		}
		took := time.Since(began).Seconds()
		close(stop)
		for range from {
			<-done
		}
		most, least := burst+int(float64(l.Rate)*took*1.1), int(float64(l.Rate)*took*0.6)
		if bytes > most || bytes < least {
			t.Errorf("%s: %d bytes in %.1f s, want between %d and %d", way, bytes, took, least, most)
		}
	}
}

// Connections that say nothing, or something else, go; and there are not more
// than an address may have.
func TestStreamsAreBounded(t *testing.T) {
	l := testLimits()
	l.FirstWithin = 200 * time.Millisecond
	r := relayed(t, l)
	dial := func() net.Conn {
		c, err := net.Dial("tcp", r.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return c
	}
	ends := func(what string, c net.Conn) {
		t.Helper()
		_ = c.SetReadDeadline(time.Now().Add(5 * time.Second))
		if n, err := io.Copy(io.Discard, c); n != 0 || isTimeout(err) {
			t.Errorf("%s: %d bytes and %v, want it closed", what, n, err)
		}
	}
	for what, text := range map[string]string{
		"a web browser": "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "a long length": "\x00\x03\xff\xfc\x21\x12\xa4\x42", "half a request": "\x00\x03\x00\x08",
		"TLS": "\x16\x03\x01\x02\x00\x01", "Connect": string(stun.MustBuild(stun.TransactionID, stun.NewType(stun.MethodConnect, stun.ClassRequest)).Raw), "silence": "",
	} {
		c := dial()
		_, _ = c.Write([]byte(text))
		ends(what, c)
	}
	open := func() int {
		v := r.streams[0].visits
		v.mu.Lock()
		defer v.mu.Unlock()
		return v.all
	}
	eventually(t, "all are gone", func() bool { return open() == 0 })
	l.PerAddress, l.FirstWithin = 4, time.Minute
	r = relayed(t, l)
	for range l.PerAddress {
		dial()
	}
	eventually(t, "as many as may be", func() bool { return open() == l.PerAddress })
	ends("one too many", dial())
}

func isTimeout(err error) bool {
	n, ok := err.(net.Error)
	return ok && n.Timeout()
}

// The question for a credential is not worth much more than the request, to
// somebody who forges the sender's address.
func TestQuestionIsNoAmplifier(t *testing.T) {
	r := relayed(t, testLimits())
	c := dial(t, r)
	for name, m := range map[string]*stun.Message{
		"Allocate":         stun.MustBuild(stun.TransactionID, stun.NewType(stun.MethodAllocate, stun.ClassRequest), stun.RawAttribute{Type: stun.AttrRequestedTransport, Value: []byte{17, 0, 0, 0}}),
		"Refresh":          stun.MustBuild(stun.TransactionID, stun.NewType(stun.MethodRefresh, stun.ClassRequest), stun.RawAttribute{Type: stun.AttrData, Value: make([]byte, 20)}),
		"CreatePermission": stun.MustBuild(stun.TransactionID, stun.NewType(stun.MethodCreatePermission, stun.ClassRequest), stun.RawAttribute{Type: stun.AttrData, Value: make([]byte, 20)}),
	} {
		if _, err := c.Write(m.Raw); err != nil {
			t.Fatal(err)
		}
		_ = c.SetReadDeadline(time.Now().Add(5 * time.Second))
		buf := make([]byte, 1500)
		n, err := c.Read(buf)
		if err != nil || n > 3*len(m.Raw) {
			t.Errorf("%s: %d bytes for %d (%v), want at most 3 times", name, n, len(m.Raw), err)
		}
	}
}

func TestURLsOfARelay(t *testing.T) {
	r := relayed(t, testLimits())
	_, port, _ := net.SplitHostPort(r.Addr().String())
	_, secure, _ := net.SplitHostPort(r.streams[1].Addr().String())
	got := strings.Join(r.URLs("localhost:8080"), " ")
	want := "stun:localhost:" + port + " turn:localhost:" + port + "?transport=udp turn:localhost:" + port + "?transport=tcp turns:localhost:" + secure + "?transport=tcp"
	if got != want {
		t.Errorf("URLs %q, want %q", got, want)
	}
	if got := r.URLs("send.example"); len(got) != 0 {
		t.Errorf("for a client that reaches nothing here: %q, want none", got)
	}
}
