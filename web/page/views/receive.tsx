import type { Phase, ReceiveView } from "../../shared/views.ts";
import type { FailureCode } from "../../wire/wire.ts";
import type { App } from "../app.ts";
import { type Receive as ReceiveState, unreachable, whereOf } from "../state.ts";
import type { Sentence } from "../words/types.ts";
import { recipientFailure, words } from "../words/words.ts";
import { useBrief } from "./brief.ts";
import { Ended } from "./ended.tsx";
import { CodeEntry } from "./code-entry.tsx";
import { ReadOut } from "./digits.tsx";
import { Done, Moving } from "./moving.tsx";
import { Name } from "./name.tsx";
import { Offer } from "./offer.tsx";
import { Inbox } from "./inbox.tsx";
import { Hide } from "./paths.tsx";
import { Proved, SayWho, Whose } from "./proved.tsx";
import { Slept } from "./slept.tsx";
import { Status } from "./status.tsx";
import { Tree } from "./tree.tsx";
import { Recalled, Unfinished } from "./unfinished.tsx";
import type { Mode } from "./tree-row.tsx";

type Open = Extract<ReceiveState, { stage: "open" }>;

export function Receive({ app, receive }: { app: App; receive: ReceiveState }) {
  const copy = words.value.receive;
  switch (receive.stage) {
    case "no-link":
      return (
        <>
          <NoLink app={app} />
          <Inbox app={app} />
          <CodeEntry app={app} title={words.value.code.title} />
          <Unfinished app={app} />
        </>
      );
    case "elsewhere":
      return <Dead said={copy.elsewhere} />;
    case "opening":
      return (
        <>
          {app.receiving.offer === null && <p class="lead">{copy.lead}</p>}
          <Whose app={app} />
          <Status phase="ready" text={copy.opening} />
        </>
      );
    case "open":
      return <Opened app={app} receive={receive} />;
    default:
      return unreachable(receive);
  }
}

/** Without a link, who has contacts is in the right place all the same. */
function NoLink({ app }: { app: App }) {
  const { contacts, inbox, receive } = words.value;
  const people = app.people.view.value;
  if (people === null) return <Status phase="connecting" text={contacts.status.opening} />;
  const knows = people.at === "locked" || (people.at === "open" && people.contacts.length > 0);
  return knows ? <Status phase="ready" text={people.at === "locked" ? contacts.status.locked : inbox.here} /> : <Dead said={receive.noLink} />;
}

function Dead({ said }: { said: Sentence }) {
  return <Status phase="failed" text={`${said.title} ${said.next}`} />;
}

function Opened({ app, receive }: { app: App; receive: Open }) {
  const copy = words.value.receive;
  const { chosen, view } = receive;
  const away = view.why === "E_OFFLINE" && (view.phase === "waiting" || view.phase === "connecting");
  const brief = useBrief(away); // at every start: the search has begun, and there is no trouble yet
  const phase = view.asking ? "waiting" : brief ? "connecting" : view.phase;
  const why = brief ? null : (view.why ?? (view.phase === "failed" ? "E_INTERNAL" : null));
  // A destination that is full before the first byte is no pause: it does not go on by itself.
  const refused = why === "E_SPACE" && view.phase === "listed";
  const gone = why === "E_REVOKED" && app.receiving.offer !== null; // there is no link that could have been closed
  const said = why === null || view.phase === "cancelled" ? null : refused ? copy.noRoom : gone ? words.value.inbox.notHere : recipientFailure(why, view.paths);
  const leave = app.receiving.saved.value.length === 0 && chosen.kind !== "stream";
  const spoiled = chosen.kind === "stream" && view.phase === "failed" && said !== null && ofOneFile.has(why);
  const byCode = codeStatus(view, phase);
  const status = byCode !== null ? byCode : spoiled ? `${said.title} ${copy.streamLost}` : phase === "reconnecting" ? copy.reconnecting(view.since, why, said) : said !== null ? `${said.title} ${said.next}` : view.asking ? (view.digits === "" ? copy.asking : words.value.policy.digits.statusHere) : copy.status(phase, view.files, view.pausedHere, whereOf(chosen), leave);
  return (
    <>
      {view.phase === "ready" && app.receiving.offer === null && <p class="lead">{copy.lead}</p>}
      {view.title !== "" && (
        <p class="share-title">
          <Name of={view.title} />
        </p>
      )}
      <Whose app={app} />
      <Proved app={app} who={view.sender} of="sender" done={view.phase === "complete"} />
      {view.note !== "" && (
        <figure class="note">
          <figcaption class="quiet-text">{words.value.policy.noteFrom}</figcaption>
          <p dir="auto">{view.note}</p>
        </figure>
      )}
      <Status phase={phase} text={status} />
      <Slept slept={receive.slept} />
      <Stage app={app} receive={receive} />
      {view.entries > 0 && <List app={app} receive={receive} />}
    </>
  );
}

