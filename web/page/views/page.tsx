// The frame around every page: heading, what it is about, the drop hint.

import type { ComponentChildren } from "preact";
import type { App } from "../app.ts";
import { unreachable } from "../state.ts";
import type { Sentence } from "../words/types.ts";
import { words } from "../words/words.ts";
import { Language } from "./language.tsx";
import { Mark } from "./mark.tsx";
import { Receive } from "./receive.tsx";
import { Send } from "./send.tsx";
import { Status } from "./status.tsx";
import { NewerVersion, Serverless } from "./version.tsx";

export function Page({ app }: { app: App }) {
  const state = app.state.value;
  const { failures, missing, receive, send } = words.value;
  switch (state.page) {
    case "unfit":
      return <Trouble said={missing[state.missing]} />;
    case "broken":
      return <Trouble said={failures.E_INTERNAL} />;
    case "send":
      return (
        <Frame app={app} title={send.title} hint={send.dropNow}>
          <Send app={app} send={state.send} />
        </Frame>
      );
    case "receive":
      return (
        <Frame app={app} title={receive.title} hint={receive.dropNow}>
          <Receive app={app} receive={state.receive} />
        </Frame>
      );
    default:
      return unreachable(state);
  }
}

/** A page that can't go on: what is wrong, and what to do. */
function Trouble({ said }: { said: Sentence }) {
  return (
    <main class="page">
      <h1 tabIndex={-1}>{said.title}</h1>
      <Status phase="failed" text={said.next} />
    </main>
  );
}

interface FrameProps {
  app: App;
  title: string;
  hint: string;
  children: ComponentChildren;
}

function Frame({ app, title, hint, children }: FrameProps) {
  return (
    <div class="page" data-dragging={app.dragging.value ? "yes" : undefined}>
      <header class="head">
        <a class="brand" href="/">
          <Mark />
          Beeline
        </a>
        <Language />
      </header>
      <Serverless app={app} />
      <main>
        <h1 tabIndex={-1}>{title}</h1>
        {children}
      </main>
      <footer>
        <NewerVersion app={app} />
        <p>{words.value.limits}</p>
      </footer>
      {app.dragging.value && (
        <div class="drop-hint" aria-hidden="true">
          <p>{hint}</p>
        </div>
      )}
    </div>
  );
}
