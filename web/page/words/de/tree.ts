// Words of the list of files.

import type { Format } from "../../format.ts";
import type { Words } from "../words.ts";

export const tree = (f: Format): Words["tree"] => ({
  label: "Liste der Dateien",
  search: "Namen durchsuchen",
  looking: "Wird gesucht…",
  found: (n) => (n === 0 ? "Kein Name enthält das." : `${f.number(n)} gefunden`),
  all: "Alles",
  none: "Nichts",
  onlyFound: (n) => (n === 1 ? "Nur diesen Fund auswählen" : `Nur diese ${f.number(n)} auswählen`),
  chooseFound: (n) => (n === 1 ? "Diesen Fund dazunehmen" : `Diese ${f.number(n)} dazunehmen`),
  leaveFound: (n) => (n === 1 ? "Diesen Fund auslassen" : `Diese ${f.number(n)} auslassen`),
  chosen: (files, of, bytes) => `${f.number(files)} von ${f.count(of, { one: "Datei", other: "Dateien" })} ausgewählt, ${f.size(bytes)}`,
  nothing: "Nichts ist ausgewählt. Ankreuzen, was empfangen werden soll.",
  junk: (n, bytes) => `${f.count(n, { one: "Datei", other: "Dateien" })} auslassen, die Computer für sich selbst anlegen, etwa .DS_Store (${f.size(bytes)})`,
  frames: (n) => f.count(n, { one: "Einzelbild", other: "Einzelbilder" }),
  files: (n) => f.count(n, { one: "Datei", other: "Dateien" }),
  empty: "leerer Ordner",
  missing: (ranges) => `es fehlt ${ranges}`,
  gaps: (gaps, missing) => `${f.count(gaps, { one: "Lücke", other: "Lücken" })}, ${f.number(missing)} fehlen`,
  savedAs: (name) => `wird gespeichert als ${name}`,
  state: {
    waiting: "wartet",
    arriving: "kommt an",
    written: "geschrieben",
    verified: "geprüft",
    failed: "fehlgeschlagen",
    unwanted: "ausgelassen",
    missing: "nicht empfangen",
  },
  checked: "geprüft",
  checkedOf: (n, of) => `${f.number(n)} von ${f.number(of)} geprüft`,
  verifiedOf: (n, of) => `${f.number(n)} von ${f.number(of)} geprüft`,
  full: "Voller Name der aktuellen Zeile",
  printed: (shown, of) => `${f.number(shown)} von ${f.count(of, { one: "Zeile", other: "Zeilen" })}`,
});
