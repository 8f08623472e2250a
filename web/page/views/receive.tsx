import type { Conflict } from "../../shared/messages.ts";
import type { App } from "../app.ts";
import { noPace, took } from "../pace.ts";
import { type Receive as ReceiveState, unreachable } from "../state.ts";
import type { Sentence } from "../words/types.ts";
import { words } from "../words/words.ts";
import { Meter } from "./meter.tsx";
import { FilesWithTrouble } from "./trouble.tsx";
import { Name } from "./name.tsx";
import { Status } from "./status.tsx";
import { Tree } from "./tree.tsx";

type Open = Extract<ReceiveState, { stage: "open" }>;

export function Receive({ app, receive }: { app: App; receive: ReceiveState }) {
  const copy = words.value.receive;
  switch (receive.stage) {
    case "no-link":
      return <Dead said={copy.noLink} />;
    case "elsewhere":
      return <Dead said={copy.elsewhere} />;
    case "opening":
      return (
        <>
          <p class="lead">{copy.lead}</p>
          <Status phase="ready" text={copy.opening} />
        </>
      );
    case "open":
      return <Opened app={app} receive={receive} />;
    default:
      return unreachable(receive);
  }
}

function Dead({ said }: { said: Sentence }) {
  return <Status phase="failed" text={`${said.title} ${said.next}`} />;
}

function Opened({ app, receive }: { app: App; receive: Open }) {
  const { failures, receive: copy } = words.value;
  const { chosen, view } = receive;
  const why = view.why ?? (view.phase === "failed" ? "E_INTERNAL" : null);
  // A destination that is full before the first byte is no pause: it does not go on by itself.
  const refused = why === "E_SPACE" && view.phase === "listed";
  const said = why === null || view.phase === "cancelled" ? null : refused ? copy.noRoom : failures[why];
  const status = said !== null ? `${said.title} ${said.next}` : view.asking ? copy.asking : copy.status(view.phase, view.files, view.pausedHere, chosen.kind === "folder");
  return (
    <>
      {view.phase === "ready" && <p class="lead">{copy.lead}</p>}
      {view.title !== "" && (
        <p class="share-title">
          <Name of={view.title} />
        </p>
      )}
      <Status phase={view.asking ? "waiting" : view.phase} text={status} />
      <Stage app={app} receive={receive} />
      {view.entries > 0 && <List app={app} receive={receive} />}
    </>
  );
}

/** What can be done and seen at this stage. */
function Stage({ app, receive }: { app: App; receive: Open }) {
  const copy = words.value.receive;
  const { view, pressed } = receive;
  switch (view.phase) {
    case "ready":
      return (
        <>
          <p class="quiet-text">{copy.connectNote}</p>
          <p class="actions">
            <button type="button" class="main" disabled={pressed === "connect"} onClick={() => app.connect()}>
              {copy.connect}
            </button>
          </p>
        </>
      );
    case "waiting":
    case "connecting":
      return <Actions app={app} />;
    case "listed":
      return <Offer app={app} receive={receive} />;
    case "transferring":
    case "reconnecting":
    case "verifying":
    case "paused":
      // One piece for all of them: what has the focus stays the same element.
      return (
        <>
          {view.needed > 0 && <p role="alert">{copy.needed(view.needed)}</p>}
          <Moving receive={receive} />
          <Actions app={app} toggle={view.phase === "transferring" ? "pause" : view.phase === "paused" && view.pausedHere ? "resume" : "none"} />
        </>
      );
    case "complete":
      return <Done app={app} receive={receive} />;
    case "failed":
    case "cancelled":
      return <Ended app={app} receive={receive} />;
    default:
      return unreachable(view.phase);
  }
}

function Actions({ app, toggle = "none" }: { app: App; toggle?: "none" | "pause" | "resume" }) {
  const copy = words.value.receive;
  return (
    <p class="actions">
      {toggle !== "none" && (
        <button type="button" class={toggle === "resume" ? "main" : undefined} onClick={() => app.pause(toggle === "pause")}>
          {toggle === "pause" ? copy.pause : copy.resume}
        </button>
      )}
      <button type="button" onClick={() => app.cancel()}>
        {copy.cancel}
      </button>
    </p>
  );
}

