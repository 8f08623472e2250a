package relay

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"github.com/pion/stun/v4"
	"github.com/pion/turn/v5"
)

const (
	// TTL is how long a credential is good for making an allocation.
	TTL = 10 * time.Minute
	// keepFor is how long after that it keeps an allocation that was made: what
	// runs must not end because its credential is old, and not run for ever.
	keepFor = 24 * time.Hour
)

// Credentials makes and checks user names and passwords that need no list: the
// name says until when it is good, the password is its HMAC under a secret that
// only the relay has (draft-uberti-behave-turn-rest, as coturn knows it with
// use-auth-secret). Nothing in them comes from the client.
type Credentials struct {
	secret []byte
	now    func() time.Time
}

// NewCredentials uses the secret that is shared with another relay; nil: one
// that lives as long as this process.
func NewCredentials(secret []byte) *Credentials {
	if secret == nil {
		secret = make([]byte, 32)
		_, _ = rand.Read(secret) // never fails
	}
	return &Credentials{secret: secret, now: time.Now}
}

// Make returns a fresh credential for ttl.
func (c *Credentials) Make(ttl time.Duration) (username, password string) {
	var id [12]byte
	_, _ = rand.Read(id[:])
	username = strconv.FormatInt(c.now().Add(ttl).Unix(), 10) + ":" + base64.RawURLEncoding.EncodeToString(id[:])
	return username, c.password(username)
}

func (c *Credentials) password(username string) string {
	mac := hmac.New(sha1.New, c.secret) // SHA-1 because coturn and the draft have it; as an HMAC it holds
	mac.Write([]byte(username))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// authorize returns the key of a user name that is still good for what is asked.
// Whether the client has that key is checked by the server, as is that only the
// one who made an allocation goes on with it.
func (c *Credentials) authorize(a *turn.RequestAttributes) (user string, key []byte, ok bool) {
	until, ok := expiry(a.Username)
	if !ok || a.Realm != realm {
		return "", nil, false
	}
	now := c.now()
	if now.After(until) && a.Method == stun.MethodAllocate || now.After(until.Add(keepFor)) {
		return "", nil, false
	}
	return a.Username, turn.GenerateAuthKey(a.Username, realm, c.password(a.Username)), true
}

// expiry reads "seconds:random". Only one form of each number passes.
func expiry(username string) (time.Time, bool) {
	seconds, id, ok := strings.Cut(username, ":")
	if !ok || len(seconds) == 0 || len(seconds) > 11 || len(id) == 0 || len(id) > 32 || seconds[0] == '0' {
		return time.Time{}, false
	}
	n, err := strconv.ParseUint(seconds, 10, 40)
	if err != nil {
		return time.Time{}, false
	}
	return time.Unix(int64(n), 0), true
}
