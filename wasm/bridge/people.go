//go:build js && wasm

package bridge

import (
	"syscall/js"

	"beeline/wasm/identity"
	"beeline/wasm/people"
	"beeline/wasm/session"
	"beeline/wasm/vault"
	"beeline/wasm/wire"
)

// globalThis.beeline.people(op, …) makes what an address book comes from, and a
// book is a function of the same form. What goes in and out is text and bytes, and
// the name of a code where it fails: objects would cost 60 KB of the binary.
//
//	make name now            → book
//	open container base pepper → book, which goes on sealing with that key
//	restore container base   → book, of a backup
//	words typed now          → book of a seed on paper; the number of the word that is none, 0 where they are none together
//	close                    → ""; no book is used any more
//	take code config         → machine of a device that takes an identity in by a code
//	header container         → its header, 43 bytes
//	fresh "vault" | "backup" | "none" → a header with a fresh salt
//	base header passphrase   → 32 bytes of Argon2id, in a worker that ends
//
// base is empty where there is no passphrase, pepper where there is none.
func peopleOf(args []js.Value) any {
	switch op := args[0].String(); op {
	case "make":
		return bookOr(people.New(args[1].String(), u32Of(args[2])))
	case "open", "restore":
		var pepper []byte
		if op == "open" {
			pepper = bytesOf(args[3])
		}
		container := bytesOf(args[1])
		h, err := vault.Read(container, vault.MemoryBrowser)
		if err != nil {
			return failed(err)
		}
		k, err := vault.NewKey(h, base(args[2]), pepper)
		if err != nil {
			return failed(err)
		}
		plain, err := k.Open(container)
		if err != nil {
			return failed(err)
		}
		if op == "restore" {
			return bookOr(people.DecodeBackup(plain))
		}
		b, err := people.Decode(plain)
		if err != nil {
			return failed(err)
		}
		return book(b, k)
	case "words":
		seed, slip, err := people.SeedOf(args[1].String())
		if err != nil {
			return slip
		}
		return book(people.FromSeed(seed, u32Of(args[2])), vault.Key{})
	case "take":
		k, err := session.NewTaker(args[1].String(), config(args[2]))
		if err != nil {
			return failed(err)
		}
		m := machine(k, func() any { return takeView(k.View()) }, nil).(map[string]any)
		m["book"] = safely(func([]js.Value) any {
			if b := k.Book(); b != nil {
				return book(b, vault.Key{})
			}
			return wire.Internal.Error()
		})
		return m
	case "close":
		opened = nil
		return ""
	case "header":
		h, err := vault.Read(bytesOf(args[1]), vault.MemoryBrowser)
		if err != nil {
			return failed(err)
		}
		return array(h.Bytes())
	case "fresh":
		cost := vault.Cost{}
		switch args[1].String() {
		case "vault":
			cost = vault.ForVault
		case "backup":
			cost = vault.ForBackup
		}
		return array(vault.NewHeader(cost).Bytes())
	case "base":
		h, err := vault.ParseHeader(bytesOf(args[1]))
		if err != nil {
			return failed(err)
		}
		b := h.Base(bytesOf(args[2]))
		return array(b[:])
	}
	return wire.Internal.Error()
}

func bookOr(b *people.Book, err error) any {
	if err != nil {
		return failed(err)
	}
	return book(b, vault.Key{})
}

func bytesOr(b []byte, err error) any {
	if err != nil {
		return failed(err)
	}
	return array(b)
}

// failed returns the name of a code; "" is none.
func failed(err error) any {
	if err == nil {
		return ""
	}
	return wire.CodeOf(err).Error()
}

