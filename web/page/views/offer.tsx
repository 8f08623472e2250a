import type { Conflict } from "../../shared/views.ts";
import type { App } from "../app.ts";
import type { Receive } from "../state.ts";
import { words } from "../words/words.ts";
import { Name } from "./name.tsx";

type Open = Extract<Receive, { stage: "open" }>;

/** The list is there: where to, what to do about names that exist, and Receive. */
export function Offer({ app, receive }: { app: App; receive: Open }) {
  const copy = words.value.receive;
  const { chosen, conflict, hidden, snag, view, pressed } = receive;
  const picked = app.listing.chosen.value;
  const folders = window.showDirectoryPicker !== undefined || chosen.kind === "folder";
  // What comes with the list stands below the buttons, and they wait for its
  // first page: a button that moves in the moment it is pressed is not pressed.
  const known = view.entries > 0 || view.listed;
  const { again, whole } = app.listing;
  const news = again && whole ? app.listing.news(0) : 0;
  return (
    <div class="card">
      <p class="offer-total figures">{picked.everything ? copy.total(view.files, view.bytes, view.listed) : words.value.tree.chosen(picked.files, picked.of, picked.bytes)}</p>
      <p class="offer-where">
        {chosen.kind === "folder" ? (
          <>
            {copy.folderChosen} <Name of={chosen.handle.name} />.
          </>
        ) : folders ? (
          copy.folderAsk
        ) : app.placing.room.value === "streams" || app.placing.room.value === "none" ? null : view.files > 1 ? (
          copy.browserZips
        ) : (
          copy.browserKeeps
        )}
      </p>
      {folders && (
        <fieldset>
          <legend>{copy.conflict}</legend>
          {(Object.keys(copy.conflicts) as Conflict[]).map((choice) => (
            <label key={choice}>
              <input type="radio" name="conflict" checked={conflict === choice} onChange={() => app.receiving.chooseConflict(choice)} /> {copy.conflicts[choice]}
            </label>
          ))}
        </fieldset>
      )}
      {snag !== null && <p role="alert">{copy.snag[snag]}</p>}
      {again && whole && <p>{words.value.inbox.since(news)}</p>}
      <p class="actions">
        {news > 0 && (
          <button type="button" class="main" disabled={pressed === "receive"} onClick={() => void app.receiving.receiveNew()}>
            {words.value.inbox.receiveNew}
          </button>
        )}
        <button type="button" class={news > 0 ? undefined : "main"} disabled={pressed === "receive" || picked.nothing || !known} onClick={() => void app.receiving.receive()}>
          {copy.receive}
        </button>
        <button type="button" onClick={() => app.receiving.cancel()}>
          {copy.cancel}
        </button>
      </p>
      {!folders && copy.room[app.placing.room.value] !== "" && <p class="warning">{copy.room[app.placing.room.value]}</p>}
      {view.flagged > 0 && <p class="warning">{copy.flagged(view.flagged)}</p>}
      {(view.paths === "relay" || hidden) && <p class="hint">{view.paths === "relay" ? copy.hide.both : copy.hide.hidden}</p>}
      <p class="hint">
        {copy.datesNote} {folders && copy.checkedNote} {app.phone && copy.phoneNote}
      </p>
    </div>
  );
}
