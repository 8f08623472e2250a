import type { App } from "../app.ts";
import { type Receive, whereOf } from "../state.ts";
import { words } from "../words/words.ts";
import { CodeEntry } from "./code-entry.tsx";
import { Hide } from "./paths.tsx";
import { Saved } from "./saved.tsx";
import { FilesWithTrouble } from "./trouble.tsx";

type Open = Extract<Receive, { stage: "open" }>;

/** Failed or cancelled: what is there, and what can be done. */
export function Ended({ app, receive: { chosen, hidden, view, pressed } }: { app: App; receive: Open }) {
  const { failures, progress, receive: copy } = words.value;
  // What was cancelled is over: opening the link again begins anew.
  const again = view.phase === "failed" && !view.byCode && failures[view.why ?? "E_INTERNAL"].again;
  // Where some files failed the others are saved, and nothing is unfinished.
  const unfinished = view.phase === "failed" && view.why !== "E_INCOMPLETE" && view.written > 0;
  return (
    <>
      {view.written > 0 && (
        <p>
          {chosen.kind === "stream" ? progress.checked(view.filesVerified) : progress.verified(view.filesVerified, view.filesFailed)}. {unfinished && copy.left[whereOf(chosen)]}
        </p>
      )}
      <FilesWithTrouble changed={view.changed} failed={view.failed} count={view.filesFailed} said={(why) => failures[why]} />
      {again && hidden && <Hide app={app} hidden={hidden} />}
      {(view.why === "E_PATH" || view.why === "E_NO_RELAY") && (
        <p>
          <a class="stands-alone" href="/check" target="_blank" rel="noopener">
            {words.value.checkPage.title}
          </a>
        </p>
      )}
      <p class="actions">
        {again && (
          <button type="button" class="main" disabled={pressed === "connect"} onClick={() => void app.receiving.connect()}>
            {copy.retry}
          </button>
        )}
        {unfinished && (
          <button type="button" class="danger" onClick={() => app.receiving.discard()}>
            {copy.discard}
          </button>
        )}
      </p>
      {view.byCode && view.phase === "failed" && <CodeEntry app={app} title={words.value.code.next} note={false} />}
      <Saved app={app} bytes={view.verified} />
    </>
  );
}
