// Moving the identity to another device of the same person, or from one.

import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { DeviceView, GiveView, TakeView } from "../../shared/views.ts";
import type { FailureCode } from "../../wire/wire.ts";
import type { App } from "../app.ts";
import { homeHost } from "../home.ts";
import { minutesLeft } from "../typing.ts";
import { words } from "../words/words.ts";
import { CodeEntry } from "./code-entry.tsx";

/** How often the minutes are looked at, ms. */
const lookEvery = 5000;
/** Wrong digits until a code is over. */
const triesMost = 3;

/** Opens while something is under way, also where the page was drawn anew; the person closes it. */
function useOpened(busy: boolean) {
  const box = useRef<HTMLDetailsElement>(null);
  useLayoutEffect(() => {
    if (busy && box.current !== null) box.current.open = true;
  }, [busy]);
  return box;
}

/** The old device's side. */
export function MoveAway({ app }: { app: App }) {
  const copy = words.value.device.give;
  const view = ofSide(app.device.view.value, "give");
  const box = useOpened(view !== null);
  return (
    <details ref={box} class="card">
      <summary>{copy.title}</summary>
      <p>{copy.lead}</p>
      {view !== null && <Given app={app} view={view} />}
      {/* What is said stands in a region that was there before. */}
      <p aria-live="polite">{view === null ? "" : givenText(view)}</p>
      <p class="actions">
        {(view === null || !underWay(view)) && (
          <button type="button" onClick={() => app.device.give()}>
            {view === null || view.phase === "complete" ? copy.make : copy.another}
          </button>
        )}
        {view !== null && underWay(view) && (
          <button type="button" onClick={() => app.device.stop()}>
            {copy.stop}
          </button>
        )}
      </p>
    </details>
  );
}

/** A code or a device is there, or about to be. */
function underWay({ phase, code, asks }: GiveView): boolean {
  return phase === "waiting" ? asks || code.state === "live" || code.state === "coming" : phase === "connecting" || phase === "transferring";
}

function givenText({ phase, why, code, asks }: GiveView): string {
  const copy = words.value.device.give;
  if (phase === "connecting") return copy.connecting;
  if (phase === "transferring") return copy.sent;
  if (phase === "complete") return copy.done;
  if (phase === "failed" || (why !== null && !asks)) return failed(copy.failed, why);
  return copy.became[code.state];
}

function Given({ app, view }: { app: App; view: GiveView }) {
  const copy = words.value.device.give;
  const { code, asks, phase, mistyped } = view;
  const box = useRef<HTMLInputElement>(null);
  const [now, setNow] = useState(Date.now());
  const live = code.state === "live" && phase === "waiting";
  useEffect(() => {
    if (!live) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), lookEvery);
    return () => clearInterval(timer);
  }, [live, code.until]);
  // The person has turned to the other device and back: what they are to type into has the focus.
  useEffect(() => {
    if (asks) box.current?.focus();
  }, [asks]);
  if (live) {
    return (
      <>
        <p class="spoken-code" lang="en" dir="ltr">
          {code.text.split("-").map((part, i) => (
            <span key={i}>{part} </span>
          ))}
        </p>
        <p>{copy.say(homeHost())}</p>
        <p class="figures">{copy.left(minutesLeft(code.until, now), code.lives)}</p>
      </>
    );
  }
  if (!asks || phase !== "waiting") return null;
  return (
    <form
      class="form"
      onSubmit={(e) => {
        e.preventDefault();
        if (box.current !== null && app.device.digits(box.current.value)) box.current.value = "";
        box.current?.focus();
      }}
    >
      <label for="device-digits">{copy.digits}</label>
      <div class="row">
        <input ref={box} id="device-digits" type="text" class="digits-typed" inputMode="numeric" autocomplete="off" maxLength={16} aria-describedby={["device-digits-hint", "device-digits-said"].join(" ")} />
        <button type="submit" class="main">
          {copy.hand}
        </button>
      </div>
      <p class="hint" id="device-digits-hint">
        {copy.digitsHint}
      </p>
      <p id="device-digits-said" role="alert">
        {app.device.short.value ? copy.short : mistyped > 0 ? copy.wrong(triesMost - mistyped) : ""}
      </p>
    </form>
  );
}

/** The new device's side. `replaces`: an identity is here, or something that can't be opened. */
export function MoveHere({ app, replaces }: { app: App; replaces: boolean }) {
  const copy = words.value.device.take;
  const view = ofSide(app.device.view.value, "take");
  const box = useOpened(view !== null);
  const asks = view === null || view.wrongCode || view.phase === "failed" || view.phase === "cancelled";
  return (
    <details ref={box} class="card">
      <summary>{copy.title}</summary>
      {(view === null || view.phase !== "complete") && <p>{copy.lead}</p>}
      <div aria-live="polite">
        {view !== null && <p>{takenText(view)}</p>}
        {/* Spaces between them have digits spoken one by one. */}
        {view !== null && view.digits !== "" && <p class="digits-read">{[...view.digits].join(" ")}</p>}
      </div>
      {view !== null && view.digits !== "" && <p>{copy.digitsHint}</p>}
      {view?.phase === "listed" && (
        <div>
          {/* Whoever knew the words could have sent this: only the other device knows whether it did. */}
          <p role="alert">
            {copy.compare(words.value.device.give.sent)} {replaces && copy.replaces}
          </p>
          <p class="actions">
            <button type="button" class={replaces ? "danger" : "main"} onClick={() => void app.people.change({ what: "taken" })}>
              {replaces ? copy.yes : copy.yesFresh}
            </button>
            <button type="button" onClick={() => app.device.stop()}>
              {replaces ? copy.no : copy.noFresh}
            </button>
          </p>
        </div>
      )}
      {asks && <CodeEntry key={view === null ? "first" : "again"} app={app} title={view === null ? words.value.device.entry.field : view.wrongCode ? words.value.code.once : words.value.code.next} start={view?.wrongCode === true ? app.device.tried : ""} note={false} device />}
      {view !== null && !asks && view.phase !== "listed" && view.phase !== "complete" && (
        <p class="actions">
          <button type="button" onClick={() => app.device.stop()}>
            {copy.stop}
          </button>
        </p>
      )}
    </details>
  );
}

function takenText(view: TakeView): string {
  const copy = words.value.device.take;
  if (view.wrongCode) return copy.wrong(view.tries);
  if (view.digits !== "") return copy.digits;
  switch (view.phase) {
    case "listed":
      return copy.arrived(view.name, view.contacts);
    case "complete":
      return copy.done;
    case "failed":
      return failed(copy.failed, view.why);
    case "connecting":
      return copy.connecting;
    default:
      return view.why === null ? copy.looking : failed(copy.failed, view.why);
  }
}

function failed(own: Partial<Record<FailureCode, string>>, why: FailureCode | null): string {
  if (why === null) return "";
  return own[why] ?? `${words.value.failures[why].title} ${words.value.failures[why].next}`;
}

function ofSide<S extends DeviceView["side"]>(view: DeviceView | null, side: S): Extract<DeviceView, { side: S }> | null {
  return view?.side === side ? (view as Extract<DeviceView, { side: S }>) : null; // TypeScript does not follow a generic there
}
