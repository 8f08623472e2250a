//go:build js && wasm

package bridge

import (
	"syscall/js"

	"beeline/wasm/catalog"
	"beeline/wasm/invite"
	"beeline/wasm/session"
	"beeline/wasm/wire"
)

// Start offers the machines to the worker as globalThis.beeline:
//
//	share(title, config)  → machine
//	receive(link, config) → machine, or a failure code's name
//	receiveOf(contact, share, config) → the same, of a share that a contact offers
//	watch(first, config)  → machine that looks what contacts offer
//	people(op, …)         → the address book (people.go)
//	typed(code, config)   → likewise, for a spoken code
//	back(config)          → likewise, of who came by a code and has its key
//	read(text)            → what a code that somebody is typing says so far
//
// A machine is {handle(now, event) → action[], view()}; a receiver also has
// {entries(from, count), states(from, count), parts(file), key()}. A call that panics
// returns the name of a failure; the worker then stops: what the machine holds
// can't be trusted any more.
func Start() {
	js.Global().Set("beeline", js.ValueOf(map[string]any{
		"share": safely(func(args []js.Value) any {
			c := config(args[1])
			if !args[1].Get("kept").Truthy() {
				return share(session.NewSharer(args[0].String(), c))
			}
			s, err := session.RestoreSharer(args[0].String(), c, data(args[1], "kept"))
			if err != nil {
				return wire.CodeOf(err).Error()
			}
			return share(s)
		}),
		"receive": safely(func(args []js.Value) any {
			r, err := session.NewReceiver(args[0].String(), config(args[1]))
			if err != nil {
				return wire.CodeOf(err).Error()
			}
			return machine(r, func() any { return receiveView(r.View()) }, r)
		}),
		"receiveOf": safely(receiveOf),
		"watch":     safely(watch),
		"people":    safely(peopleOf),
		"typed": safely(func(args []js.Value) any {
			r, err := session.NewCodeReceiver(args[0].String(), config(args[1]))
			if err != nil {
				return wire.CodeOf(err).Error()
			}
			return machine(r, func() any { return receiveView(r.View()) }, r)
		}),
		"back": safely(func(args []js.Value) any {
			r, err := session.NewWayReceiver(config(args[0]))
			if err != nil {
				return wire.CodeOf(err).Error()
			}
			return machine(r, func() any { return receiveView(r.View()) }, r)
		}),
		"read": safely(func(args []js.Value) any {
			r := invite.Read(args[0].String())
			return object("head", r.Head, "fixed", strings(r.Fixed), "near", strings(r.Near), "code", r.Code)
		}),
	}))
}

// share is a machine with {keep()}: what a later page needs to offer the same link.
func share(s *session.Sharer) any {
	m := machine(s, func() any { return shareView(s.View()) }, nil).(map[string]any)
	m["keep"] = safely(func([]js.Value) any { return array(s.Keep()) })
	return m
}

func safely(f func(args []js.Value) any) js.Func {
	return js.FuncOf(func(_ js.Value, args []js.Value) (out any) {
		defer func() {
			if recover() != nil {
				out = wire.Internal.Error()
			}
		}()
		return f(args)
	})
}

type handler interface {
	Handle(now int64, e session.Event) []session.Action
}

func machine(m handler, view func() any, r *session.Receiver) any {
	methods := map[string]any{
		"handle": safely(func(args []js.Value) any {
			e := event(args[1])
			if e == nil {
				return wire.Internal.Error()
			}
			acts := m.Handle(int64(args[0].Float()), e)
			out := make([]any, len(acts))
			for i, a := range acts {
				out[i] = action(a)
			}
			return out
		}),
		"view": safely(func([]js.Value) any { return view() }),
	}
	if r != nil {
		methods["entries"] = safely(func(args []js.Value) any {
			return entries(r.Entries(args[0].Int(), min(args[1].Int(), 4096)))
		})
		methods["states"] = safely(func(args []js.Value) any { return array(r.States(args[0].Int(), args[1].Int())) })
		methods["key"] = safely(func([]js.Value) any { return array(r.Key()) })
		methods["parts"] = safely(func(args []js.Value) any { return array(r.Parts(uint32(args[0].Int()))) })
	}
	return methods
}

func config(v js.Value) session.Config {
	c := session.Config{
		Lanes: v.Get("lanes").Int(), Loopback: v.Get("loopback").Bool(), Now: int64(v.Get("now").Float()),
		Target: catalog.Zip,
	}
	if v.Get("folder").Bool() {
		c.Target = catalog.FileSystemAccess
	}
	if v.Get("key").Truthy() {
		c.Key = data(v, "key")
	}
	if v.Get("device").Truthy() {
		c.Device = data(v, "device")
	}
	if v.Get("phone").Bool() {
		c.Window = wire.WindowPhone
		c.Lanes = min(c.Lanes, wire.LanesPhone)
	}
	return c
}
