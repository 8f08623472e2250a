package main

import (
	"bytes"
	"crypto/ecdh"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/sha256"
	_ "embed"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/crypto/chacha20poly1305"

	swire "beeline/signaling/wire"
	"beeline/wasm/catalog"
	"beeline/wasm/cpace"
	"beeline/wasm/ctrl"
	"beeline/wasm/describe"
	"beeline/wasm/digest"
	"beeline/wasm/handshake"
	"beeline/wasm/invite"
	"beeline/wasm/kdf"
	"beeline/wasm/record"
	"beeline/wasm/testdata"
	"beeline/wasm/wire"
	"beeline/wasm/xwing"
)

//go:embed PROTOCOL.md
var specification string

// TestWorkedExample holds the worked example of PROTOCOL.md against the code,
// byte for byte: every block of it is checked, and there is none too few. It runs
// natively and in WebAssembly.
func TestWorkedExample(t *testing.T) {
	blocks := exampleBlocks(t, specification)
	e := newExample(t)
	want := map[string][]byte{}
	for _, part := range []map[string][]byte{e.link(t), e.code(t), e.handshake(t), e.description(t), e.records(t), e.list(t), e.digests()} {
		maps.Copy(want, part)
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		got, ok := blocks[name]
		switch {
		case !ok:
			t.Errorf("the worked example has no block %q; it is\n%x", name, want[name])
		case !bytes.Equal(got, want[name]):
			t.Errorf("block %q of the worked example is\n%x, the code says\n%x", name, got, want[name])
		}
	}
	for name := range blocks {
		if _, ok := want[name]; !ok {
			t.Errorf("nothing checks block %q of the worked example", name)
		}
	}
}

var (
	exampleFence = regexp.MustCompile("(?ms)^```(hex|value) ([a-z0-9-]+)\n(.*?)^```$")
	exampleTimes = regexp.MustCompile(`^([0-9a-f]{2})×([0-9]+)$`)
)

// exampleBlocks reads the named blocks of a specification. In a block of hex the
// rest of a line after ";" is a comment and "00×5" is 0000000000; a value is one
// line of text.
func exampleBlocks(t *testing.T, text string) map[string][]byte {
	t.Helper()
	blocks := map[string][]byte{}
	for _, m := range exampleFence.FindAllStringSubmatch(text, -1) {
		kind, name, body := m[1], m[2], m[3]
		if _, twice := blocks[name]; twice {
			t.Fatalf("two blocks are named %q", name)
		}
		if kind == "value" {
			blocks[name] = []byte(strings.TrimSuffix(body, "\n"))
			continue
		}
		b := []byte{}
		for line := range strings.Lines(body) {
			line, _, _ = strings.Cut(line, ";")
			for _, word := range strings.Fields(line) {
				n := 1
				if m := exampleTimes.FindStringSubmatch(word); m != nil {
					word = m[1]
					n, _ = strconv.Atoi(m[2])
				}
				part, err := hex.DecodeString(word)
				if err != nil {
					t.Fatalf("block %q: %v", name, err)
				}
				b = append(b, bytes.Repeat(part, n)...)
			}
		}
		blocks[name] = b
	}
	if len(blocks) == 0 || len(blocks) != strings.Count(text, "\n```hex ")+strings.Count(text, "\n```value ") {
		t.Fatalf("%d blocks of the worked example can be read; it has %d fences of hex and %d of values",
			len(blocks), strings.Count(text, "\n```hex "), strings.Count(text, "\n```value "))
	}
	return blocks
}

// An example is the run that the blocks are of: that of the recorded transcript,
// whose frames TestTranscripts holds against package handshake.
type example struct {
	v       testdata.Vector
	l       invite.Link
	epoch   uint32
	m1, m2  []byte
	session [32]byte
	fpI     [32]byte
	fpR     [32]byte
}

