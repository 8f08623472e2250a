// Package server is the HTTP side of a Beeline server: the built page, the
// signaling WebSocket, health, and the headers and limits around them.
//
// It keeps nothing and logs no address. It is not trusted with anything but the
// page itself: what peers say to each other passes through as frames that it
// can't read (package signaling), and files don't pass through at all.
//
//	listener ── connections per address ── TLS ── Echo ── Host check ── page by exact path
//	                                                            └────── /signal ── signaling.Hub
package server
