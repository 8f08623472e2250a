//go:build js && wasm

package bridge

import (
	"encoding/base64"
	"syscall/js"

	"beeline/wasm/identity"
	"beeline/wasm/people"
	"beeline/wasm/session"
	"beeline/wasm/wire"
)

// This file: machines that meet contacts. Who those are is in the address book that
// this worker uses; the page names them, and shares, by their IDs as base64.

// opened is that book (people.go, "use"); nil: none is.
var opened *people.Book

// cardsOf returns the cards of contacts by their IDs; who is none, or came under
// another key, is left out.
func cardsOf(ids js.Value) (cards []*identity.Card) {
	for i := range ids.Length() {
		if c := opened.Find(contactID(ids.Index(i).String())); c != nil && !c.Changed {
			cards = append(cards, c.Card)
		}
	}
	return cards
}

// contactEvent is an event of contacts; nil: it is another.
func contactEvent(v js.Value) session.Event {
	if opened == nil {
		// Without a book nobody is a member, and nobody is looked at.
		switch v.Get("type").String() {
		case "share.members":
			return session.SetMembers{}
		case "watch.contacts", "watch.end":
			return session.SetContacts{}
		case "share.proof":
			return session.SetProof{}
		case "prove":
			return session.ProveOwn{}
		}
		return nil
	}
	switch v.Get("type").String() {
	case "share.proof":
		return session.SetProof{By: prover(), On: v.Get("on").Bool()}
	case "prove":
		if !v.Get("on").Bool() {
			return session.ProveOwn{}
		}
		return session.ProveOwn{By: prover()}
	case "share.members":
		return session.SetMembers{Own: opened.Identity, Cards: cardsOf(v.Get("members"))}
	case "watch.contacts":
		e := session.SetContacts{Own: opened.Identity, Hidden: v.Get("hidden").Bool()}
		for i := range opened.Contacts {
			if c := &opened.Contacts[i]; c.Accept && !c.Changed {
				e.Cards = append(e.Cards, c.Card)
			}
		}
		// Each watcher has its part of them.
		first := min(v.Get("part").Int()*session.WatchMost, len(e.Cards))
		e.Cards = e.Cards[first:min(first+session.WatchMost, len(e.Cards))]
		return e
	case "watch.end":
		return session.SetContacts{}
	}
	return nil
}

func prover() *session.Prover {
	return &session.Prover{Own: opened.Identity, Card: opened.Card()}
}

// cardView is what a page shows of somebody who proved who it is; null: nobody.
func cardView(c *identity.Card) any {
	if c == nil {
		return nil
	}
	id := c.ID()
	return object("id", idText(id[:]), "name", c.Name, "card", c.Text())
}

// watch makes a watcher, whose sessions have numbers above first: a machine with a
// view of contacts and what they offer.
func watch(args []js.Value) any {
	w := session.NewWatcher(u32Of(args[0]), config(args[1]))
	return machine(w, func() any { return watchView(w) }, nil)
}

// receiveOf makes a recipient of a share that a contact offers.
func receiveOf(args []js.Value) any {
	if opened == nil {
		return wire.Internal.Error()
	}
	c := opened.Find(contactID(args[0].String()))
	if c == nil || c.Changed {
		return wire.Identity.Error()
	}
	var share [16]byte
	readID(args[1].String(), share[:])
	if share == [16]byte{} {
		return wire.Internal.Error() // zeros would be a listing session
	}
	r, err := session.NewContactReceiver(opened.Identity, c.Card, share, config(args[2]))
	if err != nil {
		return wire.CodeOf(err).Error()
	}
	return machine(r, func() any { return receiveView(r.View()) }, r)
}

// readID reads an ID that a view has named into id. What is none leaves zeros.
func readID(text string, id []byte) {
	if b, err := base64.StdEncoding.DecodeString(text); err == nil && len(b) == len(id) {
		copy(id, b)
	}
}

func contactID(text string) (id identity.ID) {
	readID(text, id[:])
	return id
}

func idText(id []byte) string { return base64.StdEncoding.EncodeToString(id) }

// contactOf names whose a row is; null: of a link.
func contactOf(id identity.ID) any {
	if id == (identity.ID{}) {
		return nil
	}
	return idText(id[:])
}

func watchView(w *session.Watcher) any {
	views := w.View()
	list := make([]any, len(views))
	for i, c := range views {
		offers := make([]any, len(c.Offers))
		for j, o := range c.Offers {
			offers[j] = object("id", idText(o.ID[:]), "title", o.Title, "bytes", float64(o.Bytes), "entries", o.Entries, "expires", float64(o.Expires*1000))
		}
		list[i] = object("id", idText(c.ID[:]), "online", c.Online, "offers", offers)
	}
	return object("contacts", list, "why", why(w.Lack()), "relay", !w.NoRelay())
}
