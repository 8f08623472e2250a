// Words of the page that sends.

import type { Format } from "../../format.ts";
import type { Words } from "../words.ts";

const file = { one: "Datei", other: "Dateien" };

export const send = (f: Format): Words["send"] => ({
  title: "Dateien senden",
  lead: "Ziehen Sie Dateien oder Ordner irgendwo auf diese Seite. Sie gehen geradewegs zum Browser der anderen Person, verschlüsselt von Ende zu Ende. Auf keinem Server bleibt etwas liegen.",
  chooseFiles: "Dateien wählen",
  chooseFolder: "Ordner wählen",
  folderHint: "Ein hergezogener Ordner behält auch leere Unterordner; ein gewählter lässt sie weg.",
  dropHere: "Dateien oder Ordner hierher ziehen",
  promises: [
    { title: "Geradewegs hinüber.", text: "Die Dateien gehen von diesem Browser zum anderen. Keine Kopie bleibt auf einem Server, also gibt es nichts zu stehlen oder zu löschen." },
    { title: "Nur Sie beide.", text: "Alles wird auf diesem Computer verschlüsselt. Der Server, der Sie verbindet, kann es nicht lesen, nicht einmal die Namen." },
    { title: "Vollständig und unverändert.", text: "Ordner behalten ihren Aufbau, und jede Datei wird auf der anderen Festplatte geprüft, bevor sie als empfangen gilt." },
    { title: "Nichts einzurichten.", text: "Kein Konto, kein Programm, keine Größengrenze. Die andere Person öffnet den Link in einem aktuellen Browser." },
  ],
  items: (n) => f.count(n, { one: "Eintrag", other: "Einträge" }),
  titleLabel: "Titel",
  titleHint: "Der Empfänger sieht ihn, wenn er sich verbindet. Der Server nie.",
  sendLink: "Link senden…",
  qr: "QR-Code des Links",
  qrHint: "Oder mit einem Telefon scannen.",
  linkLives: (until) => (until === null ? "Er gilt, bis Sie auf „Teilen beenden“ drücken." : `Er gilt bis ${f.moment(until)}, oder bis Sie auf „Teilen beenden“ drücken.`),
  remove: "Entfernen",
  addHint: "Sie können jederzeit mehr auf die Seite ziehen. Wer schon verbunden ist, sieht es erst, wenn er den Link noch einmal öffnet.",
  nothingLeft: "Jetzt wird nichts geteilt. Fügen Sie etwas hinzu, oder beenden Sie das Teilen.",
  notes: {
    title: "Solange dieser Tab offen ist",
    lines: [
      "Sie können in anderen Tabs und Programmen arbeiten. Lassen Sie den Deckel offen und den Computer wach.",
      "Wird dieser Tab geschlossen oder neu geladen, warten Übertragungen. Öffnen Sie diese Seite wieder und drücken Sie „Wieder anbieten“: Der Link bleibt derselbe, und was beim Empfänger sicher gespeichert war, wird nicht noch einmal gesendet.",
      "Steht bei allen Empfängern „Fertig“, können Sie den Tab schließen.",
    ],
  },
  dropNow: "Loslassen zum Teilen",
  link: "Link zum Teilen",
  making: "Der Link entsteht…",
  copy: "Link kopieren",
  copied: "Kopiert.",
  copyByHand: "Der Browser hat das Kopieren nicht erlaubt. Der Link ist markiert: Kopieren Sie ihn mit der Tastatur.",
  paths: {
    legend: "Wie sich Empfänger verbinden dürfen",
    choices: { any: "Auf jedem Weg", direct: "Nur direkt", relay: "Nur über ein Relais" },
    hints: {
      any: "Direkt, wo die Netze es zulassen, sonst über das Relais dieses Servers, das nur Verschlüsseltes sieht. Sie und der Empfänger erfahren die Internetadresse des anderen.",
      direct: "Kein Relais befördert die Daten. Hinter manchen Firewalls kann sich ein Empfänger dann gar nicht verbinden. Sie und der Empfänger erfahren die Internetadresse des anderen.",
      relay: "Nur das Relais erfährt Ihre Internetadressen, Sie und der Empfänger nicht. Es sieht nur Verschlüsseltes. Es kann langsamer sein, und alles geht durch diesen Server.",
    },
    none: "Dieser Server hat kein Relais, also könnte sich niemand verbinden. Wählen Sie einen anderen Weg, oder bitten Sie den Betreiber des Servers, sein Relais einzuschalten.",
    fromNow: "Das gilt für alle, die sich von jetzt an verbinden.",
    failed: { title: "Dieser Empfänger ist direkt nicht zu erreichen.", next: "Ein Netz dazwischen lässt die Verbindung nicht durch. Wählen Sie beim Link „Auf jedem Weg“, und bitten Sie ihn, den Link noch einmal zu öffnen." },
  },
  linkHint: "Wer diesen Link hat, kann um diese Dateien bitten, solange dieser Tab offen ist.",
  stop: "Teilen beenden",
  again: "Etwas anderes teilen",
  recipients: "Empfänger",
  noRecipients: (over) => (over ? "Niemand hat den Link geöffnet." : "Noch hat niemand den Link geöffnet."),
  contents: "Was geteilt wird",
  letIn: "Einlassen",
  refuse: "Abweisen",
  pause: "Anhalten",
  resume: "Fortsetzen",
  stopOne: "Beenden",
  pausedThere: "Vom Empfänger. Nichts ist verloren; es geht weiter, wenn er fortsetzt.",
  asks: "Noch jemand hat den Link und bittet um Einlass. Wenn Sie nicht sicher sind, wer es ist, fragen Sie die Person, die Sie erwarten, ob sie gerade auf „Verbinden“ gedrückt hat.",
  recipientStage: {
    ready: "",
    waiting: "Hat den Link geöffnet.",
    connecting: "Wird verbunden.",
    listed: "Sieht sich die Liste an.",
    transferring: "Empfängt.",
    paused: "Nichts ist verloren; es geht weiter, wenn Sie auf „Fortsetzen“ drücken.",
    reconnecting: "Es geht von selbst weiter, wenn der Empfänger wieder da ist. Bis dahin schläft sein Computer vielleicht oder ist offline, oder seine Seite ist geschlossen.",
    verifying: "Prüft, was auf der Festplatte ist.",
    complete: "Hat alles, geprüft.",
    failed: "",
    cancelled: "Hat aufgehört. Was vollständig angekommen war, kann dort bleiben.",
  },
  hasChosen: (files) => `Hat die ausgewählten Dateien (${f.number(files)}), geprüft.`,
  hasStreamed: "Hat alles Gewünschte: geprüft auf dem Weg in einen Download.",
  recipient: (n) => `Empfänger ${n}`,
  device: (n) => `, Gerät ${n}`,
  found: (files, bytes, over) => `${over ? "" : "Bisher "}${f.count(files, file)}, ${f.size(bytes)}`,
  unreadable: (n) => `${f.count(n, { one: "Eintrag konnte nicht gelesen werden und fehlt", other: "Einträge konnten nicht gelesen werden und fehlen" })}.`,
  leftOut: (n) => `${f.count(n, { one: "Ordner von Beeline selbst fehlt", other: "Ordner von Beeline selbst fehlen" })}: Was darin ist, ist nicht vollständig angekommen oder in Quarantäne.`,
  more: (n) => `und ${f.count(n, { one: "weiterer Eintrag", other: "weitere Einträge" })}`,
  status: (phase, active, over, asks, part, streamed) => {
    if (asks) return "Noch jemand hat den Link und bittet um Einlass: siehe unten bei „Empfänger“.";
    switch (phase) {
      case "ready": return "Ziehen Sie Dateien her, oder wählen Sie welche.";
      case "waiting": return "Schicken Sie den Link, und lassen Sie diesen Tab offen.";
      case "connecting": return "Jemand hat den Link geöffnet.";
      case "listed": return "Der Empfänger sieht sich die Liste an. Lassen Sie diesen Tab offen.";
      case "transferring": return `An ${f.count(active, { one: "Empfänger", other: "Empfänger" })}. Lassen Sie diesen Tab offen.`;
      case "paused": return "Nichts ist verloren. Lassen Sie diesen Tab offen.";
      case "reconnecting": return "Die Verbindung riss ab. Es geht von selbst weiter, wenn der Empfänger wieder da ist; lassen Sie diesen Tab offen.";
      case "verifying": return "Der Empfänger prüft, was auf der Festplatte ist. Lassen Sie diesen Tab offen.";
      case "complete": return `Der Empfänger hat alles${part ? ", was er ausgewählt hat" : ""}, ${streamed ? "geprüft auf dem Weg in einen Download" : "geprüft"}. Sie können diesen Tab schließen oder für andere offen lassen.`;
      case "failed": return "";
      case "cancelled":
        return over
          ? "Der Link gilt nicht mehr. Was vollständig angekommen war, kann bei den Empfängern bleiben."
          : "Der Empfänger hat aufgehört. Der Link gilt weiter, solange dieser Tab offen ist.";
    }
  },
  refusal: {
    nothing: "Darin war keine Datei und kein Ordner. Ziehen Sie welche aus einem Dateimanager her.",
    over: "Das Teilen ist beendet. Drücken Sie zuerst auf „Etwas anderes teilen“.",
    "too-many": "Das sind mehr als 500.000 Dateien, mehr als ein Browser auf einmal teilen kann. Teilen Sie einen Teil davon.",
  },
});
