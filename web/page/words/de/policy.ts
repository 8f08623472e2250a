// Words about who gets in by a link, for how long, and what is said beside it.

import type { Format } from "../../format.ts";
import type { Words } from "../words.ts";

export const policy = (f: Format): Words["policy"] => ({
  title: "Was für den Link gilt",
  legend: "Wer eingelassen wird",
  approval: "Nur mit sechs Ziffern",
  approvalHint:
    "Wer den Link öffnet, sieht sechs Ziffern und liest sie Ihnen vor, zum Beispiel am Telefon. Sie tippen sie hier ein, und erst dann wird diese Person eingelassen. Ein Link, der in andere Hände geraten ist, öffnet so nichts.",
  oneTime: "Nur für einen Empfänger",
  oneTimeHint: "Wer zuerst eingelassen wird, behält den Link: Nur dessen Browser kann damit wiederkommen, für alle anderen ist er tot. Den Link bloß anzusehen, verbraucht ihn nicht.",
  taken: "Dieser Einmal-Link gehört jetzt jemandem. Diese Person kann wiederkommen und weitermachen; sonst kommt niemand damit herein. Um dasselbe einer anderen Person zu senden, teilen Sie es noch einmal.",
  usedUp: "Dieser Link ist benutzt",
  gets: { approval: "Niemand wird eingelassen, bevor Sie die sechs Ziffern von dessen Seite eingetippt haben.", first: "Wer sich zuerst verbindet, wird eingelassen. Alle danach müssen Sie selbst einlassen.", one: "Wer sich zuerst verbindet, wird eingelassen, und danach niemand mehr." },
  newLink: "Das ist ein Teil des Links: Ändern Sie es, so gibt es einen anderen Link. Über den alten kommt niemand Neues herein; wen Sie schon eingelassen haben, kann weitermachen.",
  linkChanged: "Der Link ist jetzt ein anderer. Kopieren Sie ihn noch einmal: Über den vorigen kommt niemand Neues herein.",
  terms: "Wie lange, für wie viele, und eine Notiz",
  ends: "Der Link gilt",
  spans: { hour: "1 Stunde", day: "1 Tag", week: "7 Tage", month: "30 Tage", date: "Bis zu einem Datum" },
  lastDay: "Der letzte Tag",
  limit: "Empfänger höchstens",
  limitHint: "Leer: beliebig viele. Wer einmal eingelassen wurde und wiederkommt, zählt einmal.",
  letIn: (n, of) => `${n} von höchstens ${f.count(of, { one: "Empfänger", other: "Empfängern" })} bisher eingelassen.`,
  note: "Notiz",
  noteHint: "Der Empfänger sieht sie bei der Liste. Der Server nie.",
  noteFrom: "Der Sender schreibt:",
  digits: {
    label: "Die sechs Ziffern, die man Ihnen vorliest",
    let: "Mit diesen Ziffern einlassen",
    short: "Das sind keine sechs Ziffern. Lassen Sie sich alle sechs vorlesen, und tippen Sie sie noch einmal.",
    wrong: (left) => `Niemand, der wartet, hat diese Ziffern. Lassen Sie sie sich noch einmal vorlesen. Nach ${left === 1 ? "einem weiteren Fehler" : `${left} weiteren Fehlern`} werden alle abgewiesen, die warten.`,
    refused: "Dreimal hatte niemand die Ziffern, darum wurden alle abgewiesen, die warteten. Bitten Sie Ihren Empfänger, auf „Noch einmal versuchen“ zu drücken und Ihnen die neuen Ziffern vorzulesen.",
    shut: "Zehn Anfragen innerhalb einer Stunde wurden abgewiesen oder liefen ab, darum kann im Moment niemand Neues anfragen. Vielleicht ist der Link in anderen Händen: Beenden Sie das Teilen und teilen Sie noch einmal für einen neuen, oder nehmen Sie wieder Anfragen an.",
    again: "Wieder Anfragen annehmen",
    asks: "Bittet um Einlass. Auf der Seite dieser Person stehen sechs Ziffern: Lassen Sie sie sich vorlesen, und tippen Sie sie oben ein. Wenn niemand, den Sie kennen, mit Ihnen am Telefon ist, weisen Sie die Anfrage ab.",
    status: "Jemand bittet um Einlass. Lassen Sie sich die sechs Ziffern von dessen Seite vorlesen, und tippen Sie sie hier ein.",
    yours: "Ihre sechs Ziffern",
    readOut: "Lesen Sie diese Ziffern der Person vor, die Ihnen den Link geschickt hat, am besten am Telefon. Sie tippt sie ein, und Sie werden eingelassen. Schreiben Sie sie nicht in den Chat, aus dem der Link kam.",
    statusHere: "Lesen Sie dem Sender die sechs Ziffern vor; er lässt Sie dann ein.",
  },
});
