// A download that is written while it arrives: what the disk worker and the
// service worker say to each other through a port that the page makes and never
// reads. Bytes go only where they are asked for, so memory stays flat whatever
// the browser does with them.
//
//	disk worker                      service worker              browser
//	                  ◀── started ──  fetch ◀──────────────────  hidden frame
//	                  ◀── pull ─────  stream ◀─────────────────  wants more
//	── chunk ───────────────────────▶ stream ─────────────────▶  file
//	── end ─────────────────────────▶ close, when all was read
//	                  ◀── drained ──
//	ping, by the page ──────────────▶ ── alive ──▶               every 10 s

export type ToStream =
  /** Answers one pull. */
  | { type: "chunk"; bytes: Uint8Array<ArrayBuffer> }
  /** All bytes that were announced are on their way. */
  | { type: "end" }
  /** There will not be more: what the browser has must not look whole. */
  | { type: "cut" };

export type FromStream =
  /** The browser has begun the download. */
  | { type: "started" }
  | { type: "pull" }
  /** Answers a ping. */
  | { type: "alive" }
  /** The browser has read everything. */
  | { type: "drained" }
  /** The browser, or the person, ended the download; or the page was not heard of for too long. */
  | { type: "gone" };

/** Where downloads are found. The service worker answers for what is below; the server has nothing there. */
export const streamFolder = "/stream/";

/** Between two pings, ms. Firefox ends a service worker that heard nothing for 30 s, and the file is then cut. */
export const pingEvery = 10_000;

