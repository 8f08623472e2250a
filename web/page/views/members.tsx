import type { ShareView } from "../../shared/views.ts";
import type { App } from "../app.ts";
import { words } from "../words/words.ts";
import { Unlock } from "./contacts.tsx";
import { Name } from "./name.tsx";

/** Which contacts the share is offered to, beside those who have the link. */
export function Members({ app, view }: { app: App; view: ShareView | null }) {
  const copy = words.value.members;
  const people = app.people.view.value;
  if (people === null) return null;
  if (people.at === "locked") return <Unlock app={app} title={copy.title} />;
  const members = view?.members ?? [];
  if (people.at !== "open" || people.contacts.length === 0) {
    return (
      <section class="card" aria-labelledby="members">
        <h2 id="members">{copy.title}</h2>
        <p>
          {copy.none} <a href="/contacts" target="_blank" rel="noopener">{copy.contacts}</a>
        </p>
      </section>
    );
  }
  return (
    <section class="card" aria-labelledby="members" data-keeps-focus>
      <h2 id="members">{copy.title}</h2>
      <p class="hint" id="members-hint">
        {copy.lead}
      </p>
      <ul class="members" aria-describedby="members-hint">
        {people.contacts.map(({ id, petname, state }) => (
          <li key={id}>
            <label>
              <input
                type="checkbox"
                checked={members.includes(id)}
                disabled={state === "changed"}
                onChange={(e) => app.sharing.shareWith(id, e.currentTarget.checked)}
              />{" "}
              <Name of={petname} />
            </label>
            <span class={state === "changed" ? "warning" : "quiet-text"}>{copy.state[state]}</span>
          </li>
        ))}
      </ul>
      {members.length > 0 && <p role="status">{copy.waiting(members.length)}</p>}
    </section>
  );
}