// book is a book and the key it is sealed with, as a function of an op:
//
//	view                     → what a page may show, bytes (people.View)
//	look text                → what a card would be, bytes
//	add text petname now; replace text; name name now; rename id petname
//	verify id same; remove id; succeed now → "" or a code
//	scanned id text          → "same", "other" or "none"
//	secure header base pepper → "" or a code; what is sealed from now on
//	use                      → ""; contacts are met as it says from now on (contacts.go)
//	seal least               → the container of the generation after its own and least
//	again container          → book, of what another tab wrote with the same key
//	beside.seal place plain; beside.open place box → bytes: what is kept beside the vault
//	words                    → the seed for paper
//	backup header base       → a container that needs the passphrase and nothing else
//	give config              → machine that hands it over to another device
func book(b *people.Book, key vault.Key) any {
	return safely(func(args []js.Value) any {
		switch args[0].String() {
		case "view":
			return array(b.View(key.Asks()))
		case "look":
			l, err := b.Look(args[1].String())
			if err != nil {
				return failed(err)
			}
			return array(b.ViewLook(l))
		case "add":
			_, err := b.Add(args[1].String(), args[2].String(), u32Of(args[3]))
			return failed(err)
		case "replace":
			_, err := b.Replace(args[1].String())
			return failed(err)
		case "name":
			return failed(b.SetName(args[1].String(), u32Of(args[2])))
		case "rename":
			return failed(b.Rename(idOf(args[1]), args[2].String()))
		case "verify":
			return failed(b.Verify(idOf(args[1]), args[2].Bool()))
		case "remove":
			b.Remove(idOf(args[1]))
			return ""
		case "succeed":
			b.Succeed(u32Of(args[1]))
			return ""
		case "scanned":
			same, other := identity.SafetyNumber(b.Identity.ID(), idOf(args[1])).Is(args[2].String())
			if same {
				return "same"
			}
			if other {
				return "other"
			}
			return "none"
		case "secure", "backup":
			h, err := vault.ParseHeader(bytesOf(args[1]))
			if err != nil {
				return failed(err)
			}
			if args[0].String() == "backup" {
				k, err := vault.NewKey(h, base(args[2]), nil)
				if err != nil {
					return failed(err)
				}
				return array(k.Seal(b.Backup()))
			}
			k, err := vault.NewKey(h, base(args[2]), bytesOf(args[3]))
			if err == nil {
				key = k
			}
			return failed(err)
		case "use":
			opened = b
			return ""
		case "give":
			g := session.NewGiver(b, config(args[1]))
			return machine(g, func() any { return giveView(g.View()) }, nil)
		case "again":
			plain, err := key.Open(bytesOf(args[1]))
			if err != nil {
				return failed(err)
			}
			other, err := people.Decode(plain)
			if err != nil {
				return failed(err)
			}
			return book(other, key)
		case "beside.seal":
			return bytesOr(b.Seal(args[1].String(), bytesOf(args[2])))
		case "beside.open":
			return bytesOr(b.Open(args[1].String(), bytesOf(args[2])))
		case "words":
			return b.Words()
		case "seal":
			b.Generation = max(b.Generation, uint64(args[1].Float())) + 1
			return array(key.Seal(b.Encode()))
		}
		return wire.Internal.Error()
	})
}

func giveView(v session.GiveView) any {
	return object("phase", v.Phase.String(), "why", why(v.Why), "code", codeView(v.Code), "asks", v.Asks, "mistyped", v.Mistyped)
}

func takeView(v session.TakeView) any {
	return object(
		"phase", v.Phase.String(), "why", why(v.Why), "digits", v.Digits, "wrongCode", v.WrongCode, "tries", v.Tries,
		"name", v.Name, "contacts", v.Contacts,
	)
}

func idOf(v js.Value) (id identity.ID) {
	copy(id[:], bytesOf(v))
	return id
}

func base(v js.Value) (b [vault.BaseSize]byte) {
	copy(b[:], bytesOf(v))
	return b
}

func bytesOf(v js.Value) []byte {
	b := make([]byte, v.Length())
	js.CopyBytesToGo(b, v)
	return b
}

func u32Of(v js.Value) uint32 { return uint32(v.Float()) }
