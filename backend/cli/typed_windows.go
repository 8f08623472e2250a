package cli

import (
	"os"

	"golang.org/x/sys/windows"
)

// dropTyped drops what waits in a console.
func dropTyped(console *os.File) {
	_ = windows.FlushConsoleInputBuffer(windows.Handle(console.Fd())) // one that can't be emptied: lines that are read know when they came
}
