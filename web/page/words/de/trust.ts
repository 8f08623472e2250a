// The page /trust in German. What shows that each claim is true stands in ../en/trust.ts.

import type { Words } from "../words.ts";

export const trust: Words["trustPage"] = {
  title: "Wer sieht was",
  lead: "Die Dateien gehen direkt von einem Browser zum anderen und werden verschlüsselt, bevor sie den Computer verlassen. Hier steht, wer unterwegs etwas erfahren kann, wie sich das prüfen lässt und wo die Grenzen sind.",
  table: { caption: "Wer was sehen kann und was allein Ihnen beiden bleibt", who: "Wer", may: "Kann sehen", never: "Kann nicht sehen oder tun" },
  rows: [
    {
      who: "Der Server hinter dieser Seite",
      may: "Dass sich zwei Browser getroffen haben, ihre Internetadressen und wann.",
      never: "Namen, Größen und Inhalte der Dateien, den Link oder die Schlüssel. Er kann nichts verändern und sich für niemanden ausgeben.",
    },
    {
      who: "Die Netze dazwischen, der Server, der einem Browser die eigene Adresse nennt (STUN), und ein Relais, das weitergibt, wofür es keinen direkten Weg gibt (TURN)",
      may: "Internetadressen und wie viele verschlüsselte Daten wann fließen.",
      never: "Dasselbe wie der Server.",
    },
    {
      who: "Wer den Link findet",
      may: "Dass der Sender online ist. Wer den Link hat, darf nach den Dateien fragen: Der Erste wird eingelassen, alle weiteren warten, bis der Sender sie einlässt. Verlangt der Sender sechs Ziffern, so sieht niemand einen Namen oder eine Adresse, bevor der Sender dessen Ziffern eingetippt hat.",
      never: "Sich für den Sender ausgeben oder mitlesen, was andere empfangen. Ist die Zeit des Links um, das Teilen beendet oder ein Link für einen Empfänger benutzt: gar nichts mehr.",
    },
    {
      who: "Der Empfänger",
      may: "Alles, was mit ihm geteilt wird, und die Internetadresse des Senders. Er kann es behalten und weitergeben.",
      never: "Den Browser des Senders dazu bringen, etwas anderes herauszugeben.",
    },
    {
      who: "Der Sender",
      may: "Dass jemand den Link geöffnet und „Verbinden“ gedrückt hat, seine Internetadresse, welche Dateien er genommen hat und was angekommen ist.",
      never: "Etwas schicken, worum nicht gebeten wurde, außerhalb des gewählten Ordners schreiben oder dort eine Datei ersetzen, wenn der Empfänger das nicht gewählt hat.",
    },
    {
      who: "Der Hersteller des Browsers, der empfängt",
      may: "Chrome und Edge fragen bei eingeschaltetem Safe Browsing ihren Hersteller nach Dateien unbekannter Art: Prüfsumme der Datei (SHA-256), Größe und Adresse dieser Seite.",
      never: "Den Namen der Datei oder den Link.",
    },
    {
      who: "Wer denselben Browser benutzt, und dessen Erweiterungen",
      may: "Der Verlauf des Browsers behält einen geöffneten Link, obwohl diese Seite ihn sofort aus der Adresszeile nimmt. Eine Erweiterung, die Seiten lesen darf, liest auch diese. Ein privates Fenster hinterlässt keinen Verlauf. Von einer Freigabe, die nicht beendet wurde, merkt sich der Browser versiegelt die Liste und den Link, solange der Link lebt: Wer ihn benutzt, kann dieselben Dateien wieder anbieten.",
      never: "Was in einem Browser auf einem anderen Computer empfangen wurde.",
    },
  ],
  limits: {
    title: "Wo die Grenzen sind",
    points: [
      "Wer diese Seite ausliefert, könnte anderen Code ausliefern, an alle oder an eine einzelne Person, und keine Seite kann das an sich selbst bemerken. Der Browser hält eine geprüfte Kopie bereit, falls der Server fehlt, fragt aber zuerst den Server; die Kopie schützt also nicht davor. Wenn das wichtig ist: Betreiben Sie den Server selbst.",
      "Bei einer direkten Verbindung sehen beide die Internetadresse des anderen. Die des Empfängers wird erst sichtbar, wenn er „Verbinden“ drückt. Hat der Server ein Relais, kann jede Seite wählen, nur darüber verbunden zu werden: Dann kennt allein das Relais die Adressen.",
      "Der Link ist der Schlüssel. Schicken Sie ihn auf einem Weg, dem Sie vertrauen, und beenden Sie das Teilen, sobald alle haben, was sie brauchen.",
      "Was auf den beiden Computern läuft, kann sehen, was Sie sehen. Gegen Schadprogramme hilft hier nichts.",
      "Die Verschlüsselung folgt veröffentlichten Standards, aber noch hat sie niemand außerhalb des Projekts geprüft.",
    ],
  },
  check: {
    title: "Wie es sich prüfen lässt",
    steps: [
      {
        title: "Eine Datei",
        text: "Die Prüfsumme einer Datei ist gewöhnliches BLAKE3. Führen Sie dies auf beiden Computern aus, mit einem Werkzeug, das nicht von uns ist: Die Zeilen müssen gleich sein.",
        command: "b3sum take.mov",
      },
      {
        title: "Diese Seite",
        text: "Unter /assets.txt nennt der Server die SHA-256-Prüfsumme jeder Datei dieser Seite. Bauen Sie dieselbe Version aus dem Quelltext und vergleichen Sie die Listen; vergleichen Sie dann mit der Liste, was der Server wirklich schickt. Die Befehle stehen im README.",
        command: "make build && curl -s https://send.example/assets.txt | diff - web/dist/assets.txt",
      },
      {
        title: "Was hinausgeht",
        text: "Öffnen Sie die Entwicklerwerkzeuge des Browsers und beobachten Sie während einer Übertragung das Netzwerk: Da sind dieser Server, eine Verbindung zu ihm mit kurzen Nachrichten und sonst niemand. Die Dateien laufen dort nicht durch.",
      },
      {
        title: "Ohne fremden Server",
        text: "Betreiben Sie den Server selbst, auch auf dem eigenen Computer. Er ist ein einziges Programm ohne Datenbank.",
        command: "beeline serve",
      },
    ],
  },
  never: {
    title: "Was nie geschieht",
    points: [
      "Keine Cookies, keine Auswertung, keine Werbung und keine Schriften oder Skripte von anderen.",
      "Keine Datei, kein Name und keine Größe wird je auf dem Server gespeichert, und nichts davon läuft durch ihn hindurch.",
      "Der Server führt kein Protokoll über Adressen, Links oder darüber, wer wen getroffen hat. Was er weiß, steht in seinem Arbeitsspeicher und ist vergessen, sobald beide gegangen sind.",
      "Kein Konto, keine E-Mail-Adresse, kein Name wird verlangt.",
      "Nichts Empfangenes wird je von dieser Seite geöffnet.",
    ],
  },
  kept: {
    title: "Was dieser Browser aufbewahrt",
    points: [
      "Eine Kopie dieser Seite, damit sie sich auch ohne den Server öffnet, und die Sprache, die Sie gewählt haben.",
      "Solange Dateien eintreffen, die unfertigen: in einem Ordner „Beeline (unfinished)“ im gewählten Ordner oder im eigenen Speicher des Browsers. Auf dieser Seite lassen sie sich löschen, ebenso mit den Daten dieser Website in den Einstellungen des Browsers.",
      "Wo der Browser Downloads sichert, statt nach einem Ordner zu fragen (Firefox, Safari), auch eine Kopie dessen, was angekommen ist: bis Sie sie auf dieser Seite löschen oder Beeline frühestens eine Stunde später wieder öffnen, um etwas zu empfangen.",
      "Vom Klick auf Verbinden an, bis alles da ist: den Link und was nötig ist, um nach einem Absturz fortzufahren, verschlüsselt mit einem Schlüssel, den der Browser niemandem gibt. Wer diesen Browser als Sie benutzt, kann es trotzdem öffnen.",
      "Ihre Karte und Ihre Kontakte, sobald Sie eine angelegt oder hinzugefügt haben: verschlüsselt mit einem solchen Schlüssel und mit Ihrer Passphrase, wenn Sie eine gesetzt haben. Sie verlassen diesen Browser nur in einer Sicherung, die Sie speichern.",
      "Nie, was Sie gesendet haben, und nichts von dem, was Sie empfangen haben, sobald es da ist.",
    ],
  },
  back: "Dateien senden",
};
