import { useState } from "preact/hooks";
import type { ContactView } from "../../shared/people.ts";
import type { App } from "../app.ts";
import { words } from "../words/words.ts";
import { Camera } from "./camera.tsx";
import { Name } from "./name.tsx";
import { Qr } from "./qr.tsx";

type Doing = "nothing" | "comparing" | "renaming" | "removing";

/** Somebody the person knows: who, how sure that is, and what can be done. */
export function Contact({ app, contact }: { app: App; contact: ContactView }) {
  const copy = words.value.contacts.list;
  const [doing, setDoing] = useState<Doing>("nothing");
  const shown = contact.petname === "" ? copy.nameless : contact.petname;
  const close = (): void => setDoing("nothing");
  return (
    <li class="card person" data-state={contact.state}>
      <h3>{contact.petname === "" ? copy.nameless : <Name of={contact.petname} />}</h3>
      <p class="person-state">
        <strong>{copy.state[contact.state]}</strong>
      </p>
      <p role={contact.state === "changed" ? "alert" : undefined}>{copy.means[contact.state]}</p>
      <p class="hint">
        {contact.name !== "" && contact.name !== contact.petname && (
          <>
            {copy.calls}: <Name of={contact.name} />.{" "}
          </>
        )}
        {copy.since(contact.added * 1000)}
      </p>
      {doing === "nothing" && (
        <p class="actions">
          <button type="button" aria-label={`${copy.compare}: ${shown}`} onClick={() => setDoing("comparing")}>
            {copy.compare}
          </button>
          <button type="button" aria-label={`${copy.rename}: ${shown}`} onClick={() => setDoing("renaming")}>
            {copy.rename}
          </button>
          <button type="button" class="danger" aria-label={`${copy.remove}: ${shown}`} onClick={() => setDoing("removing")}>
            {copy.remove}
          </button>
        </p>
      )}
      {doing === "comparing" && <Safety app={app} contact={contact} shown={shown} close={close} />}
      {doing === "renaming" && <Rename app={app} contact={contact} close={close} />}
      {doing === "removing" && (
        <div>
          <p role="alert">{copy.removeAsk(shown)}</p>
          <p class="actions">
            <button type="button" class="danger" onClick={() => void app.people.change({ what: "remove", id: contact.id })}>
              {copy.removeYes}
            </button>
            <button type="button" onClick={close}>
              {copy.cancel}
            </button>
          </p>
        </div>
      )}
    </li>
  );
}

function Rename({ app, contact, close }: { app: App; contact: ContactView; close: () => void }) {
  const copy = words.value.contacts;
  const [petname, setPetname] = useState(contact.petname);
  const [wrong, setWrong] = useState(false);
  return (
    <form
      class="form"
      onSubmit={(e) => {
        e.preventDefault();
        void app.people.change({ what: "rename", id: contact.id, petname: petname.trim() }).then((named) => (named ? close() : setWrong(true)));
      }}
    >
      <label for={`name-${contact.id}`}>{copy.list.name}</label>
      <input id={`name-${contact.id}`} type="text" autocomplete="off" dir="auto" value={petname} onInput={(e) => setPetname(e.currentTarget.value)} />
      {wrong && <p role="alert">{copy.nameWrong}</p>}
      <p class="actions">
        <button type="submit" class="main">
          {copy.list.save}
        </button>
        <button type="button" onClick={close}>
          {copy.list.cancel}
        </button>
      </p>
    </form>
  );
}

/** The safety number, to be compared by eye, by ear or by scanning. */
export function Safety({ app, contact, shown, close }: { app: App; contact: ContactView; shown: string; close: () => void }) {
  const copy = words.value.contacts.safety;
  const [scans, setScans] = useState(false);
  const [said, setSaid] = useState<string | null>(null);
  const judge = (same: boolean): void => void app.people.change({ what: "verify", id: contact.id, same }).then((noted) => noted && close());
  const scanned = async (text: string): Promise<void> => {
    setScans(false);
    const answer = await app.people.ask({ what: "scanned", id: contact.id, text });
    if (answer.kind !== "scanned") return;
    if (answer.is === "same") return judge(true);
    setSaid(answer.is === "other" ? copy.scannedOther : copy.scannedNone);
  };
  return (
    <section class="safety" aria-label={copy.title}>
      <p>{copy.lead(shown)}</p>
      <div class="safety-parts">
        <ol class="safety-number">
          {contact.groups.map((group, n) => (
            <li key={n} aria-label={`${copy.group(n + 1)}: ${[...group].join(" ")}`}>
              {group}
            </li>
          ))}
        </ol>
        <Qr text={contact.safety} label={copy.qr} />
      </div>
      {said !== null && <p role="alert">{said}</p>}
      {scans && <Camera found={(text) => void scanned(text)} close={() => setScans(false)} />}
      <p class="actions">
        <button type="button" onClick={() => judge(true)}>
          {copy.same}
        </button>
        <button type="button" class="danger" onClick={() => judge(false)}>
          {copy.differ}
        </button>
        <button type="button" disabled={scans} onClick={() => setScans(true)}>
          {copy.scan}
        </button>
        <button type="button" onClick={close}>
          {copy.done}
        </button>
      </p>
    </section>
  );
}
