// Package peer is Beeline without a browser: [Send] shares files of this machine
// by a link, [Receive] takes what a link offers and writes it to disk. It is the
// native shell around the machines of wasm/session, as web/core is the
// browser's: every key and every decision is theirs, everything that blocks is
// here. So the two speak to each other by construction.
//
//	hub ──── signaling/client ──┐                ┌── link: one connection (transport)
//	ctrl channel, lanes ────────┤  one goroutine ├── outbound: read, seal, send
//	disk ───────────────────────┤ owns a machine ├── inbound: open, put together
//	clock, person ──────────────┘  (shell.go)    └── dest: write, read back, land;
//	                                                  logbook, recall: go on after a crash
//	            events in                           actions out
//
// Whoever may block has a goroutine of its own and a queue before it; the
// goroutine with the machine never waits for anybody. What comes from a peer or
// the hub waits when that queue is long, so neither can fill the memory.
//
// It never prints and never logs: not a link, not a name, not an address. What a
// connection and its lanes are made of it does not know: transport has their
// methods, transport/rtc peer connections of pion, transport/memory two ends in one
// process. The tests here run on both. Whatever carries the bytes counts as an
// untrusted pipe.
//
// Decisions:
//
//   - 2026-11-26: relays over TCP and TLS are dialled here, not by pion/ice v2, which
//     knows no address of IPv6 and no certificate of a server that made its own
//     (transport/rtc/turn.go). UDP to a relay stays pion's and is IPv4. The lab's
//     pairs of native peers connect after 0.4 to 2.8 s, where only TCP 443 is open or
//     IPv6 is all there is too (`BEELINE_ENDS=native npm run lab -- nat`).
//   - 2026-11-26: what a scan decides about lands in a quarantine inside the destination,
//     whole, and is renamed from there. Scanning file by file was the other choice: a
//     scanner started 500,000 times, and half a camera card released. A delivery that a
//     scan held, or ran over and did not judge (it took too long, which a sender may have
//     seen to), is scanned again only where somebody asks for it. One whose run ended
//     before that is judged by any run with the same scan, which gives it its place beside
//     what is there: another run's scan and its --on-conflict were meant for another sender.
//   - 2026-11-26: who came by a code goes on with the same one: under a hash of it lies the
//     way back (PROTOCOL.md j, mode 4), which is all that still leads to the sender.
//     Where no folder for keys is, nobody is told that a way back is kept.
//   - 2026-11-26: Ctrl-C keeps what is unfinished, as a crash does: who stops a
//     command did not say that it was in vain. It goes when the transfer is complete,
//     or the sender stopped sharing; until then it lies in one visible folder.
//   - 2026-11-26: the machine's time is monotonic and follows a clock that is set (clock.go);
//     a browser hands in its Date.now, and a step there costs a new connection.
//   - 2026-11-26: a sender that ends takes its link with it; only a recipient goes on.
//   - 2026-11-26: a share for contacts comes back. Nobody sees it before its list is
//     whole, as with a page that offers a link again: only then is it known whether the
//     list is the one of before. Another list gets another salt under the same share_id,
//     so that who still knows the old one ends (E_MANIFEST) instead of taking its indices
//     for those of the new one, and goes on from the journal, which is named without salt.
//     Ctrl-C withdraws nothing: a machine that restarts says the same to its programs.
//   - 2026-11-26: whether a share has changed is found by walking it again (rescan.go), not
//     by watching its folders: that works on network drives, needs none of the few watches
//     that a system has, and finds what happened while a disk was away. It costs a
//     twentieth of the time at most. What has changed waits until it is the same twice, since
//     files are being copied into it until then, and until nobody is in the middle of it,
//     since a list with another salt ends their session (E_MANIFEST).
//   - 2026-11-26: what is unfinished or in quarantine is never sent, at no depth of what is
//     shared, under any name that those folders may get (walk.go): who shares a folder and
//     receives into it would hand on what a scan held. A path below one goes if a person
//     names it, as with links.
//   - 2026-11-26: small files are flushed together (flush.go): syncfs(2) on ext4, XFS and
//     btrfs, from Linux 5.8 on. It brings to the disk what others wrote there, too: where
//     that costs more than flushing each by itself, which is measured, each is, for ten times
//     as long as it took. Elsewhere the call promises less than fsync, or does not tell of a
//     loss, so each file is flushed by itself, eight at a time. Nothing counts as safe
//     before either has returned.
//   - 2026-11-26: an empty share is not offered where it is rescanned: a disk that is not
//     mounted looks so.
//
// Specification: wasm/PROTOCOL.md d to g, signaling/PROTOCOL.md.
package peer
