import type { Conflict } from "../../shared/messages.ts";
import type { App } from "../app.ts";
import { conflictCopy, failureCopy, progress, receive as copy, routeWord, snagCopy, type Words } from "../copy.ts";
import { noPace, took } from "../pace.ts";
import { type Receive as ReceiveState, unreachable } from "../state.ts";
import { Meter } from "./meter.tsx";
import { FilesWithTrouble } from "./trouble.tsx";
import { Name } from "./name.tsx";
import { Status } from "./status.tsx";
import { Tree } from "./tree.tsx";

type Open = Extract<ReceiveState, { stage: "open" }>;

export function Receive({ app, receive }: { app: App; receive: ReceiveState }) {
  switch (receive.stage) {
    case "no-link":
      return <Dead words={copy.noLink} />;
    case "elsewhere":
      return <Dead words={copy.elsewhere} />;
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

function Dead({ words }: { words: Words }) {
  return <Status phase="failed" text={`${words.title} ${words.next}`} />;
}

function Opened({ app, receive }: { app: App; receive: Open }) {
  const { chosen, view } = receive;
  const why = view.why ?? (view.phase === "failed" ? "E_INTERNAL" : null);
  // A destination that is full before the first byte is no pause: it does not go on by itself.
  const refused = why === "E_SPACE" && view.phase === "listed";
  const words = why === null || view.phase === "cancelled" ? null : refused ? copy.noRoom : failureCopy[why];
  const status = words !== null ? `${words.title} ${words.next}` : view.asking ? copy.asking : copy.status(view.phase, view.files, view.pausedHere, chosen.kind === "folder");
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
  const { chosen, conflict, snag, view, pressed } = receive;
  const folders = window.showDirectoryPicker !== undefined || chosen.kind === "folder";
  return (
    <>
      {folders && (
        <fieldset>
          <legend>{copy.conflict}</legend>
          {(Object.keys(conflictCopy) as Conflict[]).map((choice) => (
            <label key={choice}>
              <input type="radio" name="conflict" checked={conflict === choice} onChange={() => app.chooseConflict(choice)} /> {conflictCopy[choice]}
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
      {snag !== null && <p role="alert">{snagCopy[snag]}</p>}
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
        {view.route === "unknown" ? "" : `, ${routeWord[view.route]}`}
      </p>
      <FilesWithTrouble changed={view.changed} failed={view.failed} count={view.filesFailed} words={(why) => failureCopy[why]} />
    </>
  );
}

function Done({ app, receive }: { app: App; receive: Open }) {
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
  // What was cancelled is over: opening the link again begins anew.
  const again = view.phase === "failed" && failureCopy[view.why ?? "E_INTERNAL"].again;
  // Where some files failed the others are saved, and nothing is unfinished.
  const unfinished = view.phase === "failed" && view.why !== "E_INCOMPLETE" && view.written > 0;
  return (
    <>
      {view.written > 0 && (
        <p>
          {progress.verified(view.filesVerified, view.filesFailed)}. {unfinished && copy.left[chosen.kind === "folder" ? "folder" : "browser"]}
        </p>
      )}
      <FilesWithTrouble changed={view.changed} failed={view.failed} count={view.filesFailed} words={(why) => failureCopy[why]} />
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
  return (
    <section aria-labelledby="files">
      <h2 id="files">{copy.files}</h2>
      <p>{copy.total(view.files, view.bytes, view.listed)}</p>
      <Tree listing={app.listing} />
    </section>
  );
}
