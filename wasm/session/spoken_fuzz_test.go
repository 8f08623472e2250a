package session

import (
	"testing"

	swire "beeline/signaling/wire"
	"beeline/wasm/handshake"
	"beeline/wasm/wire"
)

// FuzzCodes: whatever the hub says to somebody who said a code and to somebody who
// typed one, and whatever the two press, the counts hold: three lives and twenty
// runs, three M1s without an answer. A step is u8 who and what, u8 argument.
func FuzzCodes(f *testing.F) {
	for _, seed := range codeScripts {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		w := newWorld(t, 1)
		s := w.share(1, tiny()...)
		code := w.say(s)
		n, r := w.typeIn(another(t, code, 0))
		for ; len(data) >= 2; data = data[2:] {
			to, what, arg := w.sharer, data[0]>>1, data[1]
			if data[0]&1 == 1 {
				to = n
			}
			plate := s.spoken.plate + uint32(arg>>6)
			topic := swire.PlateTopic(plate)
			sid := [16]byte{arg & 3}
			if run := s.spoken.run; run != nil && arg&4 != 0 {
				sid = run.k.sid
			}
			if c := r.coded; arg&8 != 0 {
				sid = c.sid
			}
			from := uint32(arg >> 4 & 3)
			hub := func(msg []byte) { to.handle(SignalMessage{msg}) }
			frame := func(kind uint8) {
				b := handshake.NoAnswer(sid)
				b[1] = kind
				hub(swire.AppendData(nil, topic, from, b))
			}
			switch what % 14 {
			case 0:
				hub(swire.AppendPlate(nil, plate))
			case 1:
				hub(swire.AppendJoin(nil, topic, from))
			case 2:
				hub(swire.AppendLeave(nil, topic, from))
			case 3:
				hub(swire.AppendErr(nil, swire.OpClaim, uint16(arg)))
			case 4:
				hub(swire.AppendErr(nil, swire.OpPlate, uint16(arg)))
			case 5, 6, 7, 8, 9:
				frame(what%14 - 4) // C1 to T
			case 10:
				w.now += int64(arg) * 100
				w.step()
			case 11:
				to.handle([]Event{MakeCode{}, StopCode{}, Connect{}, CancelAll{}, StopSharing{}}[arg%5])
			case 12:
				n.handle(TypeCode{Text: []string{code, s.View().Code.Text, another(t, code, 1), "no code"}[arg%4]})
			case 13:
				to.offline()
				to.online()
			}
			w.settle()
			c := &s.spoken
			if c.lives < 0 || c.lives > codeLives || c.runs > codeRuns || len(c.sids) > codeRuns || len(s.recips) > 1 {
				t.Fatalf("%d lives, %d runs, %d sids, %d recipients", c.lives, c.runs, len(c.sids), len(s.recips))
			}
			if (c.state == CodeLive) != (s.View().Code.Text != "") || c.state == CodeLive && c.plate == 0 {
				t.Fatalf("the code is %v, with plate %d, and shows %q", c.state, c.plate, s.View().Code.Text)
			}
			if r.coded.guesses > guessesMax {
				t.Fatalf("%d guesses for whoever answers", r.coded.guesses)
			}
			if v := r.View(); v.Phase == Failed && v.Why == wire.Internal {
				t.Fatal("a fault of our own")
			}
		}
	})
}

// codeScripts: the honest way, a wrong word, frames of nobody, a hub that comes and goes.
var codeScripts = [][]byte{
	{},
	{24, 0, 20, 5},
	{25, 0, 25, 0, 25, 0, 24, 0, 24, 0, 24, 0},
	{10, 4, 14, 4, 10, 0, 14, 0, 16, 4, 18, 4, 20, 200},
	{13, 8, 17, 8, 3, 16, 5, 16, 1, 64, 7, 0, 7, 50, 21, 100},
	{26, 0, 22, 0, 20, 5, 27, 0, 24, 1, 20, 9},
	{22, 0, 22, 1, 22, 0, 8, 0, 8, 9, 0, 0, 0, 64, 22, 4, 22, 0},
}
