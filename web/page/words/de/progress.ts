// Words of a transfer under way: both sides say the same.

import type { Format } from "../../format.ts";
import type { Words } from "../words.ts";

export const progress = (f: Format): Words["progress"] => ({
  label: "Geschrieben",
  marks: { written: "geschrieben", safe: "sicher gespeichert", verified: "geprüft", checked: "unterwegs geprüft" },
  of: (part, whole) => `${f.size(part)} von ${f.size(whole)}`,
  mark: (name, amount) => `${amount} ${name}`,
  value: (percent, part, whole) => `${percent} %, ${f.size(part)} von ${f.size(whole)}`,
  pace: (bytesPerSecond, secondsLeft) =>
    bytesPerSecond === null ? "" : secondsLeft === null ? f.speed(bytesPerSecond) : `${f.speed(bytesPerSecond)}, noch etwa ${f.span(secondsLeft)}`,
  took: (bytes, seconds) => (seconds < 0.5 ? `${f.size(bytes)} in weniger als einer Sekunde` : `${f.size(bytes)} in ${f.span(seconds)}, ${f.speed(bytes / seconds)}`),
  verified: (good, bad) => {
    const files = f.count(good, { one: "Datei", other: "Dateien" });
    return bad === 0 ? `${files} mit der Prüfsumme des Senders verglichen` : `${files} geprüft, ${f.number(bad)} gescheitert`;
  },
  checked: (good) => `${f.count(good, { one: "Datei", other: "Dateien" })} auf dem Weg in einen Download mit der Prüfsumme des Senders verglichen`,
  rate: (now, least, most) => `Geschwindigkeit im Verlauf: jetzt ${f.speed(now)}, zwischen ${f.speed(least)} und ${f.speed(most)}`,
  rateTop: (most) => `Geschwindigkeit im Verlauf, höchstens ${f.speed(most)}`,
  connections: (n) => `${f.number(n)} Verbindungen zugleich`,
  path: (from, to, route) => `Von ${from} zu ${to} ${route}`,
  parts: (there, of) => `${there} von ${of} Teilen dieser Datei sind da`,
  slow: {
    sender: {
      disk: "Langsam, weil die Festplatte dieses Computers, oder worauf die Dateien liegen, nicht schneller gelesen wird.",
      processor: "Langsam, weil dieser Computer beschäftigt ist. Schließen Sie, was Sie nicht brauchen.",
      other: "Langsam, weil die Festplatte oder der Computer des Empfängers nicht mehr annimmt.",
      relay: "Langsam, weil es über ein Relais geht. Direkt, zum Beispiel in einem gemeinsamen Netz, ginge es schneller.",
      loss: "Langsam, weil das Netz dazwischen Daten verliert, oft ein schwaches WLAN. Ein Kabel kann helfen.",
      distance: "Langsam, weil der Weg weit ist: Browser füllen einen weiten Weg nur zum Teil.",
    },
    recipient: {
      disk: "Langsam, weil die Festplatte dieses Computers, oder wohin gespeichert wird, nicht schneller schreibt.",
      processor: "Langsam, weil dieser Computer beschäftigt ist. Schließen Sie, was Sie nicht brauchen.",
      other: "Langsam, weil die Festplatte oder der Computer des Senders nicht mehr hergibt.",
      relay: "Langsam, weil es über ein Relais geht. Direkt, zum Beispiel in einem gemeinsamen Netz, ginge es schneller.",
      loss: "Langsam, weil das Netz dazwischen Daten verliert, oft ein schwaches WLAN. Ein Kabel kann helfen.",
      distance: "Langsam, weil der Weg weit ist: Browser füllen einen weiten Weg nur zum Teil.",
    },
  },
  ends: { you: "Sie", sender: "Sender", recipient: "Empfänger", relay: "Relais" },
});
