package handshake

import (
	"bytes"
	"errors"
	"testing"

	"beeline/wasm/wire"
)

func TestStatus(t *testing.T) {
	for _, c := range []struct {
		status uint8
		reason uint16
		want   []byte
	}{
		{wire.StatusAccepted, 0, []byte{3, 0, 0, 0}},
		{wire.StatusAccepted, 9, []byte{3, 0, 0, 0}}, // only a refusal has a reason
		{wire.StatusRefused, 0, []byte{3, 2, 0, 0}},
		{wire.StatusRefused, wire.Expired.Number(), []byte{3, 2, 0, 17}},
	} {
		got := AppendStatus(nil, c.status, c.reason)
		if !bytes.Equal(got, c.want) {
			t.Errorf("AppendStatus(%d, %d) = %x, want %x", c.status, c.reason, got, c.want)
		}
		status, reason, err := ParseStatus(got)
		if err != nil || status != c.status || c.status == wire.StatusRefused && reason != c.reason {
			t.Errorf("ParseStatus(%x) = %d, %d, %v", got, status, reason, err)
		}
	}
	for name, bad := range map[string][]byte{
		"nothing":              nil,
		"short":                {3, 0, 0},
		"long":                 {3, 0, 0, 0, 0},
		"another type":         {6, 0, 0, 0},
		"pending":              {3, 1, 0, 0},
		"unknown":              {3, 3, 0, 0},
		"accepted with reason": {3, 0, 0, 16},
	} {
		if _, _, err := ParseStatus(bad); !errors.Is(err, wire.Format) {
			t.Errorf("%s: %v, want %v", name, err, wire.Format)
		}
	}
}

func TestBye(t *testing.T) {
	b := AppendBye([]byte("x"), 0x1234)
	if code, err := ParseBye(b[1:]); err != nil || code != 0x1234 || b[0] != 'x' {
		t.Errorf("ParseBye(%x) = %#x, %v", b, code, err)
	}
	for _, bad := range [][]byte{nil, {6}, {6, 0}, {6, 0, 0, 0}, {3, 0, 0}} {
		if _, err := ParseBye(bad); !errors.Is(err, wire.Format) {
			t.Errorf("ParseBye(%x) = %v, want %v", bad, err, wire.Format)
		}
	}
}
