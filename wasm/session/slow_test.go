//go:build !race && !js

package session

const slow = false
