// The pages /contacts and /c: a card that came in, the own card, the people, and
// how all of it is kept.

import { useState } from "preact/hooks";
import type { PeopleView } from "../../shared/people.ts";
import type { App } from "../app.ts";
import { words } from "../words/words.ts";
import { Adding, CameIn } from "./adding.tsx";
import { OwnCard } from "./card.tsx";
import { Contact } from "./contact.tsx";
import { MoveHere } from "./device.tsx";
import { Erase, Restore, SafeKeeping } from "./keeping.tsx";
import { Status } from "./status.tsx";

type Open = Extract<PeopleView, { at: "open" }>;

export function Contacts({ app }: { app: App }) {
  const copy = words.value.contacts;
  const view = app.people.view.value;
  const phase = view === null ? "connecting" : view.at === "locked" ? "waiting" : view.at === "damaged" ? "failed" : "ready";
  const text = view === null ? copy.status.opening : view.at === "open" ? copy.status.open(view.contacts.length) : copy.status[view.at];
  return (
    <>
      <p class="lead">{copy.lead}</p>
      <Status phase={phase} text={text} />
      {view !== null && "kept" in view && !view.kept && <p class="notice">{copy.notKept}</p>}
      {view?.at === "open" && view.old && (
        <div class="notice" role="alert">
          <p>{copy.old}</p>
          <p class="actions">
            <button type="button" onClick={() => void app.people.change({ what: "settle" })}>
              {copy.settle}
            </button>
          </p>
        </div>
      )}
      {view?.at === "locked" && <Unlock app={app} />}
      {view !== null && view.at !== "locked" && view.at !== "damaged" && <CameIn app={app} />}
      {view?.at === "open" && <People app={app} view={view} />}
      {view?.at === "none" && <Begin app={app} />}
      {view !== null && view.at !== "open" && (
        <>
          <MoveHere app={app} replaces={view.at !== "none"} />
          <Restore app={app} replaces={view.at !== "none"} />
          {view.at !== "none" && <Erase app={app} />}
        </>
      )}
    </>
  );
}

function People({ app, view }: { app: App; view: Open }) {
  const copy = words.value.contacts.list;
  // Who knows nobody yet has to hand out a card; who comes back looks for somebody. Keys: neither is made anew.
  const own = <OwnCard key="own" app={app} name={view.name} card={view.card} />;
  const list = (
    <section key="list" aria-labelledby="contacts" data-keeps-focus>
      <h2 id="contacts">{copy.title}</h2>
      {view.contacts.length === 0 ? (
        <p>{copy.empty}</p>
      ) : (
        <ul class="people">
          {view.contacts.map((contact) => (
            <Contact key={contact.id} app={app} contact={contact} />
          ))}
        </ul>
      )}
    </section>
  );
  return (
    <>
      {view.contacts.length === 0 ? [own, list] : [list, own]}
      <Adding app={app} />
      <SafeKeeping app={app} view={view} />
    </>
  );
}

/** The first card, where nobody has come in yet. */
function Begin({ app }: { app: App }) {
  const copy = words.value.contacts;
  const [name, setName] = useState("");
  const [wrong, setWrong] = useState(false);
  return (
    <>
      <section class="card form" aria-labelledby="begin">
        <h2 id="begin">{copy.begin.title}</h2>
        <form
          onSubmit={(e) => {
            e.preventDefault();
            void app.people.change({ what: "make", name: name.trim() }).then((made) => setWrong(!made));
          }}
        >
          <label for="own-name">{copy.begin.name}</label>
          <input id="own-name" type="text" autocomplete="off" dir="auto" value={name} aria-describedby="own-name-hint" onInput={(e) => setName(e.currentTarget.value)} />
          <p class="hint" id="own-name-hint">
            {copy.begin.hint}
          </p>
          {wrong && <p role="alert">{copy.nameWrong}</p>}
          <p class="actions">
            <button type="submit" class="main">
              {copy.begin.make}
            </button>
          </p>
        </form>
      </section>
      <Adding app={app} />
    </>
  );
}

/** Asks for the passphrase. `title`: of what is hidden until then, where that is a part of a page. */
export function Unlock({ app, title = "" }: { app: App; title?: string }) {
  const copy = words.value.contacts.unlock;
  const [passphrase, setPassphrase] = useState("");
  const [state, setState] = useState<"asks" | "opening" | "wrong">("asks");
  return (
    <section class="card form" aria-label={title === "" ? copy.label : title}>
      {title !== "" && (
        <>
          <h2>{title}</h2>
          <p>{words.value.members.locked}</p>
        </>
      )}
      <form
        onSubmit={(e) => {
          e.preventDefault();
          setState("opening");
          void app.people.change({ what: "unlock", passphrase }).then((opened) => {
            if (!opened) setState("wrong");
          });
        }}
      >
        <label for="unlock">{copy.label}</label>
        <div class="row">
          <input id="unlock" type="password" autocomplete="current-password" value={passphrase} onInput={(e) => setPassphrase(e.currentTarget.value)} />
          <button type="submit" class="main" disabled={state === "opening"}>
            {copy.open}
          </button>
        </div>
        {state === "wrong" && <p role="alert">{copy.wrong}</p>}
      </form>
    </section>
  );
}
