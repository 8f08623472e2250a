package keep

import (
	"errors"
	"slices"

	"beeline/wasm/identity"
)

// Forget takes somebody out of all shares that are kept, and drops the inbox: for whoever
// is removed, and before somebody is added, in case that a removal was not written down
// to its end. Being added again, perhaps for one file, must not bring back what was shared
// long ago (2026-11-26). It does what it can, and returns what it could not.
func (k *Kept) Forget(id identity.ID) error {
	shares, _, err := k.Standing()
	for _, s := range shares {
		if slices.Contains(s.With, id) {
			err = errors.Join(err, k.l.ChangeStanding(k.Book, s.ID, func(s *Standing) {
				s.With = slices.DeleteFunc(s.With, func(o identity.ID) bool { return o == id })
			}))
		}
	}
	inboxes, _, bad := k.Inboxes()
	for _, i := range inboxes {
		if i.Contact == id {
			bad = errors.Join(bad, k.DropInbox(i.ID))
		}
	}
	return errors.Join(err, bad)
}
