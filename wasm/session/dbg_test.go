package session
import ("testing";"fmt";"os")
func TestDbg(t *testing.T) {
	if os.Getenv("DBG")=="" { t.Skip() }
	var seed int64; fmt.Sscan(os.Getenv("DBG"), &seed)
	w := newWorld(t, seed)
	w.shuffle = w.rng.Intn(2) == 0
	if w.rng.Intn(2) == 0 { w.rate = 100_000 + w.rng.Intn(400_000) }
	lanes := 1 + w.rng.Intn(4); strict := w.rng.Intn(2) == 0
	s := w.share(lanes, someFiles(w.rng)...)
	w.sharer.strict = strict; n, r := w.take(s.Link(), lanes)
	w.receiveAll(n, r)
	show := func(who string) func(Action) { return func(a Action) {
		switch a := a.(type) {
		case SignalSend, CtrlSend, Show, Write: return
		default: fmt.Printf("%d %s %T%+v\n", w.now-noon, who, a, a)
		}
	}}
	w.sharer.log, n.log = show("S"), show("R")
	calm := 60 + w.rng.Intn(60)
	w.onStep = func() {
		if w.rng.Intn(12) != 0 || calm == 0 { return }
		calm--
		w.later(func() { fmt.Println("mishap"); mishap(w, n, r) })
	}
	w.until(20_000, func() bool { p := s.View().Recipients[0].Phase; return r.ended() && (p == Complete || p == Failed || p == Cancelled) })
	fmt.Println(w.state())
	for p, v := range w.truth { for _, x := range v { fmt.Println(p, len(x)) } ; fmt.Println("landed", p, len(n.disk.landed[p])) }
}
