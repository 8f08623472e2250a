import { useRef, useState } from "preact/hooks";
import type { App } from "../app.ts";
import { linkTo } from "../home.ts";
import { words } from "../words/words.ts";
import { Qr } from "./qr.tsx";

/** A link to a card, and the button that copies it. */
export function CardLink({ id, label, copyLabel, url }: { id: string; label: string; copyLabel: string; url: string }) {
  const copy = words.value.contacts;
  const [copied, setCopied] = useState<"no" | "yes" | "by-hand">("no");
  const link = useRef<HTMLInputElement>(null);
  return (
    <>
      <label for={id}>{label}</label>
      <div class="row">
        <input ref={link} id={id} type="text" class="code" readonly autocomplete="off" spellcheck={false} value={url} onFocus={(e) => e.currentTarget.select()} />
        <button type="button" class="main" onClick={() => void copyOf(link.current).then(setCopied)}>
          {copyLabel}
        </button>
      </div>
      <p class="hint" aria-live="polite">
        {copied === "yes" ? copy.own.copied : copied === "by-hand" ? copy.own.byHand : ""}
      </p>
    </>
  );
}

/** Copies what a box holds, or selects it where the browser does not allow that. */
async function copyOf(box: HTMLInputElement | HTMLTextAreaElement | null): Promise<"yes" | "by-hand"> {
  try {
    await navigator.clipboard.writeText(box?.value ?? "");
    return "yes";
  } catch {
    box?.select();
    return "by-hand";
  }
}

/** The own card: its name, and every way to hand it on. */
export function OwnCard({ app, name, card }: { app: App; name: string; card: string }) {
  const copy = words.value.contacts;
  const [wrong, setWrong] = useState(false);
  const text = useRef<HTMLTextAreaElement>(null);
  const url = linkTo("c", card) ?? "";
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
        <CardLink id="card-link" label={copy.own.link} copyLabel={copy.own.copy} url={url} />
        <details>
          <summary>{copy.own.text}</summary>
          <textarea aria-label={copy.own.text} ref={text} id="card-text" class="code" readonly rows={4} spellcheck={false} value={card} onFocus={(e) => e.currentTarget.select()} />
          <p class="actions">
            <button type="button" onClick={() => void copyOf(text.current)}>
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