// code is a run of CPace, by the package but for the scalars.
func (e *example) code(t *testing.T) map[string][]byte {
	c, err := invite.ParseCode("48213 Orbit ozone melody")
	if err != nil {
		t.Fatal(err)
	}
	sid := [16]byte(counting(0x50, 16))
	prs := []byte("orbit-ozone-melody")
	ci := []byte("\x04bee1\x01\x02\x0548213\x01I\x01R")
	side := func(first byte) *cpace.Side {
		key, err := ecdh.X25519().NewPrivateKey(counting(first, 32))
		if err != nil {
			t.Fatal(err)
		}
		s, err := cpace.StartFrom(key, prs, ci, sid[:])
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	i, r := side(0x11), side(0x31)
	ya, yb := i.Share(), r.Share()
	psk, err := invite.InitiatorPSK(i, sid, yb)
	if other, err2 := invite.ResponderPSK(r, sid, ya); err != nil || err2 != nil || other != psk {
		t.Errorf("psk = %x, %v at I and %x, %v at R", psk, err, other, err2)
	}
	frame := func(kind uint8, share [32]byte, rest byte) []byte {
		f := handshake.NewShare(kind, sid, share)
		copy(f[18+len(share):], bytes.Repeat([]byte{rest}, 1998))
		return f
	}
	topic := swire.PlateTopic(c.Plate)
	return map[string][]byte{
		"code-prs": prs, "code-ci": ci, "code-topic": topic[:], "code-ya": ya[:], "code-yb": yb[:], "code-psk": psk[:],
		"code-ctx": handshake.CodeCtx(frame(handshake.KindC1, ya, 0xa5), frame(handshake.KindC2, yb, 0xb6)),
	}
}

func newExample(t *testing.T) *example {
	v := testdata.Load(t, "handshake_link_accepted")
	share := ed25519.NewKeyFromSeed(counting(0x80, 32)).Public().(ed25519.PublicKey)
	return &example{
		v:       v,
		l:       invite.Link{Flags: invite.Approval, Secret: [16]byte(counting(0xA0, 16)), Fingerprint: invite.Fingerprint(share)},
		epoch:   uint32(v.Int(t, "epoch")),
		m1:      v.Bytes(t, "m1"),
		m2:      v.Bytes(t, "m2"),
		session: v.Key(t, "session"),
		fpI:     [32]byte(counting(0x60, 32)),
		fpR:     [32]byte(counting(0xC0, 32)),
	}
}

// counting returns n bytes from, from+1, …
func counting(from byte, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = from + byte(i)
	}
	return b
}

func (e *example) link(t *testing.T) map[string][]byte {
	b, topic, psk := e.l.Bytes(), e.l.Topic(e.epoch), e.l.PSK()
	if back, err := invite.Parse(e.l.String()); err != nil || back != e.l {
		t.Errorf("Parse = %+v, %v; want %+v", back, err, e.l)
	}
	return map[string][]byte{"link": b[:], "link-text": []byte(e.l.String()), "topic": topic[:], "psk": psk[:]}
}

