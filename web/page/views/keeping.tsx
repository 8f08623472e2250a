// How identity and contacts are kept: passphrase, backup, words, restore, erase.

import { useRef, useState } from "preact/hooks";
import type { PeopleView } from "../../shared/people.ts";
import type { App } from "../app.ts";
import { words } from "../words/words.ts";
import { AskedTwice } from "./asked.tsx";
import { MoveAway, MoveHere } from "./device.tsx";
import { Successor } from "./successor.tsx";

/** The shortest passphrase that is taken, in characters. Argon2id slows guessing down, it does not make a short one long. */
const shortest = 10;

export function SafeKeeping({ app, view }: { app: App; view: Extract<PeopleView, { at: "open" }> }) {
  const copy = words.value.contacts.keep;
  return (
    <section aria-labelledby="keep" data-keeps-focus>
      <h2 id="keep">{copy.title}</h2>
      <p>{copy.lead}</p>
      <Passphrase app={app} on={view.passphrase} />
      <Backup app={app} />
      <SeedWords app={app} />
      <MoveAway app={app} />
      <MoveHere app={app} replaces />
      <Successor app={app} view={view} />
      <Restore app={app} replaces />
      <Erase app={app} />
    </section>
  );
}

function Passphrase({ app, on }: { app: App; on: boolean }) {
  const copy = words.value.contacts.keep.passphrase;
  const [said, setSaid] = useState("");
  return (
    <details class="card">
      <summary>{copy.title}</summary>
      <p>{on ? copy.on : copy.off}</p>
      <Twice
        id="passphrase"
        label={copy.label}
        submit={on ? copy.change : copy.set}
        take={async (passphrase) => {
          if (await app.people.change({ what: "passphrase", passphrase })) setSaid(copy.done);
        }}
      />
      {on && (
        <p class="actions">
          <button type="button" onClick={() => void app.people.change({ what: "passphrase", passphrase: "" }).then((gone) => gone && setSaid(copy.gone))}>
            {copy.remove}
          </button>
        </p>
      )}
      <p class="hint" aria-live="polite">
        {said}
      </p>
    </details>
  );
}

function Backup({ app }: { app: App }) {
  const copy = words.value.contacts.keep.backup;
  const [said, setSaid] = useState("");
  return (
    <details class="card">
      <summary>{copy.title}</summary>
      <p>{copy.lead}</p>
      <Twice
        id="backup"
        label={copy.label}
        submit={copy.save}
        take={async (passphrase) => {
          setSaid(copy.working);
          const answer = await app.people.ask({ what: "backup", passphrase });
          if (answer.kind === "failed") setSaid(words.value.failures[answer.why].title);
          if (answer.kind !== "backup") return;
          save(new Blob([answer.container], { type: "application/octet-stream" }), copy.file);
          setSaid(copy.saved);
        }}
      />
      <p class="hint" aria-live="polite">
        {said}
      </p>
    </details>
  );
}

/** A new passphrase, typed twice. */
function Twice({ id, label, submit, take }: { id: string; label: string; submit: string; take: (passphrase: string) => Promise<void> }) {
  const copy = words.value.contacts.keep;
  const [first, setFirst] = useState("");
  const [second, setSecond] = useState("");
  const [wrong, setWrong] = useState("");
  const [busy, setBusy] = useState(false);
  return (
    <form
      class="form"
      onSubmit={(e) => {
        e.preventDefault();
        const why = [...first].length < shortest ? copy.short(shortest) : first !== second ? copy.differ : "";
        setWrong(why);
        if (why !== "") return;
        setBusy(true);
        void take(first).finally(() => {
          setBusy(false);
          setFirst("");
          setSecond("");
        });
      }}
    >
      <label for={`${id}-first`}>{label}</label>
      <input id={`${id}-first`} type="password" autocomplete="new-password" value={first} onInput={(e) => setFirst(e.currentTarget.value)} />
      <label for={`${id}-second`}>{copy.passphrase.again}</label>
      <input id={`${id}-second`} type="password" autocomplete="new-password" value={second} onInput={(e) => setSecond(e.currentTarget.value)} />
      {wrong !== "" && <p role="alert">{wrong}</p>}
      <p class="actions">
        <button type="submit" disabled={busy}>
          {submit}
        </button>
      </p>
    </form>
  );
}

function SeedWords({ app }: { app: App }) {
  const copy = words.value.contacts.keep.words;
  const [shown, setShown] = useState<readonly string[]>([]);
  const show = async (): Promise<void> => {
    const answer = await app.people.ask({ what: "words" });
    if (answer.kind === "words") setShown(answer.words.split(" "));
  };
  return (
    <details class="card">
      <summary>{copy.title}</summary>
      <p>{copy.lead}</p>
      {shown.length > 0 && (
        <ol class="seed-words" lang="en" translate={false}>
          {shown.map((word, n) => (
            <li key={n}>{word}</li>
          ))}
        </ol>
      )}
      <p class="actions">
        <button type="button" onClick={() => (shown.length > 0 ? setShown([]) : void show())}>
          {shown.length > 0 ? copy.hide : copy.show}
        </button>
      </p>
    </details>
  );
}

