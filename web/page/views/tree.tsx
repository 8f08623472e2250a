import { useSignal } from "@preact/signals";
import type { Phase } from "../../shared/views.ts";
import type { Id } from "../tree/layout.ts";
import type { Listing } from "../tree/listing.ts";
import { words } from "../words/words.ts";
import { Name } from "./name.tsx";
import { TreeBox } from "./tree-box.tsx";
import type { Mode } from "./tree-row.tsx";
import { TreeTools } from "./tree-tools.tsx";

/** The sender's list: searched, chosen from, or watched while it arrives. */
export function Tree({ listing, mode, phase }: { listing: Listing; mode: Mode; phase: Phase }) {
  const active = useSignal<Id>(0);
  // There is nothing to choose of one thing.
  const asked = mode === "choose" && listing.rows.value.length > 0 && listing.entries.count < 2 ? "look" : mode;
  return (
    <div class="tree">
      <TreeTools listing={listing} mode={asked} />
      <TreeBox
        listing={listing}
        mode={asked}
        phase={phase}
        onActive={(id) => {
          active.value = id;
        }}
      />
      <FullName listing={listing} id={active.value} />
    </div>
  );
}

/** The row in use with its whole path: a row is one line, and names are as long as people make them. */
function FullName({ listing: { layouts }, id }: { listing: Listing; id: Id }) {
  const path: string[] = [];
  for (let at = id; at !== 0; at = layouts.parent(at)) path.unshift(layouts.nameOf(at));
  return (
    <section class="tree-full quiet-text" aria-label={words.value.tree.full}>
      {path.map((name, n) => (
        <span key={n}>
          {n > 0 && " / "}
          <Name of={name} />
        </span>
      ))}
    </section>
  );
}
