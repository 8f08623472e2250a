//go:build js && wasm

package bridge

import (
	"encoding/hex"
	"strconv"
	"syscall/js"

	"beeline/wasm/identity"
	"beeline/wasm/people"
	"beeline/wasm/session"
	"beeline/wasm/wire"
)

// This file: machines that meet contacts. Who those are is in the address book that
// was opened last in this worker; the page names them by the hex of their IDs.

// opened is that book; nil: none is.
var opened *people.Book

// cardsOf returns the cards of contacts by their IDs; who is none, or came under
// another key, is left out.
func cardsOf(ids js.Value) (cards []*identity.Card) {
	for i := range ids.Length() {
		if c := opened.Find(hexID(ids.Index(i).String())); c != nil && !c.Changed {
			cards = append(cards, c.Card)
		}
	}
	return cards
}

// contactEvent is an event that needs the book; nil: it is another, or there is none.
func contactEvent(v js.Value) session.Event {
	if opened == nil {
		return nil
	}
	switch v.Get("type").String() {
	case "share.members":
		return session.SetMembers{Own: opened.Identity, Cards: cardsOf(v.Get("members"))}
	case "watch.contacts":
		e := session.SetContacts{Own: opened.Identity, Hidden: v.Get("hidden").Bool()}
		for i := range opened.Contacts {
			if c := &opened.Contacts[i]; c.Accept && !c.Changed {
				e.Cards = append(e.Cards, c.Card)
			}
		}
		return e
	}
	return nil
}

// watch makes a watcher: a machine with a view of contacts and what they offer.
func watch(args []js.Value) any {
	w := session.NewWatcher(config(args[0]))
	return machine(w, func() any { return watchView(w) }, nil)
}

// receiveOf makes a recipient of a share that a contact offers.
func receiveOf(args []js.Value) any {
	if opened == nil {
		return wire.Internal.Error()
	}
	c := opened.Find(hexID(args[0].String()))
	if c == nil || c.Changed {
		return wire.Identity.Error()
	}
	id := hexID(args[1].String() + zeros[:32])
	r, err := session.NewContactReceiver(opened.Identity, c.Card, [16]byte(id[:16]), config(args[2]))
	if err != nil {
		return wire.CodeOf(err).Error()
	}
	return machine(r, func() any { return receiveView(r.View()) }, r)
}

const zeros = "0000000000000000000000000000000000000000000000000000000000000000"

// hexID reads the ID that a view has named. What is none is nobody's.
func hexID(text string) (id identity.ID) {
	if len(text) != len(zeros) {
		return id
	}
	for i := range id {
		b, err := strconv.ParseUint(text[2*i:2*i+2], 16, 8) // package hex words its errors by fmt
		if err != nil {
			return identity.ID{}
		}
		id[i] = byte(b)
	}
	return id
}

func hexOf(id []byte) string { return hex.EncodeToString(id) }

// contactOf names whose a row is; null: of a link.
func contactOf(id identity.ID) any {
	if id == (identity.ID{}) {
		return nil
	}
	return hexOf(id[:])
}

func watchView(w *session.Watcher) any {
	views := w.View()
	list := make([]any, len(views))
	for i, c := range views {
		offers := make([]any, len(c.Offers))
		for j, o := range c.Offers {
			offers[j] = object("id", hexOf(o.ID[:]), "title", o.Title, "bytes", float64(o.Bytes), "entries", o.Entries, "expires", float64(o.Expires*1000))
		}
		list[i] = object("id", hexOf(c.ID[:]), "online", c.Online, "offers", offers)
	}
	return object("contacts", list, "why", why(w.Lack()))
}
