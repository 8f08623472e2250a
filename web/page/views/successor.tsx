// A new key for who fears for theirs: what that does, whether it is meant, and the link
// by which contacts take it for the same person's.

import { useState } from "preact/hooks";
import type { PeopleView } from "../../shared/people.ts";
import type { App } from "../app.ts";
import { linkTo } from "../home.ts";
import { words } from "../words/words.ts";
import { AskedTwice } from "./asked.tsx";
import { CardLink } from "./card.tsx";

export function Successor({ app, view }: { app: App; view: Extract<PeopleView, { at: "open" }> }) {
  const copy = words.value.contacts.keep.successor;
  const [asks, setAsks] = useState(false);
  const [said, setSaid] = useState("");
  const make = async (): Promise<void> => {
    setAsks(false);
    if (await app.people.change({ what: "succeed" })) setSaid(copy.done);
  };
  return (
    <details class="card form" open={view.successor !== "" && said !== ""}>
      <summary>{copy.title}</summary>
      <p>{copy.lead}</p>
      <ul class="facts">
        {copy.lines.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
      {asks && <p role="alert">{copy.ask}</p>}
      <AskedTwice asks={asks} ask={setAsks} words={{ first: copy.make, yes: copy.yes, cancel: copy.cancel }} go={() => void make()} />
      <p aria-live="polite">{said}</p>
      {view.successor !== "" && (
        <>
          <p>{copy.give}</p>
          <CardLink id="successor-link" label={copy.link} copyLabel={copy.copy} url={linkTo("c", view.successor) ?? ""} />
        </>
      )}
    </details>
  );
}
