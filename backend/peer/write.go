package peer

import (
	"beeline/wasm/lane"
	"beeline/wasm/session"
	"beeline/wasm/wire"
)

// This file: the bytes of files under way, written at their places as they come, and taken
// away again.

// write writes the groups that are wanted and gives their buffers back.
func (d *dest) write(a session.Write, b *batch) {
	if b == nil {
		return
	}
	keep := make([]bool, len(b.groups))
	for i := range keep {
		keep[i] = a.Keep == nil
	}
	for _, i := range a.Keep {
		keep[i] = true
	}
	var written []lane.Group
	for i, g := range b.groups {
		if keep[i] && d.writeGroup(g) {
			written = append(written, g.Group)
		}
		b.free(g)
	}
	if len(written) > 0 {
		d.say(session.Written{Groups: written})
	}
}

// writeGroup reports whether a group is on its way to the disk.
func (d *dest) writeGroup(g lane.Arrived) bool {
	p := d.parts[g.File]
	if p == nil || p.version != g.Version {
		return false
	}
	d.unplace(p)
	if !d.opened(p) {
		return false
	}
	err := d.space.retry(func() error {
		if err := d.mayWrite(len(g.Data)); err != nil {
			return err
		}
		_, err := d.pwrite(p.f, g.Data, int64(g.Index)*wire.GroupSize)
		return err
	})
	if err != nil {
		d.failed(p, err)
		return false
	}
	d.space.add(int64(len(g.Data)))
	p.wrote(g.Index, len(g.Data))
	if p.dueForSync(d.book != nil) {
		s := p.take()
		d.jobs.Go(func() { d.sync(p, s) })
	}
	return true
}

func (d *dest) reset(a session.DiskReset) {
	if p := d.parts[a.File]; p != nil {
		p.modMS = a.ModMS
		d.empty(p, a.Version, a.Size)
	}
}

// empty begins a file again.
func (d *dest) empty(p *part, version uint8, size uint64) {
	d.letGo(p)
	d.space.add(-int64(p.reset(version, size)))
	if p.f == nil {
		return
	}
	if err := p.f.Truncate(0); err != nil {
		d.failed(p, err)
	}
}

// drop takes away what is there of a file.
func (d *dest) drop(p *part) {
	d.space.add(-int64(p.reset(p.version, p.size)))
	p.close()
	if p.temp != "" && !p.placed {
		_ = d.root.Remove(p.temp) // what stays shows in the part folder
	}
}
