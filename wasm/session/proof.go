package session

import (
	"beeline/wasm/handshake"
	"beeline/wasm/identity"
	"beeline/wasm/invite"
	"beeline/wasm/kdf"
	"beeline/wasm/wire"
)

// This file: who says, inside a session by link or code, which identity it is. A
// proof is good in that session alone; one that fails is as if none had come.
// PROTOCOL.md e, IDENT_PROOF.

// A Prover is an identity and the card that it shows; nil shows none.
type Prover struct {
	Own  *identity.Identity
	Card *identity.Card
}

type (
	// SetProof says who the sharer is, and whether it proves that to those who come by
	// link or code from now on. That is part of the link: another takes its place.
	SetProof struct {
		By *Prover
		On bool
	}
	// ProveOwn says the same of a recipient, before Connect.
	ProveOwn struct{ By *Prover }
)

func (SetProof) event() {}
func (ProveOwn) event() {}

// provenWithin is how long a link that promises a proof waits for it while its
// recipient waits for the sharer's person, ms.
const provenWithin = 10_000

// identSession is what a proof of one side signs.
func identSession(secret [32]byte, initiator bool) [32]byte {
	who := "R"
	if initiator {
		who = "I"
	}
	return [32]byte(kdf.X(secret[:], "ident", []byte(who), 32))
}

// proof returns the payload that proves who this side is, after M4 and before its
// secret is taken out; nil where nothing is to be proved.
func (p *Prover) proof(t *handshake.Transport, initiator bool) []byte {
	if p == nil {
		return nil
	}
	return append([]byte{wire.TIdentProof}, p.Own.Prove(p.Card, identSession(t.Secret(), initiator))...)
}

// proved reads such a payload of the other side; nil: it proves nothing.
func proved(payload []byte, secret [32]byte, initiator bool) *identity.Card {
	card, err := identity.CheckProof(payload[1:], identSession(secret, initiator))
	if err != nil {
		return nil
	}
	return card
}

// setProof makes another link where the promise of a proof comes or goes.
func (s *Sharer) setProof(e SetProof) {
	if s.over {
		return
	}
	s.prover = e.By
	if s.resubscribe(); e.By == nil || s.once.state != onceOpen {
		return // it can't be proved now; or the link is somebody's, and stays what it is
	}
	s.proving = e.On
	s.setFlags(s.link.Flags)
	s.do(Show{})
}

// keepsPromise reports whether the sharer can prove what a link says it does. Where
// it can't, because its contacts are locked, nobody is met at that link.
func (s *Sharer) keepsPromise(l invite.Link) bool {
	return s.prover != nil || l.Flags&invite.Proven == 0
}

// sayProof sends the sharer's proof, right after M4, where it is wanted now or was
// promised when the link was made.
func (s *Sharer) sayProof(k halfKey, h *half) {
	promised := s.proving || s.link.Flags&invite.Proven != 0
	for i := range s.former {
		promised = promised || s.former[i].door == h.door && s.former[i].link.Flags&invite.Proven != 0
	}
	if !promised || s.prover == nil || h.door.mode == wire.ModeContact {
		return // between contacts both have proved it already
	}
	s.reply(k, h, s.prover.proof(h.t, false))
}

// gotProof takes what a recipient proves while it waits for the person.
func (s *Sharer) gotProof(h *half, payload []byte) {
	if h.asks.proved == nil {
		h.asks.proved = proved(payload, h.t.Secret(), true)
		s.do(Show{})
	}
}

// promised reports whether the link says that its sharer proves who it is.
func (r *Receiver) promised() bool { return r.link.Flags&invite.Proven != 0 }

// gotProof takes what the sharer proves.
func (r *Receiver) gotProof(payload []byte, secret [32]byte) {
	if card := proved(payload, secret, false); card != nil {
		r.sender, r.isProven = card, true
		r.do(Show{})
	}
}