// handshake follows the run by hand, as PROTOCOL.md e says and without package
// handshake, and asks that package at the end whether it agrees.
func (e *example) handshake(t *testing.T) map[string][]byte {
	topic, psk, sid := e.l.Topic(e.epoch), e.l.PSK(), e.v.Bytes(t, "sid")
	prologue := binary.BigEndian.AppendUint32(append([]byte("bee1 prologue"), wire.ModeLink), e.epoch)
	prologue = slices.Concat(prologue, topic[:], sid, []byte{0, 16}, e.l.Fingerprint[:])

	n := byHand{}
	n.h = sha256.Sum256([]byte("Noise_pqNNpsk0_XWing_ChaChaPoly_SHA256/bee1"))
	n.ck = n.h
	n.mixHash(prologue)
	n.mix(psk[:], true)
	pk := e.m1[18:1234]
	n.mixHash(pk)
	n.mix(pk, false)
	p1 := n.open(t, e.m1[1234:])
	h1 := n.h

	key, err := xwing.FromSeed(counting(0x11, 32))
	if err != nil || !bytes.Equal(key.PublicKey(), pk) {
		t.Fatalf("M1 has another KEM key than that of the seed (%v)", err)
	}
	text := e.m2[18:1138]
	secret, err := key.Decapsulate(text, h1[:], "bee1 ekem", 32)
	if err != nil {
		t.Fatalf("KEM of M2: %v", err)
	}
	n.mixHash(text)
	n.mix(secret, false)
	h2 := n.h
	p2 := n.open(t, e.m2[1138:])
	if !ed25519.Verify(p2[7:39], slices.Concat([]byte("bee1 auth R\x00"), h2[:], p2[:71]), p2[71:]) {
		t.Error("the signature of M2 is false")
	}

	keys := n.hkdf(nil) // I to R, R to I, exporter
	frame3, frame4 := e.v.Bytes(t, "m3-frame"), e.v.Bytes(t, "m4-frame")
	m3 := (&byHand{k: [32]byte(keys)}).openWith(t, frame3[18:], nil)
	m4 := (&byHand{k: [32]byte(keys[32:])}).openWith(t, frame4[18:], nil)
	if !ed25519.Verify(m3[2:34], slices.Concat([]byte("bee1 auth I\x00"), n.h[:], m3[:82]), m3[82:]) {
		t.Error("the signature of M3 is false")
	}
	if commit := hash(append([]byte("bee1 sas commit"), m4[4:]...)); !bytes.Equal(commit, p2[39:71]) {
		t.Error("nR of M4 does not open the commitment of M2")
	}
	session := kdf.X(keys[64:], "session", slices.Concat(n.h[:], hash(m3), hash(m4)), 32)
	digits := binary.BigEndian.Uint64(kdf.X(keys[64:], "sas", slices.Concat(n.h[:], hash(m3), m4[4:]), 8)) % 1_000_000
	if !bytes.Equal(session, e.session[:]) || fmt.Sprintf("%06d", digits) != e.v.Text(t, "sas") {
		t.Errorf("S and SAS by hand are %x and %06d; the transcript has %x and %s", session, digits, e.session, e.v.Text(t, "sas"))
	}

	if kind, s, err := handshake.FrameKind(e.m1); err != nil || kind != handshake.KindM1 || !bytes.Equal(s[:], sid) {
		t.Errorf("FrameKind of M1 = %d, %x, %v", kind, s, err)
	}
	run := handshake.Run{Mode: wire.ModeLink, Epoch: e.epoch, Topic: topic, SID: [16]byte(sid), Ctx: e.l.Fingerprint[:], PSK: psk}
	if _, _, err := handshake.Respond(run, e.m1, wire.KeyShare, ed25519.NewKeyFromSeed(counting(0x80, 32))); err != nil {
		t.Errorf("Respond to M1 = %v", err)
	}
	return map[string][]byte{
		"prologue": prologue, "p1": p1, "h1": h1[:], "m1-hash": hash(e.m1),
		"kem-secret": secret, "h2": h2[:], "p2": p2, "m2-hash": hash(e.m2), "h": n.h[:],
		"m3": m3, "m3-hash": hash(frame3), "m4": m4, "m4-hash": hash(frame4),
		"session": session, "sas": fmt.Appendf(nil, "%06d", digits),
	}
}

// byHand is the symmetric state of Noise, written for this test alone.
type byHand struct{ ck, h, k [32]byte }

func (n *byHand) mixHash(b []byte) { n.h = sha256.Sum256(append(bytes.Clone(n.h[:]), b...)) }

func (n *byHand) hkdf(secret []byte) []byte {
	out, err := hkdf.Key(sha256.New, secret, n.ck[:], "", 96)
	if err != nil {
		panic(err)
	}
	return out
}

func (n *byHand) mix(secret []byte, withHash bool) {
	out := n.hkdf(secret)
	n.ck, n.k = [32]byte(out), [32]byte(out[32:])
	if withHash {
		n.mixHash(out[32:64])
		n.k = [32]byte(out[64:])
	}
}

func (n *byHand) open(t *testing.T, box []byte) []byte {
	t.Helper()
	plain := n.openWith(t, box, n.h[:])
	n.mixHash(box)
	return plain
}

// openWith opens a box under a key that was used for nothing yet, and takes the
// padding off.
func (n *byHand) openWith(t *testing.T, box, ad []byte) []byte {
	t.Helper()
	a, err := chacha20poly1305.New(n.k[:])
	if err != nil {
		t.Fatal(err)
	}
	plain, err := a.Open(nil, make([]byte, 12), box, ad)
	if err != nil {
		t.Fatalf("a frame of the example does not open: %v", err)
	}
	return plain[2 : 2+binary.BigEndian.Uint16(plain)]
}

func (e *example) description(t *testing.T) map[string][]byte {
	d := describe.Description{
		Type: describe.Offer, Setup: describe.ActPass, Ufrag: "bee1", Pwd: "abcdefghijklmnopqrstuv", Fingerprint: e.fpR,
		Candidates: []describe.Candidate{{
			Kind: describe.Host, Proto: describe.UDP, Priority: 2_122_260_223, Family: describe.IPv4,
			Addr: [16]byte{192, 0, 2, 1}, Port: 50_000,
		}},
	}
	b := d.Append([]byte{wire.TDesc})
	if _, err := describe.Parse(b[1:], describe.Rules{}); err != nil {
		t.Errorf("Parse of the description: %v", err)
	}
	return map[string][]byte{"desc": b}
}

