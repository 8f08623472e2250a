// Words of the page /check, and the text for whoever looks after a firewall.

import type { Words } from "../words.ts";

export const check: Words["checkPage"] = {
  title: "Verbindung testen",
  lead: "Was zwischen diesem Browser, diesem Netz und diesem Server geht: für Sie, wenn sich eine Übertragung nicht verbindet, und für die, die sich um Ihr Netz kümmern.",
  test: "Testen",
  again: "Noch einmal testen",
  asks: "Der Test fragt diesen Server und sonst niemanden, auf den Wegen, die eine Übertragung nehmen kann. Keine Datei und kein Link hat damit zu tun, und nichts davon wird aufgehoben.",
  network: "Netz",
  browser: "Dieser Browser",
  verdict: {
    untested: "Drücken Sie „Testen“. Bis dahin wurde nur diese Seite geladen.",
    running: "Der Test läuft. Er dauert bis zu 15 Sekunden.",
    all: "Von hier geht alles, was eine Übertragung braucht. Verbindet sich trotzdem eine nicht, testen Sie auch auf der anderen Seite.",
    direct: "Direkte Verbindungen gehen von hier, und dieser Server hat kein Relais. Ist das Netz der anderen Seite streng, gibt es keinen anderen Weg.",
    unsure: "Ob ein direkter Weg aus diesem Netz führt, ist von hier nicht zu sagen, und dieser Server hat kein Relais. Verbindet sich eine Übertragung nicht, versuchen Sie ein anderes Netz, zum Beispiel den Hotspot eines Telefons.",
    relay: "Kein direkter Weg führt aus diesem Netz, aber das Relais des Servers ist erreichbar. Übertragungen gehen, über dieses.",
    local: "Von hier gehen Übertragungen nur innerhalb dieses Netzes. Versuchen Sie ein anderes, zum Beispiel den Hotspot eines Telefons, oder schicken Sie den Text unten an die, die sich um dieses kümmern.",
    server: "Der Server dieser Seite ist nicht per WebSocket zu erreichen; ohne das wird niemand gefunden. Eine Firewall oder ein Proxy verbietet es vielleicht: Schicken Sie den Text unten an die, die sich darum kümmern.",
  },
  found: {
    waiting: "Noch nicht getestet.",
    running: "Wird getestet…",
    yes: "Geht.",
    no: "Geht nicht.",
    unknown: "Ist von hier nicht zu sagen.",
    none: "Nicht vorhanden.",
  },
  ways: {
    hub: "Server, per WebSocket",
    udp: "UDP zum Server und zurück (STUN)",
    turnUDP: "Relais über UDP (TURN)",
    turnTCP: "Relais über TCP (TURN)",
    turnTLS: "Relais über TLS (TURN)",
    ipv6: "IPv6-Adresse",
  },
  means: {
    hub: "Ohne ihn finden zwei Browser einander nicht.",
    udp: "Dann führt nur das Relais aus diesem Netz.",
    turnUDP: "Der schnellste Weg zum Relais fehlt.",
    turnTCP: "Netze ohne UDP brauchen ihn, oder TLS.",
    turnTLS: "Netze, die nur das Web hinauslassen, brauchen ihn.",
    ipv6: "",
  },
  address: (addresses) => `Der Server sieht Sie unter ${addresses}. Das wird nur Ihnen gezeigt.`,
  abilities: {
    fit: { name: "Verbindungen, Verschlüsselung, Arbeit im Hintergrund", without: "Dieser Browser kann nichts übertragen. Aktualisieren Sie ihn, oder nehmen Sie einen aktuellen Chrome, Edge, Firefox oder Safari." },
    storage: { name: "Auf der Festplatte behalten, was ankommt", without: "Hier kann nur wenig empfangen werden. Verlassen Sie das private Fenster, oder aktualisieren Sie den Browser." },
    folder: { name: "Gleich in einen Ordner schreiben", without: "Was ankommt, wird als Download gespeichert. Chrome und Edge auf einem Computer können in einen Ordner schreiben." },
  },
  firewall: {
    title: "Was eine Firewall erlauben muss",
    lead: "Schicken Sie das an die, die sich um Ihr Netz kümmern. Nach dem Test stehen hier die Wege, die dieser Server nennt.",
    copy: "Text kopieren",
    copied: "Kopiert.",
    byHand: "Der Browser hat das Kopieren nicht erlaubt. Der Text ist markiert: Kopieren Sie ihn mit der Tastatur.",
    text: (host, port, secure, openings) =>
      [
        "Bitte erlauben Sie für die Computer, die mit Beeline Dateien übertragen:",
        "",
        `- ${host}, TCP ${port}: ${secure ? "HTTPS" : "HTTP"}, und ein WebSocket unter ${secure ? "wss" : "ws"}://${host}/signal. Proxys haben dafür oft einen eigenen Schalter; eine Leerlaufgrenze muss über 30 Sekunden liegen.`,
        ...openings.map((o) => `- ${o.host}, ${o.protocol} ${o.port}: ${o.use === "stun" ? "STUN, womit ein Browser seine eigene Adresse erfährt" : o.use === "turn" ? "TURN, das Relais" : "TURN über TLS, das Relais, wo sonst nichts hinausgelassen wird"}.`),
        "- Ausgehendes UDP an jede Adresse, mit den Antworten: direkte Verbindungen zwischen zwei Browsern (WebRTC). Ohne das geht alles über das Relais.",
        "",
        "Von den Zeilen des Relais genügt eine; UDP ist am schnellsten. Kein Port muss zu einem Computer hin geöffnet, nichts installiert werden, und kein anderer Host wird gefragt. Ein Proxy, der in TLS hineinsieht, darf Seiten und Skripte nicht verändern.",
      ].join("\n"),
  },
};
