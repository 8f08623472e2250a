// Words about shares of an earlier page whose link is offered again.

import type { Format } from "../../format.ts";

export const again = (f: Format) => ({
  title: "Offene Links dieses Browsers",
  what: (files: number, bytes: number, expires: number) => `${f.count(files, { one: "Datei", other: "Dateien" })}, ${f.size(bytes)}. Der Link endet ${f.moment(expires)}.`,
  offer: "Wieder anbieten",
  used: (at: number | null) => (at === null ? "Noch niemand hat ihn benutzt." : `Zuletzt benutzt ${f.moment(at)}.`),
  elsewhere: "Er ist in einem anderen Tab offen.",
  close: "Diesen Link schließen",
  closeAll: "Alle diese Links schließen",
  rest: "Den Rest anbieten",
  comparing: "Wird mit dem verglichen, was freigegeben war.",
  choose: "Wählen Sie oben dieselben Dateien oder denselben Ordner, oder ziehen Sie sie herein. Verglichen werden Name, Größe und Stichproben der Bytes.",
  nothing: "Keine der freigegebenen Dateien ist dabei. Wählen Sie oben dieselben Dateien oder denselben Ordner.",
  differs: (n: number) => `${n === 1 ? "Eine Datei fehlt oder ist" : `${f.count(n, { one: "Datei", other: "Dateien" })} fehlen oder sind`} nicht mehr wie damals, als der Link entstand, und ${n === 1 ? "wird" : "werden"} nicht gesendet. Um das zu ändern, wählen Sie noch einmal dieselben Dateien oder denselben Ordner. ${n === 1 ? "Es ist:" : "Zum Beispiel:"}`,
  note: "Ein geschlossener Link ist endgültig tot, und wer gerade über ihn empfängt, hört auf. Wieder angeboten, bleibt der Link derselbe. Wer einen Teil empfangen hatte, macht mit dem weiter, was fehlt. Solange keine Seite ihn anbietet, erreicht ihn niemand.",
});
