// A card on its way in: pasted, scanned or opened, looked at, and only then added.

import { useRef, useState } from "preact/hooks";
import type { App } from "../app.ts";
import type { Came } from "../people.ts";
import { Scanner } from "../scan.ts";
import { words } from "../words/words.ts";
import { Camera } from "./camera.tsx";
import { Name } from "./name.tsx";

export function Adding({ app }: { app: App }) {
  const copy = words.value.contacts.adding;
  const [text, setText] = useState("");
  const [scans, setScans] = useState(false);
  const [noCode, setNoCode] = useState(false);
  const picture = useRef<HTMLInputElement>(null);
  const look = (pasted: string): void => {
    setText("");
    setNoCode(false);
    void app.people.look(pasted);
  };
  return (
    <section class="card form" aria-labelledby="adding">
      <h2 id="adding">{copy.title}</h2>
      <form
        onSubmit={(e) => {
          e.preventDefault();
          if (text.trim() !== "") look(text);
        }}
      >
        <label for="their-card">{copy.label}</label>
        <textarea id="their-card" class="code" rows={3} autocomplete="off" spellcheck={false} value={text} onInput={(e) => setText(e.currentTarget.value)} />
        <p class="actions">
          <button type="submit" class="main">
            {copy.look}
          </button>
          <button type="button" onClick={() => setScans(true)}>
            {copy.scan}
          </button>
          <button type="button" onClick={() => picture.current?.click()}>
            {copy.picture}
          </button>
        </p>
      </form>
      <input
        ref={picture}
        id="card-picture"
        class="unseen"
        type="file"
        accept="image/*"
        tabIndex={-1}
        aria-hidden="true"
        aria-label={copy.picture}
        onChange={(e) => {
          const [file] = e.currentTarget.files ?? [];
          e.currentTarget.value = "";
          if (file !== undefined) void new Scanner().picture(file).then((found) => (found === null ? setNoCode(true) : look(found)));
        }}
      />
      {noCode && <p role="alert">{copy.noCode}</p>}
      {scans && (
        <Camera
          found={(found) => {
            setScans(false);
            look(found);
          }}
          close={() => setScans(false)}
        />
      )}
    </section>
  );
}

/** What the card that came in is, and what can be done with it. */
export function CameIn({ app }: { app: App }) {
  const came = app.people.came.value;
  const why = app.people.trouble.value;
  // A refusal that a card caused stands where the card would.
  const refused = why === "E_CARD" || why === "E_VERSION" || why === "E_BUSY" ? words.value.failures[why] : null;
  if (came === null) {
    return refused === null ? null : (
      <section class="card" aria-label={refused.title}>
        <p role="alert">
          <strong>{refused.title}</strong> {refused.next}
        </p>
      </section>
    );
  }
  return <Looked key={came.text} app={app} came={came} />;
}

function Looked({ app, came: { text, look } }: { app: App; came: Came }) {
  const copy = words.value.contacts.came;
  const [petname, setPetname] = useState(look.name);
  const [wrong, setWrong] = useState(false);
  const { people } = app;
  const close = (): void => {
    people.came.value = null;
  };
  const stop = look.what === "changed";
  const who = look.contact === "" ? words.value.contacts.list.nameless : look.contact;
  const says = look.what === "fresh" || look.what === "own" ? copy[look.what] : copy[look.what](who);
  return (
    <section class="card form" aria-labelledby="came">
      <h2 id="came">{copy.title}</h2>
      <p>
        {copy.of}: <strong>{look.name === "" ? copy.nameless : <Name of={look.name} />}</strong>
      </p>
      <p role={stop ? "alert" : undefined}>{says}</p>
      {look.what === "fresh" && (
        <form
          onSubmit={(e) => {
            e.preventDefault();
            void people.change({ what: "add", text, petname: petname.trim() }).then((added) => {
              if (added) close();
              else setWrong(true);
            });
          }}
        >
          <label for="petname">{copy.petname}</label>
          <input id="petname" type="text" autocomplete="off" dir="auto" value={petname} aria-describedby="petname-hint" onInput={(e) => setPetname(e.currentTarget.value)} />
          <p class="hint" id="petname-hint">
            {copy.petnameHint}
          </p>
          {wrong && <p role="alert">{words.value.contacts.nameWrong}</p>}
          <p class="actions">
            <button type="submit" class="main">
              {copy.add}
            </button>
            <button type="button" onClick={close}>
              {copy.dismiss}
            </button>
          </p>
        </form>
      )}
      {look.what !== "fresh" && (
        <p class="actions">
          {look.what === "successor" && (
            <button type="button" class="main" onClick={() => void people.change({ what: "replace", text }).then((done) => done && close())}>
              {copy.replace}
            </button>
          )}
          <button
            type="button"
            onClick={() => {
              // Seen and refused: the contact of that name is marked from now on.
              if (stop) void people.ask({ what: "add", text, petname: "" });
              close();
            }}
          >
            {look.what === "successor" ? copy.dismiss : copy.close}
          </button>
        </p>
      )}
    </section>
  );
}
