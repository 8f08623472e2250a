// Package socket is the one place that knows the WebSocket library
// (nhooyr.io/websocket). Above it there are only whole binary messages, so the
// library can be changed here without touching the hub or the client, and tests
// can put a pair of channels in its place.
package socket

//lint:file-ignore SA1019 the library moved to another name; the change is this file (PROTOCOL.md 9)

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"nhooyr.io/websocket"

	"beeline/signaling/wire"
)

// A Conn carries whole binary messages of at most [wire.ReadLimit] bytes. Read
// may run beside Write, Ping and Close; two Reads may not run at once.
type Conn interface {
	// Read waits for the next message, which is valid until the next Read. A
	// ctx that ends closes the connection. A pong is only seen while Read runs.
	Read(ctx context.Context) ([]byte, error)
	// Write sends one message. A ctx that ends in the middle closes the connection.
	Write(ctx context.Context, msg []byte) error
	// Ping returns when the other side has answered.
	Ping(ctx context.Context) error
	// Close says goodbye with a code, waits up to 5 s for the answer, and ends Read.
	Close(code int, reason string)
	// Abort ends the connection at once.
	Abort()
}

// Messages that nobody who speaks the protocol sends.
var (
	ErrNotBinary = errors.New("socket: message is not binary")
	ErrTooLong   = errors.New("socket: message is above the read limit")
)

// Accept turns a request into a Conn. The caller has checked Origin and
// subprotocol; the library checks both once more. It answers the request itself
// where that fails.
func Accept(w http.ResponseWriter, r *http.Request) (Conn, error) {
	ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{
		Subprotocols:    []string{wire.Subprotocol},
		CompressionMode: websocket.CompressionDisabled, // nothing is compressed anywhere: no length oracle
	})
	if err != nil {
		return nil, err
	}
	ws.SetReadLimit(wire.ReadLimit)
	return &conn{ws: ws}, nil
}

// Dial opens a Conn to url ("ws:", "wss:", "http:" and "https:" mean the same
// as they seem). hc may be nil.
func Dial(ctx context.Context, url string, hc *http.Client) (Conn, error) {
	ws, _, err := websocket.Dial(ctx, url, &websocket.DialOptions{
		HTTPClient:      hc,
		Subprotocols:    []string{wire.Subprotocol},
		CompressionMode: websocket.CompressionDisabled,
	})
	if err != nil {
		return nil, fmt.Errorf("connect to the signaling server: %w", err)
	}
	if ws.Subprotocol() != wire.Subprotocol {
		_ = ws.CloseNow()
		return nil, errors.New("connect to the signaling server: it does not speak " + wire.Subprotocol)
	}
	ws.SetReadLimit(wire.ReadLimit)
	return &conn{ws: ws}, nil
}

// CloseCode returns the code with which the other side closed the connection,
// or 0 where it went without one.
func CloseCode(err error) int {
	if code := websocket.CloseStatus(err); code > 0 {
		return int(code)
	}
	return 0
}

// A CloseError is what a Conn that is not a WebSocket returns from Read when
// the other side closed it with a code.
func CloseError(code int) error {
	return websocket.CloseError{Code: websocket.StatusCode(code)}
}

type conn struct {
	ws  *websocket.Conn
	buf []byte // of the last message read
}

func (c *conn) Read(ctx context.Context) ([]byte, error) {
	typ, r, err := c.ws.Reader(ctx)
	if err != nil {
		return nil, err
	}
	if typ != websocket.MessageBinary {
		return nil, ErrNotBinary
	}
	if c.buf == nil {
		c.buf = make([]byte, wire.ReadLimit+1) // one more, to see what is too long
	}
	switch n, err := io.ReadFull(r, c.buf); err {
	case nil:
		return nil, ErrTooLong
	case io.EOF, io.ErrUnexpectedEOF:
		return c.buf[:n], nil
	default:
		return nil, fmt.Errorf("read a message: %w", err)
	}
}

func (c *conn) Write(ctx context.Context, msg []byte) error {
	return c.ws.Write(ctx, websocket.MessageBinary, msg)
}

func (c *conn) Ping(ctx context.Context) error { return c.ws.Ping(ctx) }

func (c *conn) Close(code int, reason string) {
	_ = c.ws.Close(websocket.StatusCode(code), reason) // whatever goes wrong, it is closed
}

func (c *conn) Abort() { _ = c.ws.CloseNow() }
