// Words about what contacts share with each other.

import type { ContactState } from "../../../shared/people.ts";
import type { Format } from "../../format.ts";

export const inbox = (f: Format) => ({
  title: "Mit Ihnen geteilt",
  nobody: "Gerade teilt keiner Ihrer Kontakte etwas mit Ihnen. Solange diese Seite offen ist, erscheint es hier von selbst.",
  some: (n: number) => `${f.count(n, { one: "Kontakt teilt", other: "Kontakte teilen" })} etwas mit Ihnen.`,
  news: (n: number) => (n === 0 ? "Nichts davon ist neu." : n === 1 ? "In einer Freigabe ist etwas neu." : `In ${f.number(n)} Freigaben ist etwas neu.`),
  new: "Neu",
  newIs: (n: number) => `Neu: ${f.count(n, { one: "Datei oder Ordner", other: "Dateien und Ordner" })}`,
  newIn: (n: number) => `${f.number(n)} neu`,
  since: (n: number) => (n === 0 ? "Das haben Sie schon einmal empfangen. Seitdem ist nichts hinzugekommen." : `Das haben Sie schon einmal empfangen. Seitdem ${f.plural(n, { one: "ist", other: "sind" })} ${f.count(n, { one: "Datei", other: "Dateien" })} hinzugekommen.`),
  receiveNew: "Nur das Neue empfangen",
  unreachable: "Der Server ist nicht erreichbar, deshalb ist von Ihren Kontakten nichts bekannt. Es wird von selbst wieder versucht.",
  ask: "Sehen Sie nach, was Ihre Kontakte mit Ihnen teilen. Währenddessen erfahren Kontakte, die etwas mit Ihnen teilen, dass Sie da sind, und Ihre Internetadresse.",
  askHidden: "Sehen Sie nach, was Ihre Kontakte mit Ihnen teilen. Währenddessen erfahren Kontakte, die etwas mit Ihnen teilen, dass Sie da sind, aber nicht Ihre Internetadresse.",
  noteHidden: "Es ist hier, solange die Seite des Senders offen ist. Währenddessen erfahren Kontakte, die etwas mit Ihnen teilen, dass Sie da sind, aber nicht Ihre Internetadresse.",
  hide: {
    label: "Meine Internetadresse vor meinen Kontakten verbergen",
    hint: "Dann geht alles über das Relais dieses Servers, auch was Sie hier öffnen: Nur das Relais kennt Ihre Adresse, und es kann langsamer sein. Es gilt ab der nächsten Verbindung; wer Ihre Adresse schon hat, behält sie.",
    none: "Dieser Server hat kein Relais, deshalb lässt sich nichts finden, solange Ihre Adresse verborgen ist. Nehmen Sie den Haken weg, um ohne nachzusehen.",
  },
  look: "Nachsehen",
  stop: "Nicht mehr nachsehen",
  note: "Es ist hier, solange die Seite des Senders offen ist. Währenddessen erfahren Kontakte, die etwas mit Ihnen teilen, dass Sie da sind, und Ihre Internetadresse.",
  unverified: "Sie haben die Sicherheitsnummer noch nicht mit ihm verglichen.",
  open: "Öffnen",
  here: "Öffnen Sie, was ein Kontakt mit Ihnen teilt, geben Sie einen Code ein, oder öffnen Sie einen Link, den Sie bekommen haben.",
  notHere: { title: "Das wird nicht mehr mit Ihnen geteilt.", next: "Der Sender hat es zurückgenommen, oder die Seite, von der er es teilt, ist geschlossen. Fragen Sie ihn." },
});

export const members = (f: Format) => ({
  title: "Mit Kontakten teilen",
  lead: "Sie brauchen keinen Link: Was Sie teilen, erscheint auf ihrer Seite unter „Mit Ihnen geteilt“, wenn sie auch Sie hinzugefügt haben. Nehmen Sie den Haken weg, verlieren sie es sofort.",
  none: "Sie haben noch keine Kontakte. Wenn Sie und jemand anderes einander hinzugefügt haben, können Sie ohne Link teilen.",
  locked: "Ihre Kontakte sind gesperrt. Geben Sie Ihre Passphrase ein.",
  contacts: "Ihre Kontakte öffnen",
  state: { unverified: "Nicht geprüft", verified: "Geprüft", changed: "Verändert: erst anrufen" } satisfies Record<ContactState, string> as Record<ContactState, string>,
  waiting: (n: number) => `Mit ${f.count(n, { one: "Kontakt", other: "Kontakten" })} geteilt, solange diese Seite offen ist.`,
});