/** The list is there: where to, what to do about names that exist, and Receive. */
function Offer({ app, receive }: { app: App; receive: Open }) {
  const copy = words.value.receive;
  const { chosen, conflict, snag, view, pressed } = receive;
  const folders = window.showDirectoryPicker !== undefined || chosen.kind === "folder";
  return (
    <>
      {folders && (
        <fieldset>
          <legend>{copy.conflict}</legend>
          {(Object.keys(copy.conflicts) as Conflict[]).map((choice) => (
            <label key={choice}>
              <input type="radio" name="conflict" checked={conflict === choice} onChange={() => app.chooseConflict(choice)} /> {copy.conflicts[choice]}
            </label>
          ))}
        </fieldset>
      )}
      <p class="quiet-text">
        {chosen.kind === "folder" ? (
          <>
            {copy.folderChosen} <Name of={chosen.handle.name} />.
          </>
        ) : folders ? (
          copy.folderAsk
        ) : (
          copy.browserKeeps
        )}{" "}
        {copy.datesNote}
      </p>
      {!folders && app.asksForRoom.value && <p class="warning">{copy.asksForRoom}</p>}
      {view.flagged > 0 && <p class="warning">{copy.flagged(view.flagged)}</p>}
      {snag !== null && <p role="alert">{copy.snag[snag]}</p>}
      <p class="actions">
        <button type="button" class="main" disabled={pressed === "receive"} onClick={() => void app.receive()}>
          {copy.receive}
        </button>
        <button type="button" onClick={() => app.cancel()}>
          {copy.cancel}
        </button>
      </p>
    </>
  );
}

function Moving({ receive: { view, pace } }: { receive: Open }) {
  const { failures, progress, route } = words.value;
  return (
    <>
      <Meter
        label={progress.label}
        total={view.bytes}
        written={view.written}
        safe={view.safe}
        verified={view.verified}
        finished={view.phase === "complete"}
        pace={view.phase === "transferring" ? pace : noPace}
      />
      <p class="quiet-text">
        {progress.verified(view.filesVerified, view.filesFailed)}
        {view.route === "unknown" ? "" : `, ${route[view.route]}`}
      </p>
      <FilesWithTrouble changed={view.changed} failed={view.failed} count={view.filesFailed} said={(why) => failures[why]} />
    </>
  );
}

function Done({ app, receive }: { app: App; receive: Open }) {
  const { progress } = words.value;
  const { view, pace } = receive;
  const seconds = took(pace);
  return (
    <>
      <Moving receive={receive} />
      {seconds !== null && <p>{progress.took(view.bytes, seconds)}</p>}
      <Saved app={app} bytes={view.verified} />
    </>
  );
}

function Ended({ app, receive: { chosen, view, pressed } }: { app: App; receive: Open }) {
  const { failures, progress, receive: copy } = words.value;
  // What was cancelled is over: opening the link again begins anew.
  const again = view.phase === "failed" && failures[view.why ?? "E_INTERNAL"].again;
  // Where some files failed the others are saved, and nothing is unfinished.
  const unfinished = view.phase === "failed" && view.why !== "E_INCOMPLETE" && view.written > 0;
  return (
    <>
      {view.written > 0 && (
        <p>
          {progress.verified(view.filesVerified, view.filesFailed)}. {unfinished && copy.left[chosen.kind === "folder" ? "folder" : "browser"]}
        </p>
      )}
      <FilesWithTrouble changed={view.changed} failed={view.failed} count={view.filesFailed} said={(why) => failures[why]} />
      <p class="actions">
        {again && (
          <button type="button" class="main" disabled={pressed === "connect"} onClick={() => app.connect()}>
            {copy.retry}
          </button>
        )}
        {unfinished && (
          <button type="button" class="danger" onClick={() => app.discard()}>
            {copy.discard}
          </button>
        )}
      </p>
      <Saved app={app} bytes={view.verified} />
    </>
  );
}

/** Downloads that the browser was asked to save, once more, until their copy here is deleted. */
function Saved({ app, bytes }: { app: App; bytes: number }) {
  const copy = words.value.receive;
  if (app.freed.value) return <p class="quiet-text">{copy.freed}</p>;
  if (app.saved.value.length === 0) return null;
  return (
    <>
      <p class="quiet-text">{copy.saved}</p>
      <ul class="roots">
        {app.saved.value.map(({ name, url }) => (
          <li key={url}>
            <a href={url} download={name}>
              <Name of={name} />
            </a>
          </li>
        ))}
      </ul>
      <p class="quiet-text">{copy.kept(bytes)}</p>
      <p class="actions">
        <button type="button" class="danger" onClick={() => app.discard()}>
          {copy.free}
        </button>
      </p>
    </>
  );
}

function List({ app, receive: { view } }: { app: App; receive: Open }) {
  const copy = words.value.receive;
  return (
    <section aria-labelledby="files">
      <h2 id="files">{copy.files}</h2>
      <p>{copy.total(view.files, view.bytes, view.listed)}</p>
      <Tree listing={app.listing} />
    </section>
  );
}
