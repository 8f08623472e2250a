package cli

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"beeline/backend/peer"
)

// UntilSignal ends with Ctrl-C (os.Interrupt) or SIGTERM, which on Windows is also the
// closing of the console and the end of the session. Both stop a command in order;
// SIGTERM, by which a computer is shut down, ends nothing that could come back
// (peer.ErrLeave). The next signal ends the program at once.
func UntilSignal() context.Context { return until(context.Background(), os.Interrupt, syscall.SIGTERM) }

// untilHangup ends with ctx, or when the terminal is closed (SIGHUP), unless that is
// ignored, as by nohup: then like after SIGTERM.
func untilHangup(ctx context.Context) context.Context {
	if signal.Ignored(syscall.SIGHUP) {
		return ctx
	}
	return until(ctx, syscall.SIGHUP)
}

// toldHangups is the key of what a test gives the commands of its own process in the place
// of SIGHUP, which all of them would hear: a chan os.Signal in the context.
type toldHangups struct{}

// hangups is where a command hears SIGHUP, until stop. Windows has none.
func hangups(ctx context.Context) (got chan os.Signal, stop func()) {
	if told, ok := ctx.Value(toldHangups{}).(chan os.Signal); ok {
		return told, func() {}
	}
	got = make(chan os.Signal, 1)
	signal.Notify(got, syscall.SIGHUP)
	return got, func() { signal.Stop(got) }
}

func until(ctx context.Context, signals ...os.Signal) context.Context {
	ctx, end := context.WithCancelCause(ctx)
	got := make(chan os.Signal, 1)
	signal.Notify(got, signals...)
	go func() {
		defer signal.Stop(got)
		select {
		case s := <-got:
			if s == os.Interrupt {
				end(nil)
			}
			end(peer.ErrLeave) // unless it has ended
		case <-ctx.Done():
		}
	}()
	return ctx
}
