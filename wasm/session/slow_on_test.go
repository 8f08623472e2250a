//go:build race || js

package session

// slow says that a megabyte costs ten times what it does in a plain build.
const slow = true
