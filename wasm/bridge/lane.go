//go:build js && wasm

package bridge

import (
	"encoding/binary"
	"unsafe"

	"beeline/wasm/lane"
	"beeline/wasm/wire"
)

// The exports below are the hot path of a lane worker. Bytes stand at fixed
// places of linear memory that the worker writes and reads directly; nothing
// here makes a JavaScript value, starts a goroutine or blocks. Numbers below 0
// are failure codes, negated. A worker is one thread, so nothing is locked.

// scratch carries a key in, and a group's two values out.
var scratch [64]byte

// outLane is an open lane at the sharer's end, with the places its bytes stand.
type outLane struct {
	out    *lane.Out
	slot   []byte // one group
	record []byte
}

// inLane is an open lane at the recipient's end.
type inLane struct {
	in     *lane.In
	slot   []byte // one record
	report []byte // what the records opened since the last report brought
	done   []lane.Arrived
}

var (
	outs = map[int32]*outLane{}
	ins  = map[int32]*inLane{}
	next int32
)

// A report is u16 groups, u16 unknown, then the groups, then the unknown, as
// wire.ReportGroup and wire.ReportUnknown say; integers are big-endian.

// guard turns a panic into the code of a fault of our own: an instance that
// panicked may hold anything, so the worker stops using it.
func guard(code *int32) {
	if recover() != nil {
		*code = -int32(wire.Internal)
	}
}

func pointer(b []byte) int32 { return int32(uintptr(unsafe.Pointer(unsafe.SliceData(b)))) }

//go:wasmexport lane_scratch
func laneScratch() int32 { return pointer(scratch[:]) }

//go:wasmexport lane_out_open
func laneOutOpen(recMax int32) (h int32) {
	defer guard(&h)
	next++
	outs[next] = &outLane{
		out: lane.NewOut([32]byte(scratch[:32]), int(recMax)), slot: make([]byte, wire.GroupSize),
		record: make([]byte, 0, wire.RecordLimit),
	}
	clear(scratch[:])
	return next
}

//go:wasmexport lane_out_slot
func laneOutSlot(h int32) (p int32) {
	defer guard(&p)
	return pointer(outs[h].slot)
}

// laneOutLoad takes the first length bytes of the slot as the next group and
// leaves its values in the scratch.
//
//go:wasmexport lane_out_load
func laneOutLoad(h, file, version, index, length, single int32) (code int32) {
	defer guard(&code)
	o := outs[h]
	g := lane.Group{File: uint32(file), Version: uint8(version), Index: uint32(index)}
	values(o.out.Load(g, o.slot[:length], single != 0))
	return 0
}

// laneOutNext seals the next record and returns its length: 0 when the group
// is used up.
//
//go:wasmexport lane_out_next
func laneOutNext(h, flush int32) (n int32) {
	defer guard(&n)
	o := outs[h]
	rec, err := o.out.Next(o.record[:0], flush != 0)
	if err != nil {
		return -int32(wire.CodeOf(err))
	}
	o.record = rec
	return int32(len(rec))
}

//go:wasmexport lane_out_record
func laneOutRecord(h int32) (p int32) {
	defer guard(&p)
	return pointer(outs[h].record)
}

//go:wasmexport lane_out_pending
func laneOutPending(h int32) (n int32) {
	defer guard(&n)
	if outs[h].out.Pending() {
		return 1
	}
	return 0
}

//go:wasmexport lane_out_records
func laneOutRecords(h int32) float64 {
	if o := outs[h]; o != nil {
		return float64(o.out.Records())
	}
	return 0
}

// laneOutHash leaves the values of the first length bytes of the slot in the
// scratch, without sending them.
//
//go:wasmexport lane_out_hash
func laneOutHash(h, index, length, single int32) (code int32) {
	defer guard(&code)
	values(lane.Hash(outs[h].slot[:length], uint32(index), single != 0))
	return 0
}

