import { useEffect, useRef } from "preact/hooks";
import type { App } from "../app.ts";
import { isEnd, type Refusal, type Send as SendState, shareStage } from "../state.ts";
import { sharerFailure, words } from "../words/words.ts";
import { Name } from "./name.tsx";
import { Recipient } from "./recipient.tsx";
import { Status } from "./status.tsx";
import { FilesWithTrouble } from "./trouble.tsx";

export function Send({ app, send }: { app: App; send: SendState }) {
  return send.stage === "empty" ? <Empty app={app} refusal={send.refusal} /> : <Sharing app={app} send={send} />;
}

function Empty({ app, refusal }: { app: App; refusal: Refusal | null }) {
  const copy = words.value.send;
  return (
    <>
      <p class="lead">{copy.lead}</p>
      <Status phase="ready" text={copy.status("ready", 0, false)} />
      <div class="drop-zone">
        <Picker id="pick-files" label={copy.chooseFiles} app={app} />
        <Picker id="pick-folder" label={copy.chooseFolder} app={app} folder />
        <p class="quiet-text">{copy.folderHint}</p>
      </div>
      {refusal !== null && <p role="alert">{copy.refusal[refusal]}</p>}
    </>
  );
}

/** A button in front of a file input, whose own look and words can't be chosen. */
function Picker({ id, label, app, folder = false }: { id: string; label: string; app: App; folder?: boolean }) {
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (input.current !== null) input.current.webkitdirectory = folder;
  }, [folder]);
  return (
    <>
      <button type="button" class="main" onClick={() => input.current?.click()}>
        {label}
      </button>
      <input
        ref={input}
        id={id}
        type="file"
        multiple
        hidden
        tabIndex={-1}
        aria-label={label}
        onChange={(e) => {
          if (e.currentTarget.files !== null) app.choose(e.currentTarget.files);
          e.currentTarget.value = ""; // the same choice again is a choice
        }}
      />
    </>
  );
}

function Sharing({ app, send }: { app: App; send: Extract<SendState, { stage: "sharing" }> }) {
  const { view, walked } = send;
  const { filesAndSize, format, send: copy } = words.value;
  const stage = shareStage(view);
  const over = view !== null && isEnd(view.phase);
  const active = view?.recipients.filter((r) => r.phase === "transferring").length ?? 0;
  // A share that was stopped on purpose has a reason too; its own words are better.
  // Where it lives and everybody's transfer ended, the last one's row has the reason.
  const why = view === null ? null : stage === view.phase ? view.why : stage === "failed" ? (view.recipients.at(-1)?.why ?? null) : null;
  const said = why !== null && stage !== "cancelled" ? sharerFailure(why) : null;
  return (
    <>
      <Status phase={stage} text={said === null ? copy.status(stage, active, over) : `${said.title} ${said.next}`} />
      {!over && <LinkBox app={app} link={view?.link ?? null} copied={send.copied} />}

      <section aria-labelledby="recipients">
        <h2 id="recipients">{copy.recipients}</h2>
        <ul class="recipients" aria-label={copy.recipients}>
          {view?.recipients.map((r) => (
            <Recipient key={r.session} app={app} recipient={r} number={send.seen.indexOf(r.session) + 1} pace={send.paces[r.session]} />
          ))}
        </ul>
        {(view === null || view.recipients.length === 0) && <p class="quiet-text">{copy.noRecipients(over)}</p>}
      </section>

      <section aria-labelledby="contents">
        <h2 id="contents">{copy.contents}</h2>
        <p>{copy.found(walked.files, walked.bytes, send.walk === "walked")}</p>
        {walked.unreadable > 0 && <p class="warning">{copy.unreadable(walked.unreadable)}</p>}
        <ul class="roots">
          {walked.roots.map((root, i) => (
            <li key={i}>
              <Name of={root.name} />
              <span class="quiet-text">{root.kind === "dir" ? filesAndSize(root.files, root.bytes) : format.size(root.bytes)}</span>
            </li>
          ))}
        </ul>
        {walked.more > 0 && <p class="quiet-text">{copy.more(walked.more)}</p>}
        {view !== null && <FilesWithTrouble changed={view.changed} failed={view.failed} count={view.failed.length} said={sharerFailure} />}
      </section>

      {send.refusal !== null && <p role="alert">{copy.refusal[send.refusal]}</p>}
      <p class="actions">
        {over ? (
          <a class="button" href="/">
            {copy.again}
          </a>
        ) : (
          <button type="button" class="danger" onClick={() => app.stopSharing()}>
            {copy.stop}
          </button>
        )}
      </p>
    </>
  );
}

function LinkBox({ app, link, copied }: { app: App; link: string | null; copied: "no" | "yes" | "by-hand" }) {
  const copy = words.value.send;
  const box = useRef<HTMLInputElement>(null);
  return (
    <section class="link" aria-label={copy.link}>
      <label for="share-link">{copy.link}</label>
      <div class="row">
        <input
          ref={box}
          id="share-link"
          type="text"
          readonly
          autocomplete="off"
          spellcheck={false}
          value={link === null ? "" : `${location.origin}/r#${link}`}
          placeholder={copy.making}
          onFocus={(e) => e.currentTarget.select()}
        />
        <button type="button" class="main" disabled={link === null} onClick={() => box.current !== null && void app.copyLink(box.current)}>
          {copy.copy}
        </button>
      </div>
      <p class="quiet-text" aria-live="polite">
        {copied === "yes" ? copy.copied : copied === "by-hand" ? copy.copyByHand : ""}
      </p>
      <p class="quiet-text">{copy.linkHint}</p>
    </section>
  );
}
