// Words about the page itself, in German.

import type { Words } from "../words.ts";

export const version: Words["version"] = {
  newer: "Eine neuere Version dieser Seite ist da. Hier läuft gerade nichts, es geht also nichts verloren.",
  update: "Aktualisieren",
  serverless: {
    title: "Der Server ist nicht erreichbar.",
    next: "Diese Seite hat der Browser aufbewahrt. Prüfen Sie, ob dieser Computer online ist; sobald der Server antwortet, geht alles von selbst weiter.",
  },
};
