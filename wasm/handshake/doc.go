// Package handshake makes a session between two people who share a secret: Noise
// pqNNpsk0 with X-Wing in place of the DH, then two signed messages. One shape
// serves every mode; the modes differ in where the psk comes from and whose key
// must sign. It has no timers and does no I/O: frames in, frames out.
// PROTOCOL.md d.3 and e.
//
//	I = recipient                hub                  R = sharer
//	 Initiate   -- M1 psk, X-Wing key, versions -->   Respond
//	 Accept     <-- M2 X-Wing text, share key, sig    (refuses M1 before any KEM work)
//	 AuthI      -- T: M3 session key, sig --------->  CheckAuthI
//	 CheckAuthR <-- T: M4 status, nR ---------------  AuthR
//	 Secrets          S and six digits, equal         Secrets
//	 Seal/Open  <-- T: STATUS, DESC, CAND, BYE ---->  Seal/Open, until ctrl opens
//
// What the hub can do is to lose, repeat, change and misdirect frames. None of it
// gives a session with the wrong party: either both sides hold the same S, or one
// of them says why not.
package handshake
