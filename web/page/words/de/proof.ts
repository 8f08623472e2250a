// Words about who the other side is, where it proved that.

export const proof = {
  from: { sender: "Das kommt von", recipient: "Das ist" },
  /** Before a name: whose share of a contact this is. */
  whose: "Geteilt von",
  calls: { sender: "Der Sender nennt sich", recipient: "Dieser Empfänger nennt sich" },
  nameless: { sender: "Auf der Karte des Senders steht kein Name.", recipient: "Auf der Karte dieses Empfängers steht kein Name." },
  unverified: "Sie haben die Sicherheitsnummer noch nicht mit ihm verglichen.",
  verified: "Sie haben die Sicherheitsnummer mit diesem Kontakt verglichen.",
  unknown: "Unter Ihren Kontakten ist er nicht, der Name ist also nur, was er sagt.",
  changed: "Halt: Ein Kontakt mit diesem Schlüssel ist als verändert markiert. Rufen Sie ihn an, bevor Sie weitermachen.",
  add: "Zu den Kontakten",
  say: { sender: "Wer den Link öffnet, erfährt, wer ich bin", recipient: "Dem Sender sagen, wer ich bin" },
  hint: {
    sender: "Ihre Karte wird in der verschlüsselten Verbindung gezeigt und beweist, dass der Link von Ihnen ist. Sie ist ein Teil des Links: Ändern Sie das, gibt es einen anderen Link.",
    recipient: "Ihre Karte wird in der verschlüsselten Verbindung gezeigt, bevor der Sender Sie hereinlässt. Der Server sieht sie nie.",
  },
};
