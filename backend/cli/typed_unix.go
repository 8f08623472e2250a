//go:build unix

package cli

import (
	"os"

	"golang.org/x/sys/unix"
)

// dropTyped reads and drops the lines that wait in a terminal. It waits for none.
func dropTyped(tty *os.File) {
	chunk := make([]byte, lineMax)
	for {
		ready := []unix.PollFd{{Fd: int32(tty.Fd()), Events: unix.POLLIN}}
		if n, err := unix.Poll(ready, 0); n != 1 || err != nil || ready[0].Revents&unix.POLLIN == 0 {
			return
		}
		if n, err := tty.Read(chunk); n == 0 || err != nil {
			return
		}
	}
}