//go:wasmexport lane_in_open
func laneInOpen(limit int32) (h int32) {
	defer guard(&h)
	next++
	ins[next] = &inLane{in: lane.NewIn([32]byte(scratch[:32]), int(limit)), slot: make([]byte, wire.RecordLimit)}
	clear(scratch[:])
	return next
}

//go:wasmexport lane_in_slot
func laneInSlot(h int32) (p int32) {
	defer guard(&p)
	return pointer(ins[h].slot)
}

// laneInRecord opens the record in the first length bytes of the slot. What it
// completed stands in the report afterwards, also where the code is below 0.
//
//go:wasmexport lane_in_record
func laneInRecord(h, length int32) (code int32) {
	defer guard(&code)
	l := ins[h]
	err := l.in.Open(l.slot[:length])
	l.gather()
	if err != nil {
		return -int32(wire.CodeOf(err))
	}
	return 0
}

// laneInReport returns where the report stands; its length is 4 when empty.
//
//go:wasmexport lane_in_report
func laneInReport(h int32) (p int32) {
	defer guard(&p)
	return pointer(ins[h].report)
}

//go:wasmexport lane_in_report_size
func laneInReportSize(h int32) (n int32) {
	defer guard(&n)
	return int32(len(ins[h].report))
}

// laneInTaken says that the bytes of the report's groups were copied.
//
//go:wasmexport lane_in_taken
func laneInTaken(h int32) (code int32) {
	defer guard(&code)
	l := ins[h]
	for _, a := range l.done {
		l.in.Free(a.Data)
	}
	l.done, l.report = nil, l.report[:0]
	return 0
}

//go:wasmexport lane_in_expect
func laneInExpect(h, file, version int32, size float64) (code int32) {
	defer guard(&code)
	l := ins[h]
	l.in.Expect(uint32(file), uint8(version), uint64(size))
	l.gather()
	return 0
}

//go:wasmexport lane_in_settled
func laneInSettled(h, file, version int32) (code int32) {
	defer guard(&code)
	ins[h].in.Settled(uint32(file), uint8(version))
	return 0
}

//go:wasmexport lane_in_forget
func laneInForget(h, file, version, index int32) (code int32) {
	defer guard(&code)
	ins[h].in.Forget(lane.Group{File: uint32(file), Version: uint8(version), Index: uint32(index)})
	return 0
}

//go:wasmexport lane_in_bytes
func laneInBytes(h int32) float64 {
	if l := ins[h]; l != nil {
		return float64(l.in.Bytes())
	}
	return 0
}

//go:wasmexport lane_in_records
func laneInRecords(h int32) float64 {
	if l := ins[h]; l != nil {
		return float64(l.in.Records())
	}
	return 0
}

//go:wasmexport lane_close
func laneClose(h int32) int32 {
	delete(outs, h)
	delete(ins, h)
	return 0
}

func values(v lane.Values) {
	copy(scratch[:32], v.CV[:])
	copy(scratch[32:], v.Single[:])
}

// gather writes the report of what completed. The worker takes it at once, so
// there is never an older one under it.
func (l *inLane) gather() {
	done, unknown := l.in.Done(), l.in.Unknown()
	l.done = done
	b := l.report[:0]
	b = binary.BigEndian.AppendUint16(b, uint16(len(done)))
	b = binary.BigEndian.AppendUint16(b, uint16(len(unknown)))
	for _, a := range done {
		b = binary.BigEndian.AppendUint32(b, a.File)
		b = append(b, a.Version)
		b = binary.BigEndian.AppendUint32(b, a.Index)
		b = binary.BigEndian.AppendUint32(b, uint32(len(a.Data)))
		b = binary.BigEndian.AppendUint32(b, uint32(pointer(a.Data)))
	}
	for _, g := range unknown {
		b = binary.BigEndian.AppendUint32(b, g.File)
		b = append(b, g.Version)
		b = binary.BigEndian.AppendUint32(b, g.Index)
	}
	l.report = b
}
