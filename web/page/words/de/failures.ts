// What is said of every failure: what happened, then what to do.

import type { Words } from "../words.ts";

const peerFault = "Das Programm auf der anderen Seite tut etwas, das dieses nicht versteht.";
const sameVersion = "Laden Sie beide Seiten neu, damit beide die gleiche Version ausführen, und versuchen Sie es noch einmal.";

export const failures: Words["failures"] = {
  E_LINK: {
    title: "Dieser Link ist beschädigt.",
    next: "Ein Teil davon ging unterwegs verloren. Bitten Sie noch einmal um den Link und kopieren Sie ihn ganz. Niemandem wurde etwas gesendet.",
    again: false,
  },
  E_VERSION: { title: "Eine Aktualisierung ist nötig.", next: `Der Link kommt von einer anderen Version von Beeline. ${sameVersion}`, again: false },
  E_CLOCK: { title: "Die Uhr dieses Computers geht falsch.", next: "Sie weicht mehr als 15 Minuten ab. Stellen Sie Datum und Uhrzeit, dann versuchen Sie es noch einmal.", again: true },
  E_FORMAT: { title: peerFault, next: sameVersion, again: true },
  E_PSK: {
    title: "Der Code war dreimal falsch.",
    next: "Nichts wurde empfangen, und unter dieser Nummer wird nichts mehr versucht. Bitten Sie den Sender um einen neuen Code oder einen Link.",
    again: false,
    sharer: { title: "Der Code war dreimal falsch.", next: "Niemand hat etwas bekommen. Machen Sie einen neuen Code, oder schicken Sie den Link." },
  },
  E_CODE: {
    title: "Das ist kein Code.",
    next: "Ein Code besteht aus einer Nummer mit fünf oder sechs Ziffern und drei englischen Wörtern. Vergleichen Sie, was Sie eingegeben haben, mit dem, was der Sender sagt.",
    again: false,
  },
  E_NO_CODE: {
    title: "Unter dieser Nummer wartet niemand.",
    next: "Prüfen Sie die Nummer. Stimmt sie, wurde der Code schon benutzt, ist abgelaufen, oder die Seite des Senders wurde neu geladen: Bitten Sie ihn um einen neuen.",
    again: false,
  },
  E_CODE_USED: {
    title: "Die Verbindung ist abgerissen.",
    next: "Ein Code gilt einmal. Was angekommen ist, bleibt: Bitten Sie den Sender um einen neuen Code, geben Sie ihn hier ein, und die Übertragung geht dort weiter.",
    again: false,
  },
  E_KEM: { title: "Die Verbindung konnte nicht gesichert werden.", next: sameVersion, again: true },
  E_IDENTITY: {
    title: "Jemand anderes hat geantwortet.",
    next: "Wer da ist, kann nicht beweisen, der Sender dieses Links zu sein. Nichts wurde empfangen. Bitten Sie den Sender um einen neuen Link.",
    again: true,
  },
  E_SIG: {
    title: "Die andere Seite konnte nicht beweisen, wer sie ist.",
    next: "Nichts wurde empfangen. Bitten Sie den Sender um einen neuen Link.",
    again: false,
    sharer: { title: "Dieser Empfänger konnte nicht beweisen, wer er ist.", next: "Er hat nichts bekommen. Schicken Sie den Link noch einmal, wenn Sie jemanden erwartet haben." },
  },
  E_SIGNAL_ORDER: {
    title: "Die Verbindung wurde beim Aufbau gestört.",
    next: "Etwas zwischen Ihnen hat Nachrichten verändert oder unterschlagen. Versuchen Sie es noch einmal, und in einem anderen Netz, wenn es wieder geschieht.",
    again: true,
  },
  E_DESC: { title: peerFault, next: sameVersion, again: true },
  E_NO_PEER: {
    title: "Niemand ist da.",
    next: "Die Seite des Senders ist geschlossen oder nicht im Netz. Bitten Sie ihn, sie offen zu lassen, und versuchen Sie es noch einmal. War sie geschlossen, kann er sie öffnen und „Wieder anbieten“ drücken; wurde das Teilen beendet, gilt dieser Link nicht mehr: Bitten Sie um einen neuen.",
    again: true,
    sharer: { title: "Niemand ist mehr da.", next: "Der Empfänger hat die Seite geschlossen. Der Link gilt weiter." },
  },
  E_PATH: {
    title: "Ihre Computer können sich nicht verbinden.",
    next: "Beide sind im Netz, aber ein Netz dazwischen lässt die Verbindung nicht durch. Versuchen Sie auf einer Seite ein anderes, zum Beispiel den Hotspot eines Telefons.",
    again: true,
  },
  E_NO_RELAY: {
    title: "Es gibt kein Relais für diese Verbindung.",
    next: "Der Sender oder Sie wollten sich nur über ein Relais verbinden, und keines ist für beide erreichbar. Bitten Sie den Sender, beim Link „Auf jedem Weg“ zu wählen, verbergen Sie Ihre Adresse nicht, oder versuchen Sie ein anderes Netz.",
    again: true,
    sharer: {
      title: "Es gab kein Relais für diese Verbindung.",
      next: "Sie oder dieser Empfänger wollten sich nur über ein Relais verbinden, und keines ist für beide erreichbar. Wählen Sie beim Link „Auf jedem Weg“, oder bitten Sie den Betreiber des Servers, sein Relais einzuschalten.",
    },
  },
  E_REFUSED: {
    title: "Der Sender hat Sie nicht eingelassen.",
    next: "Fragen Sie den Sender, ob er Sie erwartet hat.",
    again: true,
    sharer: { title: "Nicht eingelassen.", next: "Dieser Empfänger hat nichts bekommen." },
  },
  E_EXPIRED: {
    title: "Die Zeit ist um.",
    next: "Der Link ist abgelaufen, oder niemand hat Sie innerhalb von fünf Minuten eingelassen. Fragen Sie den Sender, dann versuchen Sie es noch einmal oder öffnen einen neuen Link.",
    again: true,
    sharer: { title: "Die Zeit des Links ist um.", next: "Teilen Sie noch einmal für einen neuen Link." },
  },
  E_REVOKED: {
    title: "Der Sender hat das Teilen beendet.",
    next: "Bitten Sie den Sender um einen neuen Link für den Rest.",
    again: false,
    sharer: { title: "Beendet.", next: "Was vollständig angekommen war, kann beim Empfänger bleiben." },
  },
  E_BUSY: {
    title: "Der Sender ist mit zu vielen beschäftigt.",
    next: "Warten Sie, bis jemand fertig ist, oder sagen Sie dem Sender, dass Sie warten, dann versuchen Sie es noch einmal.",
    again: true,
    sharer: { title: "Zu viele auf einmal.", next: "Dieser Empfänger kann wiederkommen, wenn ein anderer fertig ist." },
  },
  E_AUTH: {
    title: "Die Übertragung wurde gestört.",
    next: "Was ankam, war unterwegs beschädigt oder gefälscht worden, und nichts davon wurde behalten. Versuchen Sie es noch einmal, und in einem anderen Netz, wenn es wieder geschieht.",
    again: true,
  },
  E_REPLAY: {
    title: "Die Übertragung wurde gestört.",
    next: "Unterwegs wurden alte Daten noch einmal gesendet, und nichts davon wurde behalten. Versuchen Sie es noch einmal, und in einem anderen Netz, wenn es wieder geschieht.",
    again: true,
  },
  E_UNREQUESTED: {
    title: "Der Sender hat etwas geschickt, worum nie gebeten wurde.",
    next: "Die Übertragung wurde zur Sicherheit beendet. Verwenden Sie diesen Link nur wieder, wenn Sie dem Sender vertrauen.",
    again: false,
    sharer: { title: peerFault, next: sameVersion },
  },
  E_MANIFEST: {
    title: "Die Dateiliste des Senders hat sich geändert oder verstößt gegen die Regeln.",
    next: "Die Übertragung wurde zur Sicherheit beendet. Öffnen Sie den Link noch einmal: Was angekommen ist, zählt. Hilft das nicht, bitten Sie den Sender, noch einmal zu teilen.",
    again: false,
    sharer: { title: "Diese Dateiliste kann nicht geteilt werden.", next: "Sie hat mehr als 500.000 Einträge, mehr als 64 Ordner ineinander oder einen Namen über 1.020 Byte. Teilen Sie einen Teil davon." },
  },
  E_NAME: { title: "Ein Name kann auf diesem Computer nicht verwendet werden.", next: "Die Datei wurde unter einem geänderten Namen gespeichert. Suchen Sie sie in der Liste.", again: false },
  E_ROOT: {
    title: "Eine Datei kam anders an, als sie gesendet wurde.",
    next: "Sie wurde noch einmal geholt und ist immer noch anders, also wurde sie nicht behalten. Versuchen Sie es noch einmal. Geschieht es wieder, ist vielleicht eine Festplatte oder ein Kabel auf einer Seite defekt.",
    again: true,
  },
  E_CHANGED: {
    title: "Eine Datei ändert sich immer wieder, während sie gesendet wird.",
    next: "Beim Sender schreibt noch ein anderes Programm an ihr. Bitten Sie ihn, sie danach noch einmal zu teilen.",
    again: false,
    sharer: { title: "Eine Datei ändert sich immer wieder, während sie gesendet wird.", next: "Ein anderes Programm schreibt noch an ihr. Ist es fertig, beenden Sie das Teilen und teilen Sie sie noch einmal." },
  },
  E_SPACE: {
    title: "Die Festplatte ist voll.",
    next: "Was sicher gespeichert ist, bleibt. Schaffen Sie Platz; dann geht es von selbst weiter.",
    again: true,
    sharer: { title: "Die Festplatte des Empfängers ist voll.", next: "Nichts ist verloren. Es geht weiter, wenn Platz da ist. Lassen Sie diesen Tab offen." },
  },
  E_READ: {
    title: "Der Computer des Senders kann eine Datei nicht mehr lesen.",
    next: "Sie wurde verschoben oder umbenannt, oder ihr Laufwerk wurde entfernt. Bitten Sie den Sender, noch einmal zu teilen.",
    again: true,
    sharer: { title: "Eine Datei kann nicht mehr gelesen werden.", next: "Sie wurde verschoben oder umbenannt, oder ihr Laufwerk wurde entfernt. Bringen Sie sie zurück, beenden Sie das Teilen und teilen Sie sie noch einmal." },
  },
  E_WITHDRAWN: {
    title: "Der Sender hat diese Datei zurückgenommen.",
    next: "Sie gehört nicht mehr zu dem, was geteilt wird. Was schon da ist, bleibt. Falls sie gebraucht wird: den Sender fragen.",
    again: false,
    sharer: { title: "Eine Datei wurde zurückgenommen, während sie empfangen wurde.", next: "Sie wurde nicht zu Ende gesendet. War das nicht gewollt, fügen Sie sie noch einmal hinzu." },
  },
  E_DOWNLOAD: {
    title: "Der Download ist abgebrochen.",
    next: "Der Browser hat ihn beendet: Er wurde dort abgebrochen, die Festplatte ist voll, oder er hat diese Seite verloren. Löschen Sie, was davon unter Ihren Downloads liegt, auch wenn der Browser es fertig nennt, schaffen Sie Platz, falls es daran lag, und versuchen Sie es noch einmal; er beginnt von vorn.",
    again: true,
    sharer: { title: "Der Download des Empfängers ist abgebrochen.", next: "Er weiß, warum, und kann es noch einmal versuchen. Lassen Sie diesen Tab offen." },
  },
  E_WRITE: {
    title: "Die Dateien können nicht geschrieben werden.",
    next: "Sehen Sie nach, ob das Laufwerk verbunden, nicht schreibgeschützt und nicht voll ist, und versuchen Sie es noch einmal, mit diesem oder einem anderen Ordner.",
    again: true,
    sharer: { title: "Der Computer des Empfängers kann die Dateien nicht schreiben.", next: "Ihm wurde gesagt, was zu tun ist. Lassen Sie diesen Tab offen." },
  },
  E_NO_PLACE: {
    title: "Dieser Browser hat keinen Platz für eine Übertragung dieser Größe.",
    next: "Nichts wurde empfangen. Öffnen Sie den Link in Chrome oder Edge auf einem Computer, die gleich in einen Ordner schreiben, oder verlassen Sie das private Fenster.",
    again: false,
    sharer: { title: "Der Browser des Empfängers hat dafür keinen Platz.", next: "Ihm wurde gesagt, welcher Browser ihn hat. Lassen Sie diesen Tab offen." },
  },
  E_INTERNAL: { title: "In Beeline ist etwas kaputtgegangen.", next: "Das ist unser Fehler, nicht Ihrer. Laden Sie die Seite neu und versuchen Sie es noch einmal.", again: false },
  E_OFFLINE: { title: "Der Server wird gesucht.", next: "Bleibt das so, sehen Sie nach, ob dieser Computer im Netz ist. Sobald er es ist, geht die Seite von selbst weiter.", again: true },
  E_OUTDATED: {
    title: "Diese Seite ist älter als ihr Server.",
    next: "Der Server wurde aktualisiert, seit die Seite geöffnet wurde. Laden Sie die Seite neu, dann öffnen Sie den Link noch einmal.",
    again: false,
    sharer: {
      title: "Diese Seite ist älter als ihr Server.",
      next: "Der Server wurde aktualisiert, seit die Seite geöffnet wurde; niemand Neues kann Sie erreichen. Laden Sie die Seite neu und teilen Sie noch einmal.",
    },
  },
  E_GONE: {
    title: "Die andere Seite ist weg.",
    next: "Die Verbindung riss ab, und der Sender kam nicht zurück. Fragen Sie ihn, ob seine Seite noch offen ist, und versuchen Sie es noch einmal. War sie geschlossen, kann er sie öffnen und „Wieder anbieten“ drücken; wurde das Teilen beendet, gilt dieser Link nicht mehr: Bitten Sie um einen neuen.",
    again: true,
    sharer: { title: "Der Empfänger ist weg.", next: "Er kann den Link wieder öffnen und weitermachen. Lassen Sie diesen Tab offen." },
  },
  E_INCOMPLETE: {
    title: "Einige Dateien sind nicht angekommen.",
    next: "Alle anderen sind vollständig und geprüft. Versuchen Sie es noch einmal, um zu holen, was fehlt.",
    again: true,
    sharer: { title: "Einige Dateien sind nicht angekommen.", next: "Der Empfänger kann es noch einmal versuchen. Lassen Sie diesen Tab offen." },
  },
  E_CARD: {
    title: "Das ist keine Kontaktkarte.",
    next: "Sie ist beschädigt, ein Teil fehlt, oder es ist Ihre eigene. Bitten Sie noch einmal um die Karte und kopieren Sie alles. Es wurde nichts hinzugefügt.",
    again: false,
  },
  E_TAKEN: {
    title: "Dieser Link ist so oft benutzt worden, wie der Sender erlaubt.",
    next: "Bitten Sie den Sender, mehr Empfänger zu erlauben, oder um einen neuen Link.",
    again: true,
    sharer: { title: "Nicht eingelassen: Der Link ist aufgebraucht.", next: "Erlauben Sie beim Link mehr Empfänger, und bitten Sie diesen, es noch einmal zu versuchen." },
  },
  E_VAULT: {
    title: "Was hier aufbewahrt ist, ließ sich nicht öffnen.",
    next: "Die Passphrase ist eine andere, oder die Daten sind beschädigt. Versuchen Sie die Passphrase noch einmal; sonst spielen Sie Ihre Sicherung ein.",
    again: true,
  },
};
