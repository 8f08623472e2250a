// One row of the list: a folder, a file, or the frames of a shot.

import { visible } from "../format.ts";
import type { Id } from "../tree/layout.ts";
import type { Listing } from "../tree/listing.ts";
import { split } from "../tree/name.ts";
import { type Gap, padded } from "../tree/sequence.ts";
import { words } from "../words/words.ts";

/** What the list is for: to look at, to choose from, or to see how far each file is. */
export type Mode = "look" | "choose" | "watch";

/** Gaps that are spelled out; more are counted. */
const gapsSpelled = 2;

interface RowProps {
  listing: Listing;
  mode: Mode;
  id: Id;
  domId: string;
  level: number;
  place: number;
  siblings: number;
  /** The row that keys act on. */
  active: boolean;
}

export function Row({ listing, mode, id, domId, level, place, siblings, active }: RowProps) {
  // A row is drawn anew only for what it reads itself: its own props stay the same
  // when it is opened or ticked, or when its file arrives.
  listing.rows.value;
  listing.chosen.value;
  listing.states.told.value;
  const { name, local, gaps, count, size, state, news } = facts(listing, id, mode);
  const { tree } = words.value;
  const opens = listing.opens(id);
  const open = opens && listing.isOpen(id);
  const tick = mode === "choose" ? listing.tick(id) : null;
  const savedAs = local === null ? null : tree.savedAs(local);
  const [head, tail] = split(name);
  return (
    // biome-ignore lint/a11y/useFocusableInteractive: the tree has the focus and names its active row
    <div
      id={domId}
      class="tree-row"
      role="treeitem"
      aria-level={level}
      aria-posinset={place}
      aria-setsize={siblings}
      aria-expanded={opens ? open : undefined}
      aria-checked={tick === null ? undefined : tick === "some" ? "mixed" : tick === "yes"}
      data-row={id}
      data-active={active ? "yes" : undefined}
      data-off={tick === "no" || state?.code === "unwanted" ? "yes" : undefined}
      ref={(row) => row?.style.setProperty("--level", String(level - 1))}
    >
      {/* What is heard is one sentence; what is seen is cut to fit. */}
      <span class="unseen">{[name, news, count, size, gaps, savedAs, state?.word].filter(Boolean).join(", ")}</span>
      {tick !== null && <span class="tick" data-on={tick} aria-hidden="true" />}
      <span class="twist" data-open={opens ? (open ? "yes" : "no") : undefined} aria-hidden="true" />
      <span class="tree-text" aria-hidden="true">
        <bdi class="tree-name" title={name}>
          <span class="tree-head">{head}</span>
          {tail !== "" && <span class="tree-tail">{tail}</span>}
        </bdi>
        {news !== null && <span class="news">{news}</span>}
        {savedAs !== null && <bdi class="changed">{savedAs}</bdi>}
        {gaps !== null && <span class="warning">{gaps}</span>}
      </span>
      <span class="tree-meta" aria-hidden="true">
        {state !== null && (
          <span class="tree-state" data-state={state.code}>
            {state.code === "waiting" ? "" : state.word}
          </span>
        )}
        {count !== null && <span>{count}</span>}
        <span class="tree-size">{size}</span>
      </span>
    </div>
  );
}

interface Facts {
  name: string;
  local: string | null;
  gaps: string | null;
  count: string | null;
  size: string;
  state: { code: string; word: string } | null;
  /** That it came since, or how much of it. */
  news: string | null;
}

function facts(listing: Listing, id: Id, mode: Mode): Facts {
  const { entries, layouts, states } = listing;
  const { format, inbox, tree } = words.value;
  const fresh = listing.news(id);
  const name = visible(layouts.nameOf(id));
  if (id < 0) {
    const { frames, gaps, members, missing, width } = layouts.sequence(id);
    let bytes = 0;
    let verified = 0;
    for (const i of members) {
      bytes += entries.bytes(i);
      if (states.of(i) === "verified") verified++;
    }
    return {
      name,
      local: null,
      gaps: gaps.length === 0 ? null : gaps.length <= gapsSpelled ? tree.missing(spelled(gaps, width)) : tree.gaps(gaps.length, missing),
      news: fresh === 0 ? null : inbox.newIn(fresh),
      count: frames ? tree.frames(members.length) : tree.files(members.length),
      size: format.size(bytes),
      state: mode === "watch" && verified > 0 ? { code: verified === members.length ? "verified" : "arriving", word: (listing.streamed ? tree.checkedOf : tree.verifiedOf)(verified, members.length) } : null,
    };
  }
  const dir = entries.isDir(id);
  const local = entries.localName(id);
  const code = mode === "watch" && !dir ? states.of(id) : null;
  return {
    name,
    local: local === null ? null : visible(local),
    gaps: null,
    news: fresh === 0 ? null : dir ? inbox.newIn(fresh) : inbox.new,
    count: dir ? (entries.children(id) === 0 ? tree.empty : tree.files(entries.files(id))) : null,
    size: dir && entries.children(id) === 0 ? "" : format.size(entries.bytes(id)),
    state: code === null ? null : { code, word: code === "verified" && listing.streamed ? tree.checked : tree.state[code] },
  };
}

function spelled(gaps: readonly Gap[], width: number): string {
  return gaps.map(([first, last]) => (first === last ? padded(first, width) : `${padded(first, width)}–${padded(last, width)}`)).join(", ");
}
