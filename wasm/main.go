//go:build js && wasm

// Command wasm is the core as it runs in the browser: one binary for the core,
// lane and disk workers. It only registers what package bridge offers and waits.
package main

import (
	"runtime/debug"

	"beeline/wasm/bridge"
)

func main() {
	// Linear memory never shrinks, so garbage is collected early. PROTOCOL.md 2.2.
	debug.SetGCPercent(50)
	bridge.Start()
	select {}
}
