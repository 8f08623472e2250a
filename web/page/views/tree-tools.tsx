// What stands above the list: search, all or none, and what is chosen.

import { clears } from "../tree/keys.ts";
import type { Listing } from "../tree/listing.ts";
import { words } from "../words/words.ts";
import type { Mode } from "./tree-row.tsx";

/** A shorter list is seen at a glance. */
const searchFrom = 12;

export function TreeTools({ listing, mode }: { listing: Listing; mode: Mode }) {
  listing.rows.value; // the list grew
  const { tree } = words.value;
  const chosen = listing.chosen.value;
  const found = listing.found.value;
  const { entries } = listing;
  const junk = entries.junk;
  return (
    <div class="tree-tools">
      {entries.count >= searchFrom && (
        <p class="tree-search">
          <input
            type="search"
            aria-label={tree.search}
            placeholder={tree.search}
            autocomplete="off"
            spellcheck={false}
            value={found?.text ?? ""}
            onInput={(e) => listing.find(e.currentTarget.value)}
            onKeyDown={(e) => {
              if (clears(e.key)) listing.find("");
            }}
          />
          <span class="quiet-text" aria-live="polite">
            {found === null ? "" : found.done ? tree.found(found.count) : tree.looking}
          </span>
        </p>
      )}
      {mode === "choose" && (
        <>
          <p class="actions">
            {found === null ? (
              <>
                <button type="button" class="quiet" onClick={() => listing.choose(0, true)}>
                  {tree.all}
                </button>
                <button type="button" class="quiet" onClick={() => listing.choose(0, false)}>
                  {tree.none}
                </button>
              </>
            ) : (
              found.count > 0 && (
                <>
                  <button type="button" class="quiet" onClick={() => listing.chooseOnlyFound()}>
                    {tree.onlyFound(found.count)}
                  </button>
                  <button type="button" class="quiet" onClick={() => listing.chooseFound(true)}>
                    {tree.chooseFound(found.count)}
                  </button>
                  <button type="button" class="quiet" onClick={() => listing.chooseFound(false)}>
                    {tree.leaveFound(found.count)}
                  </button>
                </>
              )
            )}
            <span class="tree-chosen" aria-live="polite">
              {chosen.everything ? "" : chosen.nothing ? tree.nothing : tree.chosen(chosen.files, chosen.of, chosen.bytes)}
            </span>
          </p>
          {junk.files > 0 && (
            <label class="tree-junk">
              <input type="checkbox" checked={!chosen.withJunk} onChange={(e) => listing.chooseJunk(!e.currentTarget.checked)} /> {tree.junk(junk.files, junk.bytes)}
            </label>
          )}
        </>
      )}
    </div>
  );
}
