package invite

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"beeline/wasm/testdata"
)

func TestTopicVectors(t *testing.T) {
	testdata.Run(t, "topics_", func(t *testing.T, v testdata.Vector) {
		if v.Has("dummy-seed") {
			got := DummyTopic(v.Key(t, "dummy-seed"), uint32(v.Int(t, "family")), uint32(v.Int(t, "epoch")))
			if want := v.Bytes(t, "topic"); !bytes.Equal(got[:], want) {
				t.Errorf("DummyTopic = %x, want %x", got, want)
			}
			return
		}
		l, err := Parse(v.Text(t, "link"))
		if err != nil {
			t.Fatal(err)
		}
		var epochs []string
		var topics []byte
		for _, e := range WaitEpochs(v.Int(t, "unix-ms")) {
			epochs = append(epochs, fmt.Sprint(e))
			topic := l.Topic(e)
			topics = append(topics, topic[:]...)
		}
		if got, want := strings.Join(epochs, " "), v.Text(t, "wait"); got != want {
			t.Errorf("WaitEpochs = %s, want %s", got, want)
		}
		if got, want := int64(Epoch(v.Int(t, "unix-ms"))), v.Int(t, "knock"); got != want {
			t.Errorf("Epoch = %d, want %d", got, want)
		}
		if want := v.Bytes(t, "topics"); !bytes.Equal(topics, want) {
			t.Errorf("topics = %x, want %x", topics, want)
		}
	})
}

func TestWaitEpochsAtTheEdges(t *testing.T) {
	const hour, minute = hourMS, 60_000
	for _, c := range []struct {
		ms   int64
		want []uint32
	}{
		{100*hour - 1, []uint32{99, 100}},
		{100 * hour, []uint32{100, 99}},
		{100*hour + 15*minute - 1, []uint32{100, 99}},
		{100*hour + 15*minute, []uint32{100}},
		{100*hour + 45*minute - 1, []uint32{100}},
		{100*hour + 45*minute, []uint32{100, 101}},
		{0, []uint32{0}},
		{-5 * hour, []uint32{0}},
	} {
		if got := WaitEpochs(c.ms); !slices.Equal(got, c.want) {
			t.Errorf("WaitEpochs(%d) = %v, want %v", c.ms, got, c.want)
		}
	}
}

// Two people whose clocks differ by up to 15 minutes meet, at every minute of two
// hours: the hour on which the one knocks is one on which the other waits.
func TestClocksFifteenMinutesApartMeet(t *testing.T) {
	for now := int64(0); now < 2*hourMS; now += 60_000 {
		for skew := int64(-marginMS); skew <= marginMS; skew += 60_000 {
			at := 1000*hourMS + now
			if knock := Epoch(at + skew); !slices.Contains(WaitEpochs(at), knock) {
				t.Fatalf("waiter at minute %d waits on %v; a knocker %d min off knocks on %d",
					now/60_000, WaitEpochs(at), skew/60_000, knock)
			}
		}
	}
}

func TestTopicsAreUnrelated(t *testing.T) {
	seed := [32]byte{1}
	l := Link{Secret: [16]byte{2}}
	seen := map[[32]byte]bool{}
	add := func(topic [32]byte) {
		if seen[topic] {
			t.Errorf("topic %x comes twice", topic[:4])
		}
		seen[topic] = true
	}
	for e := range uint32(4) {
		add(l.Topic(e))
		add(Link{Secret: [16]byte{3}}.Topic(e))
		for _, i := range []uint32{0, 1, KnockFamilies, KnockFamilies + 1} {
			add(DummyTopic(seed, i, e))
			add(DummyTopic([32]byte{9}, i, e))
		}
	}
}
