package handshake

import (
	"bytes"
	"crypto/ed25519"
	"crypto/hpke"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"beeline/wasm/invite"
	"beeline/wasm/wire"
)

var record = flag.Bool("record", false, "write new handshake vectors into wasm/testdata: only before a release, and only for new scenarios")

// A sheet is a vector being written.
type sheet struct{ strings.Builder }

func newSheet(comment, spec, expect string) *sheet {
	s := &sheet{}
	s.put("comment", comment)
	s.put("spec", spec)
	s.put("expect", expect)
	return s
}

func (s *sheet) put(name string, value any) {
	b, ok := value.([]byte)
	if !ok {
		fmt.Fprintf(s, "%s: %v\n", name, value)
		return
	}
	const width = 96
	h := hex.EncodeToString(b)
	if len(h) <= width {
		fmt.Fprintf(s, "%s: %s\n", name, h)
		return
	}
	fmt.Fprintf(s, "%s:\n", name)
	for len(h) > 0 {
		n := min(width, len(h))
		fmt.Fprintf(s, " %s\n", h[:n])
		h = h[n:]
	}
}

func (s *sheet) save(t *testing.T, name string) {
	if err := os.WriteFile("../testdata/"+name+".txt", []byte(s.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

func fixed(from byte, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = from + byte(i)
	}
	return b
}

// fixedWorld is the same at every recording; only R's randomness is not.
func fixedWorld() (w world, kem kemKey) {
	w.share = ed25519.NewKeyFromSeed(fixed(0x80, 32))
	w.session = ed25519.NewKeyFromSeed(fixed(0x30, 32))
	w.link = invite.Link{Flags: invite.Approval, Secret: [16]byte(fixed(0xA0, 16)), Fingerprint: invite.Fingerprint(w.share.Public().(ed25519.PublicKey))}
	w.run = linkRun(w.link, 497_208)
	w.run.SID = [16]byte(fixed(0x50, 16))
	key, err := hpke.MLKEM768X25519().NewPrivateKey(fixed(0x11, 32))
	if err != nil {
		panic(err)
	}
	return w, reference{key}
}

func (s *sheet) run(r Run) {
	s.put("mode", r.Mode)
	s.put("epoch", r.Epoch)
	s.put("topic", r.Topic[:])
	s.put("sid", r.SID[:])
	s.put("ctx", r.Ctx)
	s.put("psk", r.PSK[:])
	s.put("i-caps", r.Caps)
}

func TestRecordTranscripts(t *testing.T) {
	if !*record {
		t.Skip("records vectors only when asked with -record")
	}
	for _, c := range []struct {
		name, comment  string
		mode, idR, idI uint8
		share          byte
		status         uint8
		reason         uint16
		badNonce       bool
	}{
		{"handshake_link_accepted", "a recipient with the link is let in, and the offer crosses", wire.ModeLink, 1, 0, 0, 0, 0, false},
		{"handshake_link_pending", "approval is on: pending in M4, accepted by a STATUS", wire.ModeLink, 1, 0, 0, 1, 0, false},
		{"handshake_link_refused", "the link has expired: refused with a reason", wire.ModeLink, 1, 0, 0, 2, 17, false},
		{"handshake_contact", "two contacts: identity keys on both sides, and a share is named", wire.ModeContact, 2, 2, 7, 0, 0, false},
		{"handshake_commitment_not_opened", "M4 holds another nR than M2 committed to: no status and no digits are shown", wire.ModeLink, 1, 0, 0, 0, 0, true},
	} {
		w, kem := fixedWorld()
		w.run.Mode, w.run.Caps = c.mode, CapGo
		if c.mode == wire.ModeContact {
			w.run.Ctx = append(bytes.Clone(w.share.Public().(ed25519.PublicKey)), w.session.Public().(ed25519.PublicKey)...)
		}
		initiator, m1 := initiate(w.run, kem, nil)
		r, m2, err := Respond(w.run, m1, c.idR, w.share)
		if err != nil {
			t.Fatal(err)
		}
		ekem, err := initiator.decapsulate(m2[bodyAt : bodyAt+kemTextSize])
		if err != nil {
			t.Fatal(err)
		}
		i, err := initiator.Accept(m2, func(uint8, ed25519.PublicKey) bool { return true })
		if err != nil {
			t.Fatal(err)
		}
		expect := "ok"
		if c.badNonce {
			expect = "E_SIG"
			r.nonce[0] ^= 1
		}
		s := newSheet(c.comment, "e", expect)
		s.run(w.run)
		s.put("kem-seed", fixed(0x11, 32))
		s.put("m1", m1)
		s.put("r-idtype", c.idR)
		s.put("r-key", []byte(w.share.Public().(ed25519.PublicKey)))
		s.put("ekem", ekem)
		s.put("m2", m2)
		s.put("h", i.binding[:])
		s.put("i-idtype", c.idI)
		s.put("i-seed", w.session.Seed())
		s.put("i-nonce", fixed(0x70, 32))
		share := [16]byte{c.share}
		s.put("share", share[:])
		m3 := i.authI(w.session, c.idI, share, [32]byte(fixed(0x70, 32)))
		s.put("m3", m3)
		s.put("m3-frame", sealed(t, i, r, m3))
		if _, _, err := r.CheckAuthI(m3, c.idI); err != nil {
			t.Fatal(err)
		}
		m4 := r.AuthR(c.status, c.reason)
		s.put("m4", m4)
		s.put("m4-frame", sealed(t, r, i, m4))
		if !c.badNonce {
			if _, _, err := i.CheckAuthR(m4); err != nil {
				t.Fatal(err)
			}
			session, digits := i.Secrets()
			s.put("session", session[:])
			s.put("sas", fmt.Sprintf("%06d", digits))
			var tail []string
			if c.status == wire.StatusPending {
				tail = append(tail, "R"+string(AppendStatus(nil, wire.StatusAccepted, 0)))
			}
			tail = append(tail, "R\x04an offer", "I\x04an answer", "I"+string(AppendBye(nil, wire.Busy.Number())))
			for n, line := range tail {
				from, to := r, i
				if line[0] == 'I' {
					from, to = i, r
				}
				s.put(fmt.Sprintf("t%d-from", n), line[:1])
				s.put(fmt.Sprintf("t%d", n), []byte(line[1:]))
				s.put(fmt.Sprintf("t%d-frame", n), sealed(t, from, to, []byte(line[1:])))
			}
		}
		s.save(t, c.name)
	}
}

func sealed(t *testing.T, from, to *Transport, payload []byte) []byte {
	frame, err := from.Seal(payload)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := to.Open(frame); err != nil {
		t.Fatal(err)
	}
	return frame
}

func TestRecordM1(t *testing.T) {
	if !*record {
		t.Skip("records vectors only when asked with -record")
	}
	w, kem := fixedWorld()
	pk := kem.PublicKey()
	good := pad(offer{versions: []uint16{1}}.bytes(), plainM1)
	wrong := w.run
	wrong.PSK[0] ^= 1
	padding := bytes.Clone(good)
	padding[100] = 1
	noKEM := bytes.Clone(pk)
	for i := range 1184 {
		noKEM[i] = 0xFF
	}
	lowX := append(bytes.Clone(pk[:1184]), make([]byte, 32)...)
	for _, c := range []struct {
		name, comment, expect string
		m1                    []byte
	}{
		{"m1_several_versions", "a later client offers what this one doesn't know, too", "ok", forgeM1(w.run, pk, pad(offer{versions: []uint16{3, 2, 1}, caps: 0xFFFFFFFF}.bytes(), plainM1))},
		{"m1_wrong_psk", "a stranger without the link: dropped in silence", "E_PSK", forgeM1(wrong, pk, good)},
		{"m1_kem_key_changed", "the hub swapped the KEM key: the tag covers it", "E_PSK", edit(forgeM1(w.run, pk, good), bodyAt+700, 1)},
		{"m1_no_kem_key", "the tag is right, but the ML-KEM half is above the modulus", "E_KEM", forgeM1(w.run, noKEM, good)},
		{"m1_x25519_zero", "the tag is right, but the X25519 half makes every secret zero", "E_KEM", forgeM1(w.run, lowX, good)},
		{"m1_no_common_version", "only versions this build doesn't speak", "E_VERSION", forgeM1(w.run, pk, pad(offer{versions: []uint16{2, 3}}.bytes(), plainM1))},
		{"m1_no_version", "an offer of nothing", "E_FORMAT", forgeM1(w.run, pk, pad(offer{}.bytes(), plainM1))},
		{"m1_seventeen_versions", "one more than an offer may hold", "E_FORMAT", forgeM1(w.run, pk, pad(offer{versions: make([]uint16, 17)}.bytes(), plainM1))},
		{"m1_offer_cut", "a byte of the capabilities is missing", "E_FORMAT", forgeM1(w.run, pk, pad(offer{versions: []uint16{1}}.bytes()[:6], plainM1))},
		{"m1_padding", "padding that is not zero", "E_FORMAT", forgeM1(w.run, pk, padding)},
		{"m1_as_m2", "an M1 that says it is an M2", "E_FORMAT", edit(forgeM1(w.run, pk, good), 1, KindM2)},
		{"m1_frame_version", "a frame of another version", "E_FORMAT", edit(forgeM1(w.run, pk, good), 0, 2)},
		{"m1_short", "a frame that lost a byte", "E_FORMAT", forgeM1(w.run, pk, good)[:FrameSize-1]},
	} {
		s := newSheet(c.comment, "d.3 and e", c.expect)
		s.run(w.run)
		s.put("m1", c.m1)
		s.save(t, c.name)
	}
}

func TestRecordM2(t *testing.T) {
	if !*record {
		t.Skip("records vectors only when asked with -record")
	}
	small := badKeys()["identity"]
	for _, c := range []struct {
		name, comment, expect string
		forger
		pin []byte
	}{
		{"m2_wrong_signer", "somebody else who has the link answered with their own key", "E_IDENTITY", forger{key: ed25519.NewKeyFromSeed(fixed(1, 32))}, nil},
		{"m2_wrong_type_of_key", "the right key, but as a session key", "E_IDENTITY", forger{build: func(a *answer) { a.idtype = 0 }}, nil},
		{"m2_unknown_type_of_key", "a device certificate, of a later version", "E_VERSION", forger{build: func(a *answer) { a.idtype = 3 }}, nil},
		{"m2_version_not_offered", "the answer is of a version that was not offered", "E_VERSION", forger{build: func(a *answer) { a.version = 2 }}, nil},
		{"m2_signature_false", "the sharer's key, without its signature", "E_SIG", forger{edit: func(a *answer) { a.sig[0] ^= 1 }}, nil},
		{"m2_commitment_changed", "the signature covers the commitment", "E_SIG", forger{edit: func(a *answer) { a.commit[31] ^= 1 }}, nil},
		{"m2_key_of_small_order", "even the pinned key is refused where one signature fits every message", "E_SIG", forger{build: func(a *answer) { a.pk = [32]byte(small) }, sign: func([]byte) []byte { return fitsAll() }}, small},
		{"m2_padding", "padding that is not zero", "E_FORMAT", forger{plain: func(p []byte) { p[893] = 1 }}, nil},
		{"m2_a_byte_more", "an answer of 136 bytes", "E_FORMAT", forger{plain: func(p []byte) { p[1]++ }}, nil},
	} {
		w, kem := fixedWorld()
		if c.key == nil {
			c.key = w.share
		}
		_, m1 := initiate(w.run, kem, nil)
		saveM2(t, w, kem, c.name, c.comment, c.expect, c.answer(t, w.run, m1), c.pin)
	}
	w, kem := fixedWorld()
	_, m1 := initiate(w.run, kem, nil)
	_, m2, err := Respond(w.run, m1, wire.KeyShare, w.share)
	if err != nil {
		t.Fatal(err)
	}
	saveM2(t, w, kem, "m2_tag_changed", "the hub flipped a bit", "E_PSK", edit(m2, FrameSize-1, m2[FrameSize-1]^1), nil)
	saveM2(t, w, kem, "m2_kem_text_changed", "the hub flipped a bit in the ML-KEM text: it decapsulates to something else", "E_PSK", edit(m2, bodyAt+10, m2[bodyAt+10]^1), nil)
	zero := append(bytes.Clone(m2[:bodyAt+1088]), make([]byte, 32)...)
	saveM2(t, w, kem, "m2_x25519_zero", "the X25519 half of the text makes every secret zero", "E_KEM", append(zero, m2[bodyAt+kemTextSize:]...), nil)
	saveM2(t, w, kem, "m2_of_another_run", "an M2 with another sid", "E_FORMAT", edit(m2, 2, 0), nil)
	saveM2(t, w, kem, "m2_is_m1", "the hub sent M1 back", "E_FORMAT", m1, nil)
}

func saveM2(t *testing.T, w world, kem kemKey, name, comment, expect string, m2, pin []byte) {
	s := newSheet(comment, "d.3 and e", expect)
	s.run(w.run)
	s.put("kem-seed", fixed(0x11, 32))
	s.put("r-idtype", wire.KeyShare)
	if pin == nil {
		pin = w.share.Public().(ed25519.PublicKey)
	}
	s.put("r-key", pin)
	initiator, m1 := initiate(w.run, kem, nil)
	s.put("m1", m1)
	if secret, err := initiator.decapsulate(m2[bodyAt : bodyAt+kemTextSize]); err == nil {
		s.put("ekem", secret)
	}
	s.put("m2", m2)
	s.save(t, name)
}
