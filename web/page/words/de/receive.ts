// Words of the page that receives.

import type { Format } from "../../format.ts";
import type { Words } from "../words.ts";

const file = { one: "Datei", other: "Dateien" };

export const receive = (f: Format): Words["receive"] => ({
  title: "Dateien empfangen",
  lead: "Wer Ihnen diesen Link gegeben hat, möchte Ihnen Dateien senden, geradewegs von Browser zu Browser. Sie sind von Ende zu Ende verschlüsselt: Nur Sie beide können sie lesen, und nirgends sonst bleibt eine Kopie.",
  opening: "Der Link wird angesehen.",
  connectNote: "Sie werden gebeten, der Person zu vertrauen, die Ihnen den Link geschickt hat: Beim Verbinden erfährt sie Ihre Internetadresse, wie bei jeder direkten Verbindung. Bis Sie drücken, erfährt sie nicht, dass Sie hier sind.",
  hide: {
    label: "Meine Internetadresse vor dem Sender verbergen",
    note: "Sie werden gebeten, der Person zu vertrauen, die Ihnen den Link geschickt hat. Ihre Internetadresse erfährt nur das Relais dieses Servers, nicht sie. Es kann langsamer sein. Bis Sie drücken, erfährt sie nicht, dass Sie hier sind.",
    hidden: "Nur das Relais kennt Ihre Internetadresse, der Sender nicht.",
    both: "Sie und der Sender sind nur über ein Relais verbunden. Es kennt Ihre Internetadressen, Sie beide nicht die des anderen.",
  },
  directFailed: {
    title: "Ihre Computer können sich nicht direkt verbinden.",
    next: "Der Sender erlaubt kein Relais, und ein Netz dazwischen lässt die Verbindung nicht durch. Bitten Sie ihn, beim Link „Auf jedem Weg“ zu wählen, oder versuchen Sie ein anderes Netz, zum Beispiel den Hotspot eines Telefons.",
  },
  steps: {
    label: "Was als Nächstes geschieht",
    lines: ["Drücken Sie „Verbinden“: Sie sehen die Liste der Dateien, empfangen wird noch nichts.", "Wählen Sie aus, was Sie wollen, und drücken Sie „Empfangen“.", "Lassen Sie diesen Tab offen, bis hier „Fertig“ steht."],
  },
  connect: "Verbinden",
  receive: "Empfangen",
  pause: "Anhalten",
  resume: "Fortsetzen",
  cancel: "Abbrechen",
  retry: "Noch einmal versuchen",
  discard: "Unfertiges löschen",
  free: "Kopie dieses Browsers löschen",
  files: "Dateien",
  conflict: "Wenn etwas mit dem gleichen Namen schon da ist",
  dropNow: "Ordner loslassen: Die Dateien werden darin gespeichert",
  noLink: { title: "Hier ist kein Link.", next: "Öffnen Sie den ganzen Link, den Ihnen der Sender gegeben hat, mit allem nach dem #, oder geben Sie den Code ein, den er Ihnen sagt." },
  elsewhere: { title: "Dieser Link ist in einem anderen Tab offen.", next: "Machen Sie dort weiter, oder schließen Sie jenen Tab und laden diesen neu." },
  folderChosen: "Die Dateien werden gespeichert im Ordner",
  folderAsk: "Wenn Sie auf „Empfangen“ drücken, werden Sie nach einem Ordner gefragt; die Dateien werden gleich dorthin geschrieben. Sie können auch einen Ordner auf diese Seite ziehen.",
  browserKeeps: "Die Datei bleibt in diesem Browser, bis sie vollständig ist, und wird dann als Download gespeichert.",
  browserZips: "Die Dateien bleiben in diesem Browser, bis alles da ist, und werden dann als eine Zip-Datei mit ihren Ordnern gespeichert. Chrome oder Edge auf einem Computer schreiben gleich in einen Ordner.",
  room: {
    fits: "",
    none: "Das ist mehr, als der Browser für diese Seite aufhebt, und gleich in einen Download schreiben kann sie es hier auch nicht: In einem privaten Fenster oder nach erzwungenem Neuladen fehlt ihr ein Teil. Öffnen Sie den Link in einem normalen Fenster oder in Chrome oder Edge auf einem Computer.",
    streams:
      "Das ist mehr, als der Browser für diese Seite aufhebt. Darum wird es in einen Download geschrieben, während es ankommt. Wird diese Seite vor dem Ende geschlossen oder ändert der Sender eine der Dateien, bricht der Download ab und beginnt von vorn. Chrome oder Edge auf einem Computer können weitermachen, wo sie waren.",
    "asks-or-streams":
      "Das ist mehr, als der Browser einer Seite ungefragt gibt. Wenn Sie auf „Empfangen“ drücken, fragt er, ob diese Seite Daten behalten darf. Erlauben Sie es und hat die Festplatte Platz, bleiben die Dateien hier, bis sie vollständig sind. Sonst werden sie in einen Download geschrieben, während sie ankommen: Wird diese Seite vor dem Ende geschlossen oder ändert der Sender eine davon, bricht der Download ab und beginnt von vorn.",
    asks:
    "Das ist mehr, als der Browser einer Seite ungefragt gibt. Wenn Sie auf „Empfangen“ drücken, fragt er, ob diese Seite Daten behalten darf: Erlauben Sie es, dann kann sie mehr von der Festplatte nutzen. Nötig ist es, bis die Dateien gespeichert sind; danach können Sie es löschen.",
  },
  noRoom: {
    title: "Dieser Browser hat dafür zu wenig Platz.",
    next: "Nichts wurde empfangen. Drücken Sie noch einmal auf „Empfangen“ und erlauben Sie dieser Seite, Daten zu behalten, wenn der Browser fragt, oder schaffen Sie Platz auf der Festplatte. Sind Sie in einem privaten Fenster oder haben Sie das Neuladen erzwungen, öffnen Sie den Link in einem normalen Fenster: Von dort kann es in einen Download geschrieben werden, ohne vorher aufgehoben zu werden. Chrome oder Edge auf einem Computer schreiben gleich in einen Ordner und brauchen keinen solchen Platz.",
  },
  datesNote: "Browser können das Datum von Dateien nicht erhalten: Sie bekommen die Zeit ihrer Ankunft.",
  checkedNote: "Chrome prüft jede Datei, die es nicht kennt, beim Speichern; bei vielen Dateien dauert das einen Moment.",
  phoneNote: "Lassen Sie auf einem Telefon diese Seite vorn und den Bildschirm an, bis hier „Fertig“ steht. Speichern Sie in „Dateien“, nicht in „Fotos“, das Originale verändert.",
  whileMoving: "Sie können in anderen Tabs und Programmen arbeiten. Lassen Sie den Deckel offen und den Computer wach; schläft er ein oder geht das Netz verloren, wartet die Übertragung und geht dann weiter.",
  whileStreaming: "Es wird in einen Download geschrieben, während es ankommt. Lassen Sie diese Seite offen, bis hier „Fertig“ steht: Vorher geschlossen, bricht der Download ab und beginnt von vorn. Schläft der Computer ein oder geht das Netz verloren, wartet er und geht dann weiter.",
  streamLost: "Ein Download, der beim Ankommen geschrieben wird, kann keine Datei auslassen und keine noch einmal beginnen. Darum wurde alles abgebrochen. Löschen Sie, was davon unter Ihren Downloads liegt, und versuchen Sie es noch einmal.",
  whileMovingPhone: "Lassen Sie diese Seite vorn und den Bildschirm an: Ein Telefon hält Seiten an, die es nicht zeigt. Die Übertragung wartet dann und geht weiter, wenn Sie zurückkommen.",
  asking: "Der Sender wurde gebeten, Sie einzulassen.",
  needed: (bytes) => `${f.size(bytes)} mehr werden gebraucht.`,
  flagged: (n) => `${f.count(n, { one: "Name kann hier nicht verwendet werden, wie er ist, und wird", other: "Namen können hier nicht verwendet werden, wie sie sind, und werden" })} so geändert gespeichert, wie es in der Liste steht.`,
  total: (files, bytes, whole) => (files === 0 && !whole ? "Die Liste ist unterwegs" : `${whole ? "" : "Mindestens "}${f.count(files, file)}, ${f.size(bytes)}`),
  saved: "Als Download gespeichert. Fehlt er unter Ihren Downloads, speichern Sie ihn noch einmal:",
  kept: (bytes) => `Bis Sie sie löschen, behält dieser Browser neben dem Download seine eigene Kopie von ${f.size(bytes)}. Löschen Sie sie erst, wenn der Download fertig ist.`,
  freed: "Gelöscht: Der Platz ist wieder frei.",
  left: {
    folder: "Was vollständig angekommen war, bleibt im Ordner.",
    browser: "Was angekommen war, ist noch in diesem Browser, aber nur eine ganze Übertragung wird ein Download.",
    stream: "Nur ein ganzer Download ist zu gebrauchen: Was von einem abgebrochenen übrig ist, können Sie löschen.",
  },
  reconnecting: (since, why, said) => {
    const from = `Seit ${f.time(since)} Uhr.`;
    switch (why) {
      case null: return `${from} Es geht von selbst weiter, solange dieser Tab offen ist. Nichts ist verloren.`;
      case "E_OFFLINE": return `${from} Dieser Computer hat keine Verbindung zum Server. Prüfen Sie, ob er online ist; die Übertragung geht von selbst weiter, solange dieser Tab offen ist.`;
      case "E_NO_PEER": return `${from} Der Sender ist nicht da: Sein Computer schläft vielleicht, oder seine Seite ist geschlossen. Es geht von selbst weiter, wenn er wieder da ist; lassen Sie diesen Tab offen.`;
      case "E_PATH": return `${from} Sie sind beide online, aber ein Netz zwischen Ihnen lässt keine Verbindung durch. Es wird zweimal in der Minute neu versucht. Ein anderes Netz auf einer Seite, etwa der Hotspot eines Telefons, kann helfen.`;
      case "E_OUTDATED": return `${from} ${said === null ? "" : `${said.title} ${said.next}`}`;
      default: return `${from} ${said?.title ?? ""} Es wird von selbst weiter versucht, solange dieser Tab offen ist.`;
    }
  },
  status: (phase, files, pausedHere, where, leave) => {
    switch (phase) {
      case "ready": return "Drücken Sie „Verbinden“, um zu sehen, was angeboten wird.";
      case "waiting": return "Die Seite des Senders antwortet noch nicht. Fragen Sie ihn, ob sie offen ist, und lassen Sie diesen Tab offen.";
      case "connecting": return "Der Sender wird gesucht.";
      case "listed": return "Noch wurde nichts empfangen. Drücken Sie „Empfangen“ für alles, oder wählen Sie zuerst aus der Liste.";
      case "transferring": return `${f.count(files, file)}. Lassen Sie diesen Tab offen.`;
      case "paused": return pausedHere ? "Nichts ist verloren. Drücken Sie „Fortsetzen“, damit es weitergeht, und lassen Sie diesen Tab offen." : "Vom Sender. Nichts ist verloren. Lassen Sie diesen Tab offen; es geht weiter, wenn er fortsetzt.";
      case "reconnecting": return "";
      case "verifying": return "Es wird geprüft, ob auf der Festplatte ist, was gesendet wurde. Lassen Sie diesen Tab offen.";
      case "complete": return `${f.count(files, file)} empfangen${where === "stream" ? ". Jedes Byte wurde geprüft, bevor es in den Download ging." : " und geprüft."} ${leave ? "Sie können diesen Tab schließen." : "Sie können diesen Tab schließen, sobald der Download fertig ist."}`;
      case "failed": return "";
      case "cancelled": return `${where === "folder" ? "Was vollständig angekommen war, bleibt im Ordner." : "Nichts davon wird behalten."} Öffnen Sie den Link noch einmal, wenn Sie es sich anders überlegen.`;
    }
  },
  done: {
    what: "Empfangen",
    where: "Gespeichert in",
    downloads: "den Downloads dieses Browsers",
    took: "Dauer",
    path: "Weg",
    checked: "Geprüft",
    at: "Beendet",
    nextFolder: (renamed) =>
      `Die Dateien liegen ${renamed > 0 ? "im Ordner; wo ein Name nicht bleiben konnte, steht in der Liste, wie sie dort heißen" : "unter ihren Namen im Ordner"}. Sie können dem Sender sagen, dass alles da ist.`,
    nextDownload: "Sehen Sie in Ihren Downloads nach. Sie können dem Sender sagen, dass alles da ist.",
  },
  snag: {
    "not-a-folder": "Das ist kein Ordner. Ziehen Sie den Ordner her, in dem die Dateien gespeichert werden sollen.",
    "no-permission": "Der Browser durfte in diesen Ordner nicht schreiben. Wählen Sie ihn noch einmal und erlauben Sie es.",
    picker: "Dieser Ordner kann nicht verwendet werden. Wählen Sie einen anderen: Systemordner und ganze Laufwerke geben Browser nicht heraus.",
  },
  conflicts: {
    "keep-both": "Beides behalten",
    skip: "Gleiches überspringen",
    replace: "Ersetzen",
  },
});
