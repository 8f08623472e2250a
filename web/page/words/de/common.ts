// Words that several parts of the page share.

import type { Format } from "../../format.ts";
import type { Words } from "../words.ts";

type Common = Pick<Words, "stage" | "route" | "missing" | "limits" | "trust" | "tab" | "language" | "since" | "slept" | "files" | "count" | "filesAndSize">;

const file = { one: "Datei", other: "Dateien" };

export const common = (f: Format): Common => ({
  stage: {
    ready: "Bereit",
    waiting: "Warten",
    connecting: "Verbinden",
    listed: "Bereit",
    transferring: "Übertragung",
    paused: "Angehalten",
    reconnecting: "Neu verbinden",
    verifying: "Prüfung",
    complete: "Fertig",
    failed: "Gescheitert",
    cancelled: "Abgebrochen",
  },
  route: {
    unknown: "Weg noch nicht bekannt",
    lan: "im lokalen Netz",
    direct: "direkt durch das Internet",
    relayed: "über ein Relais, das nur Verschlüsseltes sieht",
  },
  missing: {
    secure: {
      title: "Diese Seite wurde über eine unsichere Verbindung geöffnet.",
      next: "Browser verschlüsseln und speichern Dateien nur auf Seiten, die über https geöffnet wurden oder von diesem Computer selbst kommen. Starten Sie den Server mit --tls-self-signed oder --tls-domain und öffnen Sie seine https-Adresse.",
    },
    wasm: { title: "Dieser Browser kann kein WebAssembly ausführen.", next: "Aktualisieren Sie ihn, oder öffnen Sie die Seite in einem aktuellen Chrome, Edge, Firefox oder Safari." },
    webrtc: { title: "Dieser Browser kann sich nicht mit einem anderen verbinden.", next: "WebRTC fehlt oder ist abgeschaltet. Schalten Sie es ein, oder öffnen Sie die Seite in einem aktuellen Chrome, Edge, Firefox oder Safari." },
    workers: { title: "Dieser Browser kann nichts im Hintergrund ausführen.", next: "Öffnen Sie die Seite in einem aktuellen Chrome, Edge, Firefox oder Safari." },
    channels: { title: "Dieser Browser ist zu alt für eine Übertragung.", next: "Aktualisieren Sie ihn: Beeline braucht Chrome oder Edge 130, Firefox 144 oder Safari 17.5, oder neuer." },
  },
  limits: "Der Server macht nur die beiden Browser miteinander bekannt. Er sieht weder Namen noch Inhalte. Wer diese Seite ausliefert, könnte anderen Code ausliefern: Wenn das zählt, betreiben Sie Beeline selbst.",
  trust: "Wer sieht was",
  tab: {
    of: (what) => `${what} – Beeline`,
    percent: (percent) => `${percent} %`,
    asks: "Jemand bittet um Einlass",
  },
  language: "Sprache",
  since: (ms) => `Seit ${f.time(ms)}.`,
  slept: (from, to) => `Dieser Computer oder dieser Tab stand von ${f.time(from)} bis ${f.time(to)} still. Die Übertragung geht von selbst weiter; nichts ist verloren.`,
  files: {
    changed: (n) => `${f.count(n, file)} ${n === 1 ? "hat sich während der Übertragung geändert und wurde" : "haben sich während der Übertragung geändert und wurden"} neu begonnen.`,
    failed: "Dateien, die nicht ankommen",
    more: (n) => `und ${f.count(n, { one: "weitere Datei", other: "weitere Dateien" })}`,
  },
  count: {
    files: (n) => f.count(n, file),
    entries: (n) => f.count(n, { one: "Eintrag", other: "Einträge" }),
  },
  filesAndSize: (files, bytes) => `${f.count(files, file)}, ${f.size(bytes)}`,
});
