package wire

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

var writeCorpus = flag.Bool("write-corpus", false, "write the fuzz corpus anew")

// What parses is written again as the same bytes: there is one form of each message.
func FuzzParseClient(f *testing.F) {
	f.Fuzz(func(t *testing.T, msg []byte) {
		m, err := ParseClient(msg)
		if err != nil {
			return
		}
		if again := AppendClient(nil, m); !bytes.Equal(again, msg) {
			t.Errorf("parsed %x, written again %x", msg, again)
		}
	})
}

func FuzzParseServer(f *testing.F) {
	f.Fuzz(func(t *testing.T, msg []byte) {
		m, err := ParseServer(msg)
		if err != nil {
			return
		}
		if again := AppendServer(nil, m); !bytes.Equal(again, msg) {
			t.Errorf("parsed %x, written again %x", msg, again)
		}
	})
}

// seeds are one message of every kind, and the same cut and grown by a byte.
func seeds() (client, server map[string][]byte) {
	ice, _ := AppendICEAnswer(nil, ICE{TTL: 600, Username: "user", Password: "secret", URLs: []string{"stun:host:3478", "turn:host:3478?transport=udp"}})
	client = map[string][]byte{
		"sub":   AppendSub(nil, Wait, []Topic{ascending(0), ascending(1)}),
		"unsub": AppendUnsub(nil, []Topic{ascending(0)}),
		"pub":   AppendPub(nil, ascending(0), 1, frameOf(2)),
		"plate": {OpPlate}, "claim": {OpClaim, 0, 0, 188, 85}, "free": {OpPlateFree}, "ice": {OpICE},
	}
	server = map[string][]byte{
		"subbed": {OpSubbed},
		"join":   AppendJoin(nil, ascending(0), 1),
		"leave":  AppendLeave(nil, ascending(0), 1),
		"data":   AppendData(nil, ascending(0), 1, frameOf(2)),
		"err":    AppendErr(nil, OpSub, 1000),
		"plate":  {OpPlateIs, 0, 0, 188, 85},
		"ice":    ice,
	}
	for _, set := range []map[string][]byte{client, server} {
		for name, msg := range set {
			if len(name) < 7 { // not those made here
				set[name+"-short"] = msg[:len(msg)-1]
				set[name+"-long"] = append(bytes.Clone(msg), 0)
			}
		}
	}
	return client, server
}

// The corpus is committed, so that it grows by what fuzzing finds; `go test
// -write-corpus` writes the seeds after a change of the protocol.
func TestFuzzCorpusIsThere(t *testing.T) {
	client, server := seeds()
	for target, set := range map[string]map[string][]byte{"FuzzParseClient": client, "FuzzParseServer": server} {
		dir := filepath.Join("testdata", "fuzz", target)
		if *writeCorpus {
			if err := os.MkdirAll(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			for name, msg := range set {
				text := fmt.Sprintf("go test fuzz v1\n[]byte(%q)\n", msg)
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		}
		files, err := os.ReadDir(dir)
		if err != nil || len(files) < len(set) {
			t.Errorf("%s has %d seeds (%v), want at least %d", dir, len(files), err, len(set))
		}
	}
}
