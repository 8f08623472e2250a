// Package signaling lets two peers that know the same topic meet and carries
// opaque frames between them until they have a connection of their own.
//
// It is blind: it never looks into a frame, never learns a link, a name or a
// key, writes neither topics nor addresses to a log, and keeps nothing once
// both peers have left. Specification: PROTOCOL.md.
//
//	sharer              hub              recipient
//	-- SUB wait, T ---->|                    |
//	                    |<---- SUB knock, T -|
//	<-- JOIN T, k ------|----- JOIN T, w --->|
//	                    |<- PUB T, w, frame -|   exactly wire.FrameSize bytes, opaque
//	<-- DATA T, k, frame|                    |
//
// A [Hub] holds connections and what each may do; a [Bus] holds the topics and
// who is on them. Everything is in memory. A hub trusts nobody: every number in
// [Limits] is there because somebody would otherwise use its absence.
//
//	web request ── Hub.Upgrade ── Hub.Serve ── conn (reads, judges) ── Bus (rooms)
//	                                            └── queue (writes, drops fairly)
package signaling
