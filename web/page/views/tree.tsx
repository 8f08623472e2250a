import { useSignal } from "@preact/signals";
import type { Listing, Row } from "../listing.ts";
import { words } from "../words/words.ts";
import { Name } from "./name.tsx";

/** Rows of one folder drawn at once. */
const rowsAtOnce = 200;

/** The sender's list as folders that open. Only what is open is drawn. */
export function Tree({ listing }: { listing: Listing }) {
  listing.loaded.value; // drawn anew with every window
  return (
    <div class="tree">
      <Level listing={listing} parent={0} />
      {listing.atLimit && (
        <p>
          {words.value.receive.notLoaded(listing.rest)}{" "}
          <button type="button" class="quiet" onClick={() => listing.loadMore()}>
            {words.value.receive.loadMore}
          </button>
        </p>
      )}
    </div>
  );
}

function Level({ listing, parent }: { listing: Listing; parent: number }) {
  const shown = useSignal(rowsAtOnce);
  const rows = listing.below(parent);
  if (rows.length === 0) return parent === 0 ? null : <p class="quiet-text">{words.value.receive.emptyFolder}</p>;
  const rest = rows.length - shown.value;
  return (
    <>
      <ul>
        {rows.slice(0, shown.value).map((row) => (
          <li key={row.index}>
            {row.kind === "dir" ? <Folder listing={listing} row={row} alone={parent === 0 && rows.length === 1} /> : <File row={row} />}
          </li>
        ))}
      </ul>
      {rest > 0 && (
        <button type="button" class="quiet" onClick={() => (shown.value += rowsAtOnce)}>
          {words.value.receive.showMore(Math.min(rest, rowsAtOnce))}
        </button>
      )}
    </>
  );
}

/** A folder; one that is the whole share is open from the start. */
function Folder({ listing, row, alone }: { listing: Listing; row: Row; alone: boolean }) {
  const open = useSignal(alone);
  return (
    <details open={open.value} onToggle={(e) => (open.value = e.currentTarget.open)}>
      <summary>
        <Entry row={row} />
        <span class="quiet-text">{words.value.count.entries(listing.below(row.index).length)}</span>
      </summary>
      {open.value && <Level listing={listing} parent={row.index} />}
    </details>
  );
}

function File({ row }: { row: Row }) {
  return (
    <span class="file">
      <Entry row={row} />
      <span class="quiet-text">{words.value.format.size(row.size)}</span>
    </span>
  );
}

function Entry({ row }: { row: Row }) {
  return (
    <span>
      <Name of={row.name} />
      {row.localName !== null && (
        <span class="changed">
          {" "}
          {words.value.receive.landsAs} <Name of={row.localName} />
        </span>
      )}
    </span>
  );
}
