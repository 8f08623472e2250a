import { useRef, useState } from "preact/hooks";
import type { App } from "../app.ts";
import { words } from "../words/words.ts";
import { Qr } from "./qr.tsx";

/** The own card: its name, and every way to hand it on. */
export function OwnCard({ app, name, card }: { app: App; name: string; card: string }) {
  const copy = words.value.contacts;
  const [wrong, setWrong] = useState(false);
  const [copied, setCopied] = useState<"no" | "yes" | "by-hand">("no");
  const link = useRef<HTMLInputElement>(null);
  const text = useRef<HTMLTextAreaElement>(null);
  const url = `${location.origin}/c#${card}`;
  const copyFrom = (box: HTMLInputElement | HTMLTextAreaElement | null): void => {
    if (box === null) return;
    navigator.clipboard.writeText(box.value).then(
      () => setCopied("yes"),
      () => {
        box.select();
        setCopied("by-hand");
      },
    );
  };
  return (
    <section class="card link" aria-labelledby="own-card">
      <div class="link-words">
        <h2 id="own-card">{copy.own.title}</h2>
        <p>{copy.own.lead}</p>
        <label for="own-name">{copy.own.name}</label>
        <input
          id="own-name"
          type="text"
          autocomplete="off"
          dir="auto"
          value={name}
          onChange={(e) => void app.people.change({ what: "name", name: e.currentTarget.value.trim() }).then((named) => setWrong(!named))}
        />
        {wrong && <p role="alert">{copy.nameWrong}</p>}
        {name === "" && <p class="hint">{copy.own.nameless}</p>}
        <label for="card-link">{copy.own.link}</label>
        <div class="row">
          <input ref={link} id="card-link" type="text" class="code" readonly autocomplete="off" spellcheck={false} value={url} onFocus={(e) => e.currentTarget.select()} />
          <button type="button" class="main" onClick={() => copyFrom(link.current)}>
            {copy.own.copy}
          </button>
        </div>
        <p class="hint" aria-live="polite">
          {copied === "yes" ? copy.own.copied : copied === "by-hand" ? copy.own.byHand : ""}
        </p>
        <details>
          <summary>{copy.own.text}</summary>
          <textarea aria-label={copy.own.text} ref={text} id="card-text" class="code" readonly rows={4} spellcheck={false} value={card} onFocus={(e) => e.currentTarget.select()} />
          <p class="actions">
            <button type="button" onClick={() => copyFrom(text.current)}>
              {copy.own.copyText}
            </button>
          </p>
        </details>
      </div>
      <figure class="link-picture">
        <Qr text={url} label={copy.own.qr} wide />
        <figcaption>{copy.own.qrHint}</figcaption>
      </figure>
    </section>
  );
}