func (e *example) records(t *testing.T) map[string][]byte {
	toR := record.LaneKey(e.session, "ctrl", record.ToResponder, 0, wire.ChannelCtrl, e.fpI, e.fpR)
	toI := record.LaneKey(e.session, "lane", record.ToInitiator, 0, wire.ChannelLane, e.fpI, e.fpR)
	seal := func(key [32]byte, typ uint8, plain []byte) []byte {
		rec, err := record.NewSealer(key, typ).Seal(nil, plain)
		if err != nil {
			t.Fatal(err)
		}
		return rec
	}
	hello := ctrl.Hello{RecMax: wire.RecordMax, Lanes: 1}.Append(nil)
	get := ctrl.Get{Ranges: []ctrl.Range{{File: 2, Count: 1}, {File: 3, Count: 1}}}.Append(nil)
	extents := record.AppendExtentHeader(nil, 2, 0, len(takeOne), 0)
	extents = append(extents, takeOne...)
	extents = record.AppendExtentHeader(extents, 3, 0, len(takeTwo), 0)
	extents = append(extents, takeTwo...)
	if n, err := record.CountExtents(extents); n != 2 || err != nil {
		t.Errorf("CountExtents = %d, %v; want 2", n, err)
	}
	return map[string][]byte{
		"ctrl-key": toR[:], "hello": hello, "hello-record": seal(toR, wire.RecordCtrl, hello), "get": get,
		"lane-key": toI[:], "extents": extents, "data-record": seal(toI, wire.RecordData, extents),
	}
}

// The two files of the example.
const (
	takeOne = "take one\n"
	takeTwo = "take two\n"
)

func (e *example) list(t *testing.T) map[string][]byte {
	salt := [32]byte(counting(0x20, 32))
	b := catalog.NewBuilder("Reel 7", [16]byte(counting(0x10, 16)), salt)
	for _, entry := range []catalog.Entry{
		{Type: catalog.Dir, Name: "Sound", ModMS: 1_700_000_000_000},
		{Type: catalog.File, Parent: 1, Size: uint64(len(takeOne)), ModMS: 1_700_000_000_000, Name: "1.txt"},
		{Type: catalog.File, Parent: 1, Size: uint64(len(takeTwo)), ModMS: 1_700_000_000_000, Name: "2.txt"},
	} {
		if _, err := b.Add(entry); err != nil {
			t.Fatal(err)
		}
	}
	b.Finish()
	edition := b.Edition()
	page, ok := edition.Page(0)
	end, ended := edition.End()
	if !ok || !ended {
		t.Fatal("the list of the example has no page or no end")
	}
	list := catalog.NewList(catalog.Browser, salt)
	if err := list.AddPage(page); err != nil {
		t.Errorf("AddPage: %v", err)
	}
	if err := list.AddEnd(end); err != nil {
		t.Errorf("AddEnd: %v", err)
	}
	return map[string][]byte{
		"share-head": edition.Head([32]byte(counting(0x40, 32)), 1_790_553_600).Append([]byte{wire.ShareHead}),
		"list-page":  append([]byte{wire.ListPage}, page...),
		"list-end":   append([]byte{wire.ListEnd}, end...),
	}
}

func (e *example) digests() map[string][]byte {
	cv1, d1 := digest.OneGroup([]byte(takeOne))
	_, d2 := digest.OneGroup([]byte(takeTwo))
	return map[string][]byte{
		"cv": cv1[:], "digest": d1[:],
		"file-end": ctrl.FileEnd{Files: []ctrl.FileDigest{{File: 2, Digest: d1}, {File: 3, Digest: d2}}}.Append(nil),
		"cvs":      ctrl.CVs{File: 2, CVs: [][32]byte{cv1}}.Append(nil),
		"progress": ctrl.Progress{Written: 18, Safe: 18, Verified: 18, FilesArrived: 2, FilesVerified: 2, Whole: true, Files: 2, Bytes: 18}.Append(nil),
	}
}

func hash(b []byte) []byte {
	h := sha256.Sum256(b)
	return h[:]
}
