import { useState } from "preact/hooks";
import type { ProvedView } from "../../shared/views.ts";
import type { App } from "../app.ts";
import { words } from "../words/words.ts";
import { CameIn } from "./adding.tsx";
import { Safety } from "./contact.tsx";
import { Name } from "./name.tsx";

interface Props {
  app: App;
  /** Null: nobody has proved anything. */
  who: ProvedView | null;
  /** Whom the person sees. */
  of: "sender" | "recipient";
  /** It is over and went well: the moment to keep somebody. */
  done: boolean;
}

/** Who the other side proved to be, inside this very session. */
export function Proved({ app, who, of, done }: Props) {
  const [comparing, compare] = useState(false);
  if (who === null) return null;
  const copy = words.value.proof;
  const contact = app.people.contact(who.id);
  if (contact !== null && contact.state !== "changed") {
    const shown = contact.petname === "" ? words.value.contacts.list.nameless : contact.petname;
    const open = contact.state === "unverified" && done;
    return (
      <>
        <p class="proved" data-sure={contact.state === "verified" ? "yes" : "no"}>
          {copy.from[of]} <Name of={shown} /> <span aria-hidden="true">✓</span> {contact.state === "unverified" && <span class="quiet-text">{copy.unverified}</span>}{" "}
          {open && !comparing && (
            <button type="button" class="quiet" aria-label={`${words.value.contacts.list.compare}: ${shown}`} onClick={() => compare(true)}>
              {words.value.contacts.list.compare}
            </button>
          )}
        </p>
        {open && comparing && <Safety app={app} contact={contact} shown={shown} close={() => compare(false)} />}
      </>
    );
  }
  const looks = app.people.came.value?.text === who.card;
  return (
    <>
    <p class="proved">
      {who.name === "" ? (
        copy.nameless[of]
      ) : (
        <>
          {copy.calls[of]} <Name of={who.name} />. {contact === null && copy.unknown}
        </>
      )}{" "}
      {contact !== null && copy.changed}{" "}
      {contact === null && done && !looks && (
        // Here, not on a page of its own: its address would say in the history whom the person knows.
        <button type="button" class="quiet" onClick={() => {
            compare(true); // once they are added the number stands here: both are still there
            void app.people.look(who.card);
          }}>
          {copy.add}
        </button>
      )}
    </p>
      {looks && <CameIn app={app} />}
    </>
  );
}

/**
 * Whose share it is, from the first moment: a contact's was opened, and nobody but that
 * contact can be met there. Once they are none any more the status says so.
 */
export function Whose({ app }: { app: App }) {
  const copy = words.value.proof;
  const contact = app.people.contact(app.receiving.offer?.contact ?? null);
  if (contact === null) return null;
  const sure = contact.state === "verified";
  return (
    <p class="proved" data-sure={sure ? "yes" : "no"}>
      {copy.whose} {contact.petname === "" ? words.value.contacts.list.nameless : <Name of={contact.petname} />} {sure && <span aria-hidden="true">✓</span>}{" "}
      <span class="quiet-text">{copy[contact.state]}</span>
    </p>
  );
}

/** Whether recipients are told who shares. Nothing, where the person is nobody yet. */
export function SayWho({ app, on, disabled, choose, hint }: { app: App; on: boolean; disabled: boolean; choose: (on: boolean) => void; hint: "sender" | "recipient" }) {
  const copy = words.value.proof;
  const people = app.people.view.value;
  if (people?.at !== "open") return null;
  return (
    <div class="choice">
      <label>
        <input type="checkbox" checked={on} disabled={disabled} aria-describedby="say-who-hint" onChange={(e) => choose(e.currentTarget.checked)} /> {copy.say[hint]}
      </label>
      <p class="hint" id="say-who-hint">
        {copy.hint[hint]}
      </p>
    </div>
  );
}
