// Words that several parts of the page share.

import type { Phase, Route } from "../../../shared/views.ts";
import type { Format } from "../../format.ts";
import type { Missing } from "../../state.ts";
import type { Sentence } from "../types.ts";

export const common = (f: Format) => ({
  /** The first word of a status. Stable: people and tests hold on to it (DESIGN 6). */
  stage: {
    ready: "Ready",
    waiting: "Waiting",
    connecting: "Connecting",
    listed: "Ready",
    transferring: "Transferring",
    paused: "Paused",
    reconnecting: "Reconnecting",
    verifying: "Verifying",
    complete: "Complete",
    failed: "Failed",
    cancelled: "Cancelled",
  } satisfies Record<Phase, string> as Record<Phase, string>,
  route: {
    unknown: "path not known yet",
    lan: "over the local network",
    direct: "directly over the internet",
    relayed: "through a relay, which sees only encrypted bytes",
  } satisfies Record<Route, string> as Record<Route, string>,
  missing: {
    secure: {
      title: "This page was opened over an insecure connection.",
      next: "Browsers encrypt and save files only on pages opened over https, or on the very computer that serves them. Start the server with --tls-self-signed or --tls-domain and open its https address.",
    },
    wasm: { title: "This browser can't run WebAssembly.", next: "Update it, or open the page in a current Chrome, Edge, Firefox or Safari." },
    webrtc: { title: "This browser can't connect to another browser.", next: "WebRTC is missing or switched off. Switch it on, or open the page in a current Chrome, Edge, Firefox or Safari." },
    workers: { title: "This browser can't run background workers.", next: "Open the page in a current Chrome, Edge, Firefox or Safari." },
    channels: { title: "This browser is too old for a transfer.", next: "Update it: Beeline needs Chrome or Edge 130, Firefox 144 or Safari 17.5, or newer." },
  } satisfies Record<Missing, Sentence> as Record<Missing, Sentence>,
  limits: "The server only introduces the two browsers. It sees neither names nor contents. Whoever serves this page could serve other code: if that matters, run Beeline yourself.",
  trust: "Who can see what",
  /** What the browser's tab is called. */
  tab: {
    of: (what: string) => `${what} – Beeline`,
    percent: (percent: number) => `${percent} %`,
    asks: "Somebody asks to be let in",
  },
  language: "Language",
  since: (ms: number) => `Since ${f.time(ms)}.`,
  slept: (from: number, to: number) => `This computer or this tab stood still from ${f.time(from)} to ${f.time(to)}. The transfer goes on by itself; nothing is lost.`,
  files: {
    changed: (n: number) => `${f.count(n, { one: "file", other: "files" })} changed while being sent and ${n === 1 ? "was" : "were"} started again.`,
    failed: "Files that will not arrive",
    more: (n: number) => `and ${f.count(n, { one: "more file", other: "more files" })}`,
  },
  count: {
    files: (n: number) => f.count(n, { one: "file", other: "files" }),
    entries: (n: number) => f.count(n, { one: "entry", other: "entries" }),
  },
  filesAndSize: (files: number, bytes: number) => `${f.count(files, { one: "file", other: "files" })}, ${f.size(bytes)}`,
});