/** What is said while the sender of a code is looked for; null: nothing that is different there. */
function codeStatus({ byCode, tries, why, wrongCode }: ReceiveView, phase: Phase): string | null {
  const copy = words.value.code;
  if (!byCode || phase !== "waiting" || tries === 0) return null; // without tries the way back is known
  if (wrongCode) return copy.wrong(tries);
  return why === "E_BUSY" ? copy.busy : why === "E_NO_PEER" ? copy.noAnswer : why === null || why === "E_CODE" ? copy.looking : null;
}

/** What fails one file anywhere else fails a download that is written while it arrives. */
const ofOneFile: ReadonlySet<FailureCode | null> = new Set(["E_CHANGED", "E_READ", "E_ROOT", "E_WITHDRAWN", "E_INCOMPLETE"]);

/** What can be done and seen at this stage. */
function Stage({ app, receive }: { app: App; receive: Open }) {
  const copy = words.value.receive;
  const { view, pressed } = receive;
  const left = app.receiving.recalled.value;
  switch (view.phase) {
    case "ready":
      return (
        <>
          <p class="quiet-text connect-note">{receive.hidden ? copy.hide.note : copy.connectNote}</p>
          {left !== null && <Recalled app={app} left={left} />}
          <Hide app={app} hidden={receive.hidden} />
          {app.receiving.offer === null && <SayWho app={app} on={app.says.value} disabled={false} choose={(on) => app.sayWho(on)} hint="recipient" />}
          <p class="actions">
            <button type="button" class="main" disabled={pressed === "connect"} onClick={() => void app.receiving.connect()}>
              {left === null ? copy.connect : words.value.resume.goOn}
            </button>
          </p>
          <ol class="steps" aria-label={copy.steps.label}>
            {copy.steps.lines.map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ol>
        </>
      );
    case "waiting":
    case "connecting":
      return (
        <>
          {view.digits !== "" && <ReadOut digits={view.digits} />}
          {view.wrongCode ? <CodeEntry app={app} title={words.value.code.once} start={app.codes.tried} note={false} /> : <div class="alive" aria-hidden="true" />}
          <Actions app={app} />
        </>
      );
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
          <Moving app={app} receive={receive} />
          <Actions app={app} toggle={view.phase === "transferring" ? "pause" : view.phase === "paused" && view.pausedHere ? "resume" : "none"} />
          <p class="hint">{receive.chosen.kind === "stream" ? copy.whileStreaming : app.phone ? copy.whileMovingPhone : copy.whileMoving}</p>
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
        <button type="button" class={toggle === "resume" ? "main" : undefined} onClick={() => app.receiving.pause(toggle === "pause")}>
          {toggle === "pause" ? copy.pause : copy.resume}
        </button>
      )}
      <button type="button" onClick={() => app.receiving.cancel()}>
        {copy.cancel}
      </button>
    </p>
  );
}

/** What the list is for at this stage. */
function listMode({ view, pressed }: Open): Mode {
  if (view.phase === "listed") return pressed === "receive" ? "look" : "choose";
  return view.phase === "connecting" || view.phase === "waiting" ? "look" : "watch";
}

function List({ app, receive }: { app: App; receive: Open }) {
  const copy = words.value.receive;
  return (
    <section aria-labelledby="files">
      <h2 id="files">{copy.files}</h2>
      <Tree listing={app.listing} mode={listMode(receive)} phase={receive.view.phase} />
    </section>
  );
}
