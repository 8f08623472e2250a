package session

// What a recipient makes us read costs it nothing unless the bytes are sent: values
// of groups it says it has (HAVE), values it asks for (CV_REQ), and groups that it
// cancels. So that is bounded for each recipient, through all of its sessions:
// twice the share at once, then as much as time gives back. An honest one needs the
// share once, and once more where a session broke in the middle; one that is beyond
// the bound waits. PROTOCOL.md f.4.
type reread struct {
	bytes uint64 // read for nothing and not given back
	at    int64  // until when time has given back
}

// rereadMS is how many bytes a millisecond gives back: 8 MiB a second.
const rereadMS = 8 << 20 / 1000

// may reports whether more may be read for nothing, of a share of so many bytes.
func (b *reread) may(now int64, share uint64) bool {
	if now > b.at {
		b.bytes -= min(b.bytes, uint64(now-b.at)*rereadMS)
		b.at = now
	}
	return b.bytes <= 2*share
}

func (b *reread) spend(bytes int) { b.bytes += uint64(bytes) }
