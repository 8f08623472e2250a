// Words about notifications of the system, and those that stand in them: never a
// name of a file or of a person.

import type { Notice } from "../../notices.ts";

export const notices = {
  said: {
    shared: "Ein Kontakt teilt etwas Neues mit Ihnen.",
    asks: "Jemand wartet darauf, dass Sie ihn hereinlassen.",
    delivered: "Eine Lieferung ist fertig.",
  } satisfies Record<Notice, string> as Record<Notice, string>,
  ask: {
    inbox: "Melden, wenn ein Kontakt etwas Neues teilt",
    sharing: "Melden, wenn jemand wartet oder alles empfangen hat",
  },
  why: "Ihr Browser zeigt eine Mitteilung, während eine Seite von Beeline im Hintergrund offen ist. Darin steht weder der Name einer Datei noch der einer Person.",
  on: {
    inbox: "Solange „Mit Ihnen geteilt“ im Hintergrund offen ist, meldet Ihr Browser, wenn ein Kontakt etwas Neues teilt.",
    sharing: "Solange diese Seite im Hintergrund offen ist, meldet Ihr Browser, wenn jemand hereingelassen werden will oder alles empfangen hat.",
  },
  stop: "Nicht mehr melden",
  refused: "Ihr Browser erlaubt dieser Seite keine Mitteilungen. Sie können das in seinen Einstellungen für diese Seite ändern; in einem privaten Fenster geht es vielleicht nicht.",
};
