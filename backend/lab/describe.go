package lab

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"time"
)

// A Description says what there is. As JSON:
//
//	{"seed": 7,
//	 "forward": {"port": 8080, "host": "server", "to": 443},
//	 "sites": [
//	  {"name": "a", "line": {"delay": "25ms", "loss": 0.0001, "rate": 1000000000}},
//	  {"name": "b", "nat": "symmetric", "hosts": ["b1", "b2"]},
//	  {"name": "server", "ip": "46"}]}
type Description struct {
	Seed    uint64   `json:"seed"`
	Sites   []Site   `json:"sites"`
	Forward *Forward `json:"forward,omitempty"`
}

// A Site is what is behind one line.
type Site struct {
	Name  string   `json:"name"`            // lower-case letters, digits, hyphens
	Hosts []string `json:"hosts,omitempty"` // names; none: one, with the site's
	NAT   NAT      `json:"nat,omitempty"`
	Block Block    `json:"block,omitempty"`
	IP    string   `json:"ip,omitempty"` // "4" (the default), "6", or "46"; a NAT that maps is "4"
	Line  Line     `json:"line"`
}

// A Line is the quality of both directions. What is left out is a cable: no
// delay, no loss, no limit.
type Line struct {
	Delay   Duration `json:"delay,omitempty"`   // one way
	Loss    float64  `json:"loss,omitempty"`    // 0 to 1
	Rate    int64    `json:"rate,omitempty"`    // bits a second
	Queue   int      `json:"queue,omitempty"`   // bytes; 0: what the rate sends in queueTime
	Reorder float64  `json:"reorder,omitempty"` // 0 to 1
	HoldFor Duration `json:"holdFor,omitempty"` // 0: holdFor
}

// A Forward makes a port of 127.0.0.1 on every host lead to a port of one of
// them, by TCP and over the lines. Browsers give a page on loopback what they
// give one with a certificate.
type Forward struct {
	Port int    `json:"port"`
	Host string `json:"host"`
	To   int    `json:"to"`
}

const (
	queueTime = 20 * time.Millisecond // what a home's or an office's router holds, roughly
	queueMin  = 64 << 10              // bytes
	holdFor   = 2 * time.Millisecond  // a hundred packets at 1 Gbit/s

	maxSites     = 200
	maxSiteHosts = 50
	maxDelay     = 10 * time.Second
)

// Duration is a time.Duration that is written "25ms".
type Duration time.Duration

// Std is the duration as the standard library's.
func (d Duration) Std() time.Duration { return time.Duration(d) }

// MarshalText implements encoding.TextMarshaler.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Duration) UnmarshalText(b []byte) error {
	v, err := time.ParseDuration(string(b))
	*d = Duration(v)
	return err
}

// Describe reads a description.
func Describe(r io.Reader) (Description, error) {
	var d Description
	dec := json.NewDecoder(r)
	dec.DisallowUnknownFields()
	if err := dec.Decode(&d); err != nil {
		return Description{}, fmt.Errorf("read the description: %w", err)
	}
	return d, d.check()
}

// names fit into the name of a namespace.
var names = regexp.MustCompile(`^[a-z][a-z0-9-]{0,30}$`)

// check fills in the hosts and says what is wrong.
func (d *Description) check() error {
	if len(d.Sites) == 0 || len(d.Sites) > maxSites {
		return fmt.Errorf("lab: %d sites, not 1 to %d", len(d.Sites), maxSites)
	}
	seen := map[string]bool{}
	for i := range d.Sites {
		s := &d.Sites[i]
		if len(s.Hosts) == 0 {
			s.Hosts = []string{s.Name}
		}
		if len(s.Hosts) > maxSiteHosts {
			return fmt.Errorf("lab: site %s has %d hosts, more than %d", s.Name, len(s.Hosts), maxSiteHosts)
		}
		if s.IP == "" {
			s.IP = "4"
		}
		if !slices.Contains([]string{"4", "6", "46"}, s.IP) || s.NAT.maps() && s.IP != "4" {
			return fmt.Errorf("lab: site %s: ip %q is not 4, 6 or 46, or the NAT is for 4 only", s.Name, s.IP)
		}
		if err := errors.Join(s.NAT.check(), s.Block.check()); err != nil {
			return fmt.Errorf("lab: site %s: %w", s.Name, err)
		}
		for _, h := range s.Hosts {
			if !names.MatchString(h) || seen[h] {
				return fmt.Errorf("lab: %q is no name for a host, or there are two of it", h)
			}
			seen[h] = true
		}
		if _, err := s.Line.quality(); err != nil {
			return fmt.Errorf("lab: site %s: %w", s.Name, err)
		}
	}
	if f := d.Forward; f != nil && (!seen[f.Host] || min(f.Port, f.To) < 1 || max(f.Port, f.To) > 65535) {
		return fmt.Errorf("lab: can't forward port %d to port %d of %q", f.Port, f.To, f.Host)
	}
	return nil
}

func (l Line) quality() (Quality, error) {
	q := Quality{Delay: time.Duration(l.Delay), Loss: l.Loss, Rate: l.Rate, Queue: l.Queue, Reorder: l.Reorder, HoldFor: time.Duration(l.HoldFor)}
	if q.Queue == 0 {
		q.Queue = max(queueMin, int(float64(q.Rate)/8*queueTime.Seconds()))
	}
	if q.HoldFor == 0 {
		q.HoldFor = holdFor
	}
	switch {
	case q.Delay < 0 || q.Delay > maxDelay || q.HoldFor < 0 || q.HoldFor > maxDelay:
		return q, fmt.Errorf("a delay is 0 to %v", maxDelay)
	case !(q.Loss >= 0 && q.Loss <= 1) || !(q.Reorder >= 0 && q.Reorder <= 1):
		return q, errors.New("a probability is 0 to 1")
	case q.Rate < 0 || q.Rate > 100e9 || q.Queue < 0 || q.Queue > 1<<30:
		return q, errors.New("rate (at most 100 Gbit/s) and queue (at most 1 GiB) are no less than 0")
	}
	return q, nil
}
