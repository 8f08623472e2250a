package peer

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"beeline/backend/peer/transport"
	"beeline/backend/peer/transport/transporttest"
)

// benchBytes is what a measurement moves: whole groups.
const benchBytes = 256 << 20

// BenchmarkTransfer moves a file from disk to disk and, in the same run and in
// turn with it, as many bytes over a bare channel of the same stack. It reports
// MB/s of both, and the median of the ratios of the pairs. In /dev/shm where
// there is one, so that the disk is not what is measured.
func BenchmarkTransfer(b *testing.B) {
	server := newServer(b)
	base := "/dev/shm"
	if _, err := os.Stat(base); err != nil {
		base = ""
	}
	dir, err := os.MkdirTemp(base, "beeline-bench-")
	check(b, err)
	b.Cleanup(func() { os.RemoveAll(dir) })
	src := filepath.Join(dir, "clip.mov")
	check(b, os.WriteFile(src, noise(benchBytes), 0o644))
	var ratios, whole, raw []float64
	b.ResetTimer()
	for range b.N {
		r := rawChannel(b)
		w := transfer(b, server, src, filepath.Join(dir, "out"))
		raw, whole, ratios = append(raw, r), append(whole, w), append(ratios, w/r)
	}
	b.ReportMetric(median(raw), "raw_MB/s")
	b.ReportMetric(median(whole), "disk_MB/s")
	b.ReportMetric(median(ratios), "ratio")
}

func median(v []float64) float64 {
	slices.Sort(v)
	return v[len(v)/2]
}

func rate(began time.Time) float64 { return benchBytes / 1e6 / time.Since(began).Seconds() }

// transfer returns MB/s from pressing Receive to the verified file.
func transfer(b *testing.B, server, src, out string) float64 {
	s := startShare(b, SendOptions{Server: server, Paths: []string{src}, Once: true})
	got, err := receive(b, ReceiveOptions{Link: s.link, Out: out})
	check(b, err)
	check(b, s.wait(b))
	check(b, os.RemoveAll(out))
	return benchBytes / 1e6 / got.Elapsed.Seconds()
}

// rawChannel returns MB/s of a bare lane between two connections.
func rawChannel(b *testing.B) float64 {
	ends := transporttest.Pair(b, connect)
	from, to := ends[0].Lane, ends[1].Lane
	began := time.Now()
	go func() {
		p := newPacer(from, nil, func() int { return 1 }, nil)
		msg := noise(61_440)
		for sent := 0; sent < benchBytes; sent += len(msg) {
			p.room()
			n := min(len(msg), benchBytes-sent)
			if from.Write(msg[:n]) != nil {
				return
			}
			p.sent(n)
		}
	}()
	buf := make([]byte, transport.RecordBuffer)
	for got := 0; got < benchBytes; {
		n, err := to.Read(buf)
		check(b, err)
		got += n
	}
	return rate(began)
}
