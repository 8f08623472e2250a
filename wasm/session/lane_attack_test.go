package session

import (
	"bytes"
	"slices"
	"testing"

	"beeline/wasm/lane"
	"beeline/wasm/record"
	"beeline/wasm/wire"
)

// begin brings a world to where the recipient has pressed Receive, before any
// byte of a file was delivered.
func begin(t testing.TB, lanes int, files ...testFile) (*world, *Sharer, *node, *Receiver) {
	w := newWorld(t, 1)
	s := w.share(lanes, files...)
	n, r := w.take(s.Link(), lanes)
	w.wait(5_000, "the list is there and the lanes are up", func() bool {
		return r.View().Listed && len(w.live()) == lanes
	})
	n.handle(Receive{})
	return w, s, n, r
}

// sessions counts the sessions a recipient has had.
func sessions(n *node) (count int) {
	for id := range n.pcs {
		if id.pc == 0 {
			count++
		}
	}
	return count
}

func ten() []testFile {
	return []testFile{{"big.mov", pattern(10<<20+77, 21)}, {"small", pattern(99, 22)}}
}

// Sixteen records that don't open close a lane; it is replaced under another
// number, its groups are asked again, and the session goes on.
// PROTOCOL.md f.2; 3, attack 28.
func TestForgedRecordsCloseALane(t *testing.T) {
	w, s, n, r := begin(t, 3, ten()...)
	forged := 0
	w.onRecord = func(to *fakePC, rec []byte) [][]byte {
		if to.id.pc != 1 {
			return [][]byte{rec}
		}
		forged++
		rec[40] ^= 1
		return [][]byte{rec}
	}
	w.complete(30_000, n, r, ten())
	if forged < lane.BadRecords || sessions(n) != 1 {
		t.Errorf("%d forged, %d sessions, want at least %d and one session", forged, sessions(n), lane.BadRecords)
	}
	if n.pcs[laneID{1, 1}].closed != true || n.pcs[laneID{1, 3}] == nil {
		t.Error("lane 1 was not replaced by lane 3")
	}
	if v := s.View().Recipients[0]; v.Phase != Complete {
		t.Errorf("the sharer shows %v", v.Phase)
	}
}

// Fifteen bad records are dropped and nothing else happens. They may be forged,
// replayed, too short, too long, of another type, or of another lane.
// PROTOCOL.md 3, attacks 25, 26, 28.
func TestAFewBadRecordsAreDropped(t *testing.T) {
	w, _, n, r := begin(t, 1, ten()...)
	bad := 0
	w.onRecord = func(_ *fakePC, rec []byte) [][]byte {
		if bad >= lane.BadRecords-7 {
			return [][]byte{rec}
		}
		bad += 6
		flipped := bytes.Clone(rec)
		flipped[len(rec)-1] ^= 1
		ofCtrl := bytes.Clone(rec)
		ofCtrl[0] = wire.RecordCtrl
		return [][]byte{flipped, rec, rec, {}, rec[:27], make([]byte, wire.RecordLimit+1), ofCtrl}
	}
	w.complete(30_000, n, r, ten())
	if bad == 0 || sessions(n) != 1 {
		t.Errorf("%d bad records led to %d sessions, want one", bad, sessions(n))
	}
}

// Three lanes closed so end the session; a new one carries on by itself.
func TestThreeForgedLanesEndTheSession(t *testing.T) {
	w, _, n, r := begin(t, 4, ten()...)
	w.onRecord = func(to *fakePC, rec []byte) [][]byte {
		if to.id.session == 1 && to.id.pc != 0 {
			rec[30] ^= 1
		}
		return [][]byte{rec}
	}
	w.complete(60_000, n, r, ten())
	if sessions(n) != 2 {
		t.Errorf("%d sessions, want 2", sessions(n))
	}
}

// One bad record on ctrl ends the session with E_AUTH and a new one carries on;
// when that never stops, the recipient stops after three and says why.
// PROTOCOL.md f.2; 3, attack 28.
func TestOneForgedCtrlRecordEndsTheSession(t *testing.T) {
	for name, attack := range map[string]func(rec []byte) [][]byte{
		"flipped":  func(rec []byte) [][]byte { rec[20] ^= 1; return [][]byte{rec} },
		"lost":     func(rec []byte) [][]byte { return nil },
		"repeated": func(rec []byte) [][]byte { return [][]byte{rec, rec} },
		"forged":   func(rec []byte) [][]byte { return [][]byte{make([]byte, 60), rec} },
		"cut":      func(rec []byte) [][]byte { return [][]byte{rec[:12]} },
	} {
		for _, side := range []string{"sharer", "taker0"} {
			for at := 1; at < 8; at++ {
				w, s, n, r := begin(t, 1, few()...)
				seen := 0
				w.onCtrl = func(from *node, rec []byte) [][]byte {
					if from.name != side {
						return [][]byte{rec}
					}
					if seen++; seen == at {
						return attack(rec)
					}
					return [][]byte{rec}
				}
				w.complete(60_000, n, r, few())
				if !w.until(20_000, func() bool { return s.View().Recipients[0].Phase == Complete }) {
					t.Errorf("record %d of %s %s:%s", at, side, name, w.state())
				}
			}
		}
	}
	w, s, n, r := begin(t, 1, few()...)
	w.onCtrl = func(from *node, rec []byte) [][]byte {
		if len(rec) > 60 { // not the first ones
			rec[50] ^= 1
		}
		return [][]byte{rec}
	}
	w.wait(60_000, "the recipient gives up", func() bool { return r.View().Phase == Failed })
	if v := r.View(); v.Why != wire.Auth || sessions(n) != 1+wire.RetriesMax {
		t.Errorf("failed with %v after %d sessions, want %v after %d", v.Why, sessions(n), wire.Auth, 1+wire.RetriesMax)
	}
	w.run(70_000)
	if row := s.View().Recipients[0]; row.Phase != Reconnecting {
		t.Errorf("the sharer shows %v, want reconnecting: the person may try again", row.Phase)
	}
}

