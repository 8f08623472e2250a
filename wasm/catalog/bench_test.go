package catalog

import "testing"

func BenchmarkLeaf(b *testing.B) {
	r := root{salt: [32]byte{1}}
	e := Entry{Type: File, Size: 1 << 30, Name: "A001_C001_0101AB_001.R3D"}
	buf := e.append(nil, []byte(e.Name))
	b.ReportAllocs()
	for b.Loop() {
		r.add(buf)
	}
}

func BenchmarkLocalName(b *testing.B) {
	bld := walk(b, 100_000)
	bld.Finish()
	l := receive(b, bld, Native)
	b.ReportAllocs()
	n := NewNames(l, FileSystemAccess)
	i := uint32(0)
	for b.Loop() {
		if i++; i >= uint32(l.Len()) {
			n, i = NewNames(l, FileSystemAccess), 1
		}
		n.LocalName(i)
	}
}
