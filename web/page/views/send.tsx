import type { App } from "../app.ts";
import type { Refusal, Send as SendState } from "../state.ts";
import { words } from "../words/words.ts";
import { SharedBefores } from "./again.tsx";
import { CodeEntry } from "./code-entry.tsx";
import { Inbox } from "./inbox.tsx";
import { Picker } from "./picker.tsx";
import { Sharing } from "./sharing.tsx";
import { Status } from "./status.tsx";
import { Unfinished } from "./unfinished.tsx";

export function Send({ app, send }: { app: App; send: SendState }) {
  return send.stage === "empty" ? <Empty app={app} refusal={send.refusal} /> : <Sharing app={app} send={send} />;
}

function Empty({ app, refusal }: { app: App; refusal: Refusal | null }) {
  const copy = words.value.send;
  return (
    <>
      <p class="lead">{copy.lead}</p>
      <Status phase="ready" text={copy.status("ready", 0, false, false, false, false)} />
      <div class="drop-zone">
        <p class="drop-words" aria-hidden="true">
          {copy.dropHere}
        </p>
        <p class="actions">
          <Picker id="pick-files" label={copy.chooseFiles} app={app} main />
          <Picker id="pick-folder" label={copy.chooseFolder} app={app} folder main />
        </p>
        <p class="hint">{copy.folderHint}</p>
      </div>
      {refusal !== null && <p role="alert">{copy.refusal[refusal]}</p>}
      <Inbox app={app} />
      <CodeEntry app={app} title={words.value.code.title} />
      <SharedBefores app={app} />
      <Unfinished app={app} />
      <ul class="promises">
        {copy.promises.map(({ title, text }) => (
          <li key={title}>
            <strong>{title}</strong> {text}
          </li>
        ))}
      </ul>
    </>
  );
}