// Every record opens under its own key and under no other: of another lane,
// another session, the other direction, another channel. PROTOCOL.md 3, attack 26.
func TestSpliceMatrix(t *testing.T) {
	w, s, n, r := begin(t, 3, ten()...)
	w.rate = 300_000
	type sample struct {
		key [32]byte
		typ uint8
		rec []byte
	}
	var samples []sample
	first := map[laneID][]byte{}
	keys := map[laneID][32]byte{}
	n.log = func(a Action) {
		if o, ok := a.(OpenIn); ok {
			keys[laneID{o.Session, o.PC}] = o.Key
		}
	}
	w.onRecord = func(to *fakePC, rec []byte) [][]byte {
		if first[to.id] == nil {
			first[to.id] = bytes.Clone(rec)
		}
		return [][]byte{rec}
	}
	ctrls := func() { // a record of each direction, as the machines would seal next
		for _, c := range []*conn{r.conn, s.recips[0].conn} {
			key := c.key("ctrl", c.sharer, 0, wire.ChannelCtrl)
			rec, _ := record.NewSealer(key, wire.RecordCtrl).Seal(nil, []byte{wire.Ping})
			samples = append(samples, sample{key, wire.RecordCtrl, rec})
		}
	}
	ctrls()
	for id, key := range map[uint8]uint8{0: 0, 1: 1, 2: 2} {
		keys[laneID{1, id}] = r.conn.key("lane", true, key, wire.ChannelLane)
	}
	w.run(100)
	w.kill(w.live()[0])
	w.until(3_000, func() bool { return r.conn != nil && r.conn.hello })
	ctrls()
	w.complete(30_000, n, r, ten())
	for id, rec := range first {
		samples = append(samples, sample{keys[id], wire.RecordData, rec})
	}
	if len(samples) < 8 {
		t.Fatalf("only %d keys were used", len(samples))
	}
	for i, a := range samples {
		for j, b := range samples {
			for _, typ := range []uint8{wire.RecordData, wire.RecordCtrl} {
				rec := slices.Clone(b.rec)
				_, err := record.NewOpener(a.key, typ).Open(nil, rec)
				if want := i == j && typ == a.typ; (err == nil) != want {
					t.Errorf("record %d under key %d as type %d: %v, opens should be %v", j, i, typ, err, want)
				}
			}
		}
	}
}

// Who swaps a certificate on the way gives the two ends different keys: nothing
// opens. PROTOCOL.md 3, attack 2.
func TestASwappedCertificateOpensNothing(t *testing.T) {
	_, s, _, r := begin(t, 1, few()...)
	a, b := r.conn, s.recips[0].conn
	for _, c := range []*conn{a, b} {
		for _, side := range []*[32]byte{&c.pcs[0].local, &c.pcs[0].remote} {
			before := c.key("lane", true, 0, wire.ChannelLane)
			side[5] ^= 1
			if c.key("lane", true, 0, wire.ChannelLane) == before {
				t.Error("a certificate is not in the lane's key")
			}
			side[5] ^= 1
		}
	}
	seen := map[[32]byte]bool{}
	for _, c := range []*conn{a, b} {
		for _, kind := range []string{"lane", "ctrl"} {
			for _, dir := range []bool{false, true} {
				for ch := range uint8(2) {
					seen[c.key(kind, dir, 0, ch)] = true
				}
			}
		}
	}
	if len(seen) != 8 {
		t.Errorf("two ends have %d keys for 8 places, want 8 that are equal at both", len(seen))
	}
}

// A data record that was lost for good is asked for again after ten silent
// seconds; the sharer does not send what it has under way. PROTOCOL.md f.3.
func TestLostRecordsAreAskedForAgain(t *testing.T) {
	w, _, n, r := begin(t, 1, ten()...)
	lost := 0
	w.onRecord = func(_ *fakePC, rec []byte) [][]byte {
		if lost < 3 && w.rng.Intn(20) == 0 {
			lost++
			return nil
		}
		return [][]byte{rec}
	}
	w.run(9_000)
	if r.View().Phase != Transferring || lost == 0 {
		t.Fatalf("%d records lost: %v", lost, r.View().Phase)
	}
	w.complete(20_000, n, r, ten())
	if most := 10<<20 + lost*wire.GroupSize + 200; n.disk.written > most {
		t.Errorf("%d bytes were written, want at most %d", n.disk.written, most)
	}
	if sessions(n) != 1 {
		t.Errorf("%d sessions, want one", sessions(n))
	}
}
