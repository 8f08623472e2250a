// The frame around every page: heading, what it is about, the drop hint.

import type { ComponentChildren } from "preact";
import type { App } from "../app.ts";
import { holdsNothing, unreachable } from "../state.ts";
import type { Sentence } from "../words/types.ts";
import { words } from "../words/words.ts";
import { Check } from "./check.tsx";
import { Contacts } from "./contacts.tsx";
import { Language } from "./language.tsx";
import { Mark } from "./mark.tsx";
import { Receive } from "./receive.tsx";
import { Send } from "./send.tsx";
import { Status } from "./status.tsx";
import { Trust } from "./trust.tsx";
import { NewerVersion, Serverless } from "./version.tsx";

export function Page({ app }: { app: App }) {
  const state = app.state.value;
  const { checkPage, contacts, failures, missing, receive, send, trustPage } = words.value;
  switch (state.page) {
    case "unfit":
      return <Trouble app={app} said={missing[state.missing]} />;
    case "broken":
      return <Trouble app={app} said={failures.E_INTERNAL} />;
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
    case "trust":
      return (
        <Frame app={app} title={trustPage.title} hint={null}>
          <Trust />
        </Frame>
      );
    case "contacts":
      return (
        <Frame app={app} title={contacts.title} hint={null}>
          <Contacts app={app} />
        </Frame>
      );
    case "check":
      return (
        <Frame app={app} title={checkPage.title} hint={null}>
          <Check app={app} />
        </Frame>
      );
    default:
      return unreachable(state);
  }
}

/** A page that can't go on: what is wrong, and what to do. */
function Trouble({ app, said }: { app: App; said: Sentence }) {
  return (
    <main class="page">
      <h1 tabIndex={-1}>{said.title}</h1>
      <Status phase="failed" text={said.next} />
      <TrustLink app={app} />
    </main>
  );
}

interface FrameProps {
  app: App;
  title: string;
  /** What a drop would do here; null where it does nothing. */
  hint: string | null;
  children: ComponentChildren;
}

function Frame({ app, title, hint, children }: FrameProps) {
  return (
    <div class="page" data-dragging={app.dragging.value ? "yes" : undefined}>
      <header class="head">
        <a class="brand" href="/">
          <Mark />
          <span class="brand-name">Beeline</span>
        </a>
        <ContactsLink app={app} />
        <TrustLink app={app} />
        <Language />
      </header>
      <main>
        <Serverless app={app} />
        <h1 tabIndex={-1}>{title}</h1>
        {children}
      </main>
      <footer>
        <NewerVersion app={app} />
        <p>{words.value.limits}</p>
        <CheckLink app={app} />
      </footer>
      {app.dragging.value && hint !== null && (
        <div class="drop-hint" aria-hidden="true">
          <p>{hint}</p>
        </div>
      )}
    </div>
  );
}

/** To /check; where leaving this page would lose something, in a tab of its own. */
function CheckLink({ app }: { app: App }) {
  if (app.state.value.page === "check") return null;
  return (
    <p>
      <a href="/check" target={holdsNothing(app.state.value) ? undefined : "_blank"} rel="noopener">
        {words.value.checkPage.title}
      </a>
    </p>
  );
}

/** To /contacts, likewise. */
function ContactsLink({ app }: { app: App }) {
  if (app.state.value.page === "contacts") return null;
  return (
    <p>
      <a href="/contacts" target={holdsNothing(app.state.value) ? undefined : "_blank"} rel="noopener">
        {words.value.contacts.title}
      </a>
    </p>
  );
}

/** To /trust, in a tab of its own where leaving this page would lose something. */
function TrustLink({ app }: { app: App }) {
  if (app.state.value.page === "trust") return null;
  return (
    <p>
      <a href="/trust" target={holdsNothing(app.state.value) ? undefined : "_blank"} rel="noopener">
        {words.value.trust}
      </a>
    </p>
  );
}
