// What the disk worker and a lane worker say to each other. Reading a large file
// back is bound by the processor (BLAKE3), and when the last byte has arrived the
// lane workers have nothing to do: they help, each with a run of groups at a time.
// The page joins the two with a port; what crosses it are files and hashes.

/** The groups of a part of a file that has several; `first` is the number of the first in the file. */
export interface ToHand {
  id: number;
  part: Blob;
  first: number;
}

export type FromHand =
  /** It can be asked from now on; a lane worker that never started says nothing. */
  | { type: "ready" }
  /** The chaining values, 32 bytes a group. */
  | { type: "hashed"; id: number; cvs: Uint8Array<ArrayBuffer> }
  /** The part can't be read here. Why stays here: whoever asked reads it, too, and an error that can't be posted would be no answer. */
  | { type: "unread"; id: number }
  /** It can't help now. */
  | { type: "gone"; id: number };
