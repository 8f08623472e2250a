//go:build js && wasm

// Package bridge is the only one that knows JavaScript exists. It does nothing
// by itself: it hands events of a worker to the machines and lanes of the core
// and their actions back.
//
//	core worker   globalThis.beeline.share / receive   objects in, objects out (core.go)
//	lane worker   lane_…  exports, bytes in linear memory                      (lane.go)
//	disk worker   disk_…  exports, bytes in linear memory                      (disk.go)
//
// One binary serves all three. Arguments come from our own TypeScript, but the
// bytes in them from a peer or the hub: those are judged below, never here.
package bridge
