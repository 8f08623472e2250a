package peer

import (
	"slices"
	"time"

	"beeline/wasm/catalog"
	"beeline/wasm/session"
	"beeline/wasm/wire"
)

// This file: a share of a host, from its paths until contacts are offered it.

// walksAtOnce is how many shares are listed at the same time: one of them may lie on a
// network drive that hangs.
const walksAtOnce = 4

// begin lists a share, and offers it then.
func (r *hosting) begin(i int, one Shared) {
	if one.Expires == 0 {
		one.Expires = Standing
	}
	wanted := one // its members may change while it is listed
	r.listing[i] = &wanted
	r.await(one)
	r.s.background.Go(func() { r.list(i, one) })
}

// list walks through a share before anybody sees it: whether it is as it was in an
// earlier run decides about its salt, and that is the first that a contact hears of.
func (r *hosting) list(i int, one Shared) {
	select {
	case r.walks <- struct{}{}:
		defer func() { <-r.walks }()
	case <-r.walking.Done():
		return
	}
	roots, err := findRoots(one.Paths)
	if err != nil {
		r.s.box.put(message{do: func() { r.lost(i, err) }})
		return
	}
	if one.Title == "" {
		one.Title = title(roots)
	}
	h := &hosted{n: i, sources: &sources{}, changed: true, one: one}
	var holes func(Holes)
	if r.o.OnHoles != nil {
		holes = func(found Holes) { r.s.box.put(message{do: func() { r.o.OnHoles(i, found) }}) }
	}
	list, lost, err := r.walk(h.sources, roots, func(skipped Skipped) {
		if r.o.OnSkip != nil {
			r.s.box.wait(message{do: func() { r.o.OnSkip(i, skipped) }}, waiting)
		}
	}, holes)
	if h.list = list; err == nil && (lost == nil || r.o.Rescan == 0) {
		err, lost = r.make(h, one, list), nil
	}
	added := make(chan struct{})
	r.s.box.put(message{do: func() {
		switch {
		case err == nil && lost != nil:
			r.lost(i, lost)
			return
		case err == nil:
			err = r.add(h)
		}
		if err != nil {
			r.failed(i, err)
			return
		}
		close(added)
	}})
	select {
	case <-added:
		return
	case <-r.s.gone.Done():
	}
	select {
	case <-added:
	default:
		h.sources.close()
	}
}

// walk lists what roots are, and says why there is nothing to offer: one of them can't
// be opened, or there is no file.
func (r *hosting) walk(from *sources, roots []root, skip func(Skipped), holes func(Holes)) (list [32]byte, lost, err error) {
	digest, files := newListDigest(), 0
	w := &walker{sources: from, onHoles: holes}
	w.skip = func(found Skipped) {
		if found.Why == SkipUnreadable && slices.ContainsFunc(roots, func(r root) bool { return r.path == found.Path }) {
			lost = errClosed
		}
		skip(found)
	}
	w.add = func(list []catalog.Entry) bool {
		for _, e := range list {
			if e.Type == catalog.File {
				files++
			}
		}
		digest.add(list)
		return r.walking.Err() == nil
	}
	err = w.walk(r.walking, roots)
	if lost == nil && files == 0 {
		lost = ErrNoFiles
	}
	return digest.sum(), lost, err
}

// make makes the machine of a share, as an earlier run left it where there was one, and
// has it kept.
func (r *hosting) make(h *hosted, one Shared, list [32]byte) (err error) {
	config, now := r.config, time.Now()
	config.Now, config.Lanes, config.Expires = now.UnixMilli(), one.Lanes, now.Add(one.Expires).UnixMilli()
	if one.Kept == nil {
		h.sharer = session.NewSharer(one.Title, config)
	} else {
		if one.List != list {
			one.Kept = session.Relisted(one.Kept)
		}
		if h.sharer, err = session.RestoreSharer(one.Title, config, one.Kept); err != nil {
			return err
		}
	}
	if r.o.OnKeep != nil {
		return r.o.OnKeep(h.n, h.sharer.Keep(), list)
	}
	return nil
}

// add offers a share whose list is whole, unless nobody wants it any more.
func (r *hosting) add(h *hosted) error {
	one := r.listing[h.n]
	if one == nil {
		return wire.Revoked
	}
	if err := r.host.Add(h.sharer); err != nil {
		return failed("share", wire.CodeOf(err))
	}
	delete(r.listing, h.n)
	h.one.With, h.next = one.With, time.Now().Add(r.o.Rescan)
	r.shares[h.n] = h
	r.s.hosted[h.sharer.ID()] = h
	r.tell(h, session.SetPaths{Paths: one.Allowed})
	for from := uint32(1); ; from += walkBatch {
		entries := h.sources.entries(from, walkBatch)
		if len(entries) == 0 {
			break
		}
		r.tell(h, session.Add{Entries: entries})
	}
	r.tell(h, session.Listed{})
	r.tell(h, session.SetMembers{Own: r.o.Own, Cards: one.With})
	return nil
}

// failed says that a share is none, to who still wants it.
func (r *hosting) failed(i int, err error) {
	if r.listing[i] == nil {
		return
	}
	r.wontCome(r.listing[i])
	delete(r.listing, i)
	if r.o.OnFail != nil {
		r.o.OnFail(i, err)
	}
}
