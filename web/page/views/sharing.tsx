import type { App } from "../app.ts";
import { choseSome, isEnd, type Root, type Send, shareStage, streamed } from "../state.ts";
import { sharerFailure, words } from "../words/words.ts";
import { useBrief } from "./brief.ts";
import { TypeDigits } from "./digits.tsx";
import { Link, LinkChoices } from "./link.tsx";
import { Members } from "./members.tsx";
import { Name } from "./name.tsx";
import { TellMe } from "./notices.tsx";
import { Picker } from "./picker.tsx";
import { Recipient } from "./recipient.tsx";
import { Slept } from "./slept.tsx";
import { Status } from "./status.tsx";
import { FilesWithTrouble } from "./trouble.tsx";

type State = Extract<Send, { stage: "sharing" }>;

export function Sharing({ app, send }: { app: App; send: State }) {
  const { view } = send;
  const copy = words.value.send;
  const away = view?.why === "E_OFFLINE" && view.phase === "connecting" && view.recipients.length === 0;
  const brief = useBrief(away); // at every start: nobody could have come yet
  const stage = brief ? "waiting" : shareStage(view);
  const over = view !== null && isEnd(view.phase);
  const active = view?.recipients.filter((r) => r.phase === "transferring").length ?? 0;
  // A share that was stopped on purpose has a reason too; its own words are better.
  // Where it lives and everybody's transfer ended, the last one's row has the reason.
  const why = view === null || brief ? null : stage === view.phase ? view.why : stage === "failed" ? (view.recipients.at(-1)?.why ?? null) : null;
  const said = why !== null && stage !== "cancelled" ? sharerFailure(why, view?.recipients.at(-1)?.paths) : null;
  const asks = view?.recipients.some((r) => r.asks) ?? false;
  const looks = stage === "waiting" && (view?.recipients.some((r) => r.phase === "listed") ?? false);
  const finished = view?.recipients.filter((r) => r.phase === "complete") ?? [];
  const part = finished.length > 0 && finished.every((r) => choseSome(r, send.walked.files));
  return (
    <>
      <Status phase={stage} text={asks && view?.approval === true ? words.value.policy.digits.status : said === null ? copy.status(looks ? "listed" : stage, active, over, asks, part, finished.some(streamed)) : `${said.title} ${said.next}`} />
      <Slept slept={send.slept} />
      {over ? (
        <p class="actions">
          <a class="button main" href="/">
            {copy.again}
          </a>
        </p>
      ) : (
        <>
          {view !== null && <TypeDigits app={app} view={view} />}
          <Link app={app} send={send} />
          <Members app={app} view={view} />
          <LinkChoices app={app} view={view} />
        </>
      )}
      <div class="sides">
        <Recipients app={app} send={send} over={over} />
        <Contents app={app} send={send} over={over} />
      </div>
      {!over && (
        <section aria-labelledby="notes">
          <h2 id="notes">{copy.notes.title}</h2>
          <ul class="facts">
            {copy.notes.lines.map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ul>
          <TellMe app={app} of="sharing" />
        </section>
      )}
    </>
  );
}

function Recipients({ app, send, over }: { app: App; send: State; over: boolean }) {
  const copy = words.value.send;
  const { paces, seen, view } = send;
  return (
    <section aria-labelledby="recipients" data-keeps-focus="yes">
      <h2 id="recipients">{copy.recipients}</h2>
      <ul aria-label={copy.recipients}>
        {view?.recipients.map((r) => (
          <Recipient key={r.session} app={app} recipient={r} shared={send.walked.files} approval={view.approval} number={seen.indexOf(r.session) + 1} pace={paces[r.session]} />
        ))}
      </ul>
      {(view === null || (view.recipients.length === 0 && view.mistyped === 0)) && <p class="quiet-text">{copy.noRecipients(over)}</p>}
    </section>
  );
}

/** What is shared, and changing it. */
function Contents({ app, send, over }: { app: App; send: State; over: boolean }) {
  const copy = words.value.send;
  const { view, walked } = send;
  return (
    <section aria-labelledby="contents" data-keeps-focus="yes">
      <h2 id="contents">{copy.contents}</h2>
      <p>{copy.found(walked.files, walked.bytes, send.walk === "walked")}</p>
      {walked.unreadable > 0 && <p class="warning">{copy.unreadable(walked.unreadable)}</p>}
      {walked.leftOut > 0 && <p class="warning">{copy.leftOut(walked.leftOut)}</p>}
      {walked.roots.length > 0 && (
        <ul class="roots" aria-label={copy.contents}>
          {walked.roots.map((root) => (
            <Item key={root.index} app={app} root={root} fixed={over} />
          ))}
        </ul>
      )}
      {walked.more > 0 && <p class="quiet-text">{copy.more(walked.more)}</p>}
      {walked.roots.length === 0 && send.walk === "walked" && <p class="quiet-text">{copy.nothingLeft}</p>}
      {view !== null && <FilesWithTrouble changed={view.changed} failed={view.failed} count={view.failed.length} said={sharerFailure} />}
      {!over && (
        <>
          <p class="actions">
            <Picker id="pick-files" label={copy.chooseFiles} app={app} />
            <Picker id="pick-folder" label={copy.chooseFolder} app={app} folder />
          </p>
          <p class="hint">{copy.addHint}</p>
        </>
      )}
      {send.refusal !== null && <p role="alert">{copy.refusal[send.refusal]}</p>}
    </section>
  );
}

function Item({ app, root, fixed }: { app: App; root: Root; fixed: boolean }) {
  const { filesAndSize, format, send: copy } = words.value;
  const id = `item-${root.index}`;
  return (
    <li>
      <span id={id}>
        <Name of={root.name} />
      </span>
      <span class="quiet-text figures">{root.kind === "dir" ? filesAndSize(root.files, root.bytes) : format.size(root.bytes)}</span>
      {!fixed && (
        <button type="button" class="quiet" aria-describedby={id} onClick={() => app.sharing.remove(root.index)}>
          {copy.remove}
        </button>
      )}
    </li>
  );
}
