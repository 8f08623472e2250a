package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"beeline/backend/peer/transport"
	"beeline/backend/peer/transport/rtc"
	"beeline/wasm/session"
	"beeline/wasm/wire"
)

// A bare lane for measurements: nothing is sealed, read or written.
const (
	rawMessage = 61_440
	rawHigh    = 1 << 20 // bytes that may wait
)

// raw answers the offer of a browser's page and moves bytes over the lane that it
// names: the reference of native_browser_ratio. The first line of in is the offer's
// SDP as a JSON string; out says {"type":"answer","sdp":…}, then
// {"type":"raw","at":…}, ms of the clock when it had sent the first or taken the last
// byte. The end of in ends it.
func raw(ctx context.Context, args []string, in io.Reader, out io.Writer, complain io.Writer) int {
	flags := newFlags("raw", complain)
	send := flags.Bool("send", false, "send, and not receive")
	total := flags.Int("bytes", 1<<20, "how many")
	if flags.Parse(args) != nil {
		return 2
	}
	if err := rawMove(ctx, *send, *total, bufio.NewReader(in), json.NewEncoder(out)); err != nil {
		fmt.Fprintln(complain, err)
		return 1
	}
	return 0
}

func rawMove(ctx context.Context, send bool, total int, in *bufio.Reader, out *json.Encoder) error {
	line, err := in.ReadString('\n')
	if err != nil {
		return err
	}
	var offer string
	if err := json.Unmarshal([]byte(line), &offer); err != nil {
		return err
	}
	opened := make(chan transport.Lane, 1)
	c, err := rtc.Connect(ctx, transport.Options{Loopback: true}, transport.Events{
		Described:  func(sdp string) { _ = out.Encode(map[string]any{"type": "answer", "sdp": sdp}) },
		Candidates: func([]string) {},
		State:      func(session.ConnState) {},
		Opened: func(channel uint16, l transport.Lane) {
			if channel == wire.ChannelLane {
				opened <- l
			}
		},
	})
	if err != nil {
		return err
	}
	defer c.Close()
	if err := c.SetRemote(true, offer); err != nil {
		return err
	}
	var l transport.Lane
	select {
	case l = <-opened:
	case <-time.After(30 * time.Second):
		return errors.New("no connection")
	}
	now := func() { _ = out.Encode(map[string]any{"type": "raw", "at": time.Now().UnixMilli()}) }
	if send {
		now()
		msg := make([]byte, rawMessage)
		for left := total; left > 0; left -= rawMessage {
			l.Queued(rawHigh)
			if err := l.Write(msg[:min(left, rawMessage)]); err != nil {
				return err
			}
		}
		_, _ = io.Copy(io.Discard, in) // the page says when it has everything
		return nil
	}
	buf := make([]byte, transport.RecordBuffer)
	for got := 0; got < total; {
		n, err := l.Read(buf)
		if err != nil {
			return err
		}
		got += n
	}
	now()
	return nil
}