/** From a file or from words; asks before it replaces anything. */
export function Restore({ app, replaces }: { app: App; replaces: boolean }) {
  const copy = words.value.contacts.keep.restore;
  const file = useRef<HTMLInputElement>(null);
  const [chosen, setChosen] = useState<File | null>(null);
  const [passphrase, setPassphrase] = useState("");
  const [typed, setTyped] = useState("");
  const [asks, setAsks] = useState<"file" | "words" | null>(null);
  const [said, setSaid] = useState("");
  const [wrong, setWrong] = useState("");
  const restore = async (from: "file" | "words"): Promise<void> => {
    setAsks(null);
    setWrong("");
    setSaid(copy.working);
    const bytes = chosen === null || chosen.size > 8 << 20 ? new Uint8Array() : new Uint8Array(await chosen.arrayBuffer());
    const answer = await app.people.ask(from === "file" ? { what: "restore", container: bytes, passphrase } : { what: "restore.words", words: typed });
    setSaid(answer.kind === "done" ? copy.done : "");
    if (answer.kind === "slip") setWrong(copy.slip(answer.word));
    if (answer.kind === "failed") setWrong(copy.wrong);
    if (answer.kind !== "done") return;
    setChosen(null);
    setPassphrase("");
    setTyped("");
  };
  const ask = (from: "file" | "words"): void => (replaces ? setAsks(from) : void restore(from));
  return (
    <details class="card">
      <summary>{copy.title}</summary>
      <p>{copy.lead}</p>
      <form
        class="form"
        onSubmit={(e) => {
          e.preventDefault();
          if (chosen !== null) ask("file");
        }}
      >
        <p class="actions">
          <button type="button" onClick={() => file.current?.click()}>
            {copy.choose}
          </button>
          {chosen !== null && <span class="figures">{chosen.name}</span>}
        </p>
        <input
          ref={file}
          id="backup-file"
          class="unseen"
          type="file"
          tabIndex={-1}
          aria-hidden="true"
          aria-label={copy.file}
          onChange={(e) => {
            setChosen(e.currentTarget.files?.[0] ?? null);
            e.currentTarget.value = "";
          }}
        />
        <label for="restore-passphrase">{copy.passphrase}</label>
        <input id="restore-passphrase" type="password" autocomplete="off" value={passphrase} onInput={(e) => setPassphrase(e.currentTarget.value)} />
        <p class="actions">
          <button type="submit" disabled={chosen === null}>
            {copy.restore}
          </button>
        </p>
      </form>
      <form
        class="form"
        onSubmit={(e) => {
          e.preventDefault();
          if (typed.trim() !== "") ask("words");
        }}
      >
        <label for="restore-words">{copy.words}</label>
        <textarea id="restore-words" class="code" rows={3} autocomplete="off" autocapitalize="off" spellcheck={false} value={typed} onInput={(e) => setTyped(e.currentTarget.value)} />
        <p class="actions">
          <button type="submit">{copy.fromWords}</button>
        </p>
      </form>
      {asks !== null && (
        <div>
          <p role="alert">{copy.replaces}</p>
          <p class="actions">
            <button type="button" class="danger" onClick={() => void restore(asks)}>
              {copy.yes}
            </button>
            <button type="button" onClick={() => setAsks(null)}>
              {words.value.contacts.keep.erase.cancel}
            </button>
          </p>
        </div>
      )}
      {wrong !== "" && <p role="alert">{wrong}</p>}
      <p class="hint" aria-live="polite">
        {said}
      </p>
    </details>
  );
}

export function Erase({ app }: { app: App }) {
  const copy = words.value.contacts.keep.erase;
  const [asks, setAsks] = useState(false);
  return (
    <details class="card">
      <summary>{copy.title}</summary>
      <p role={asks ? "alert" : undefined}>{copy.lead}</p>
      <AskedTwice asks={asks} ask={setAsks} words={{ first: copy.erase, yes: copy.yes, cancel: copy.cancel }} go={() => void app.people.erase()} />
    </details>
  );
}

function save(blob: Blob, name: string): void {
  const anchor = document.createElement("a");
  anchor.href = URL.createObjectURL(blob);
  anchor.download = name;
  document.body.append(anchor);
  anchor.click();
  anchor.remove();
  // The address must outlive the saving, which has no event; it goes with the page.
}
