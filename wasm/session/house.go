package session

import (
	"crypto/ed25519"

	"beeline/wasm/ctrl"
	"beeline/wasm/identity"
	"beeline/wasm/wire"
)

// A house is what several shares have in common whose person meets each contact at
// one door. A Sharer alone needs none, and the browser's binary holds none: the one
// there is is [Host].
type house interface {
	// meets returns the contact of a card as all shares know it.
	meets(own *identity.Identity, card *identity.Card) (*member, error)
	// enter hands a contact who proved to be it to the share that it wants, and says
	// why not, where it gets none.
	enter(k halfKey, h *half, m *member, pk ed25519.PublicKey, share [16]byte) wire.Code
	// frame hands a T frame to the session of a share that is described under k, and
	// reports whether there is one; nil: only that.
	frame(k halfKey, frame []byte) bool
	// offers returns what a contact is told.
	offers(m *member) []ctrl.Offer
	// paths returns what a contact who looks may connect by.
	paths(m *member) uint8
}
