// Words about transfers that an earlier page began and did not end.

import type { Format } from "../../format.ts";

export const resume = (f: Format) => ({
  title: "Unfertige Übertragungen",
  untitled: "Dateien ohne Titel",
  there: (safe: number, bytes: number, at: number) => `${f.size(safe)} von ${f.size(bytes)} sind hier, seit ${f.moment(at)}.`,
  inFolder: "Im Ordner",
  inBrowser: "In diesem Browser aufbewahrt.",
  /** Safari alone does that. */
  until: (at: number) => `Dieser Browser löscht es sieben Tage, nachdem Sie diese Seite zuletzt benutzt haben: frühestens am ${f.moment(at)}.`,
  goOn: "Fortsetzen",
  /** Where it is not known whose it is. */
  locked: "Das hat einer Ihrer Kontakte mit Ihnen geteilt. Öffnen Sie Ihre Kontakte mit Ihrer Passphrase, um weiterzumachen; sind es inzwischen andere, lässt es sich nur löschen.",
  discard: "Unfertiges löschen",
  note: "Fortsetzen verbindet Sie wieder mit dem Sender und fragt nur nach dem, was fehlt. Sollten die Dateien in einen Ordner, fragt der Browser vielleicht noch einmal nach ihm.",
  notDeleted: "Es konnte nicht gelöscht werden. Schließen Sie andere Tabs, die es empfangen, oder erlauben Sie den Ordner, und versuchen Sie es noch einmal.",
});
