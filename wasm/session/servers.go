package session

import (
	swire "beeline/signaling/wire"
	"beeline/wasm/wire"
)

const (
	freshICE   = 10_000 // ms: servers that are not older serve the next connection
	probeICE   = 2_000  // ms without a sign of the hub until it is asked for one that is needed
	againICE   = 60_000 // ms between two questions for servers that were to be renewed
	ttlICEMost = 24 * 3_600_000
)

// servers are the STUN and TURN servers that the hub named, for the next
// connection. A credential for TURN is good for minutes only and may be asked
// for hours before somebody comes, so it is renewed at half of its time, and
// when a handshake begins. PROTOCOL.md d.5.
type servers struct {
	stun, turn []string
	named      bool // the hub has said which there are, if any
	username   string
	password   string
	until      int64 // when the credential has run out
	renew      int64 // when to ask again; 0: not
	asked      int64 // when they were asked for last
	heard      int64 // when the hub said anything
	waits      int64 // since when it owes an answer; 0: it does not
}

func (s *servers) askICE(b *base) {
	s.asked = b.now
	s.owed(b)
	b.do(SignalSend{swire.AppendICE(nil)})
}

// owed notes that the hub was asked something.
func (s *servers) owed(b *base) {
	if s.waits == 0 {
		s.waits = b.now
	}
}

// heardHub notes a sign of life of the hub.
func (s *servers) heardHub(b *base) { s.heard, s.waits = b.now, 0 }

// probe finds out whether the hub is there, because it will be needed soon. A
// connection whose other end is gone looks like one on which nothing is said: no
// browser tells a page of the pings that come through it.
func (s *servers) probe(b *base) {
	if s.waits == 0 && b.now-max(s.asked, s.heard) > probeICE {
		s.askICE(b)
	}
}

// watchHub gives a connection up that owes an answer for too long.
func (s *servers) watchHub(b *base) {
	if s.waits > 0 && b.now-s.waits > hubWithin {
		s.waits = 0
		b.do(SignalReset{})
	}
}

// wantICE asks for fresh servers because a connection is to be made soon.
func (s *servers) wantICE(b *base) {
	if b.now-s.asked > freshICE {
		s.askICE(b)
	}
}

// renewICE asks again when half of the credential's time is over.
func (s *servers) renewICE(b *base) {
	if s.renew > 0 && b.now >= s.renew && b.now-s.asked >= againICE {
		s.askICE(b)
	}
}

// gotICE keeps what the hub named and a browser understands: one URL that it
// does not would cost it all of them. Whoever runs the hub chooses whose relay
// is used, which learns addresses and amounts and nothing else.
func (s *servers) gotICE(b *base, ice swire.ICE) {
	*s = servers{asked: s.asked, heard: s.heard, named: true}
	for _, url := range ice.URLs {
		switch swire.URLKind(url) {
		case swire.STUNServer:
			s.stun = append(s.stun, url)
		case swire.TURNServer:
			s.turn = append(s.turn, url)
		}
	}
	if ice.TTL == 0 || ice.Username == "" || ice.Password == "" {
		s.turn = nil
	}
	if len(s.turn) > 0 {
		ttl := min(int64(ice.TTL)*1000, ttlICEMost)
		s.username, s.password = ice.Username, ice.Password
		s.until, s.renew = b.now+ttl, b.now+ttl/2
	}
}

// list returns what to make a connection with at this time. Where nothing but a
// relay may be used nobody is asked for the own address, and where none may be
// no relay is asked for anything.
func (s *servers) list(now int64, paths uint8) (list []ICEServer) {
	if len(s.stun) > 0 && paths != wire.PathsRelay {
		list = append(list, ICEServer{URLs: s.stun})
	}
	if len(s.turn) > 0 && now < s.until && paths != wire.PathsDirect {
		list = append(list, ICEServer{URLs: s.turn, Username: s.username, Password: s.password})
	}
	return list
}
