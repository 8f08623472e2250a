import { useRef } from "preact/hooks";
import { TitleMax } from "../../wire/wire.ts";
import type { App } from "../app.ts";
import { linkTo } from "../home.ts";
import type { Send } from "../state.ts";
import { words } from "../words/words.ts";
import { WhichPaths } from "./paths.tsx";
import { HowLong, WhoGetsIn, Whose } from "./policy.tsx";
import { Qr } from "./qr.tsx";
import { Spoken } from "./spoken.tsx";

type Sharing = Extract<Send, { stage: "sharing" }>;

/** Who gets in by the link, for how long, and which way: below what everybody needs. */
export function LinkChoices({ app, view }: { app: App; view: Sharing["view"] }) {
  return (
    <section class="card link" aria-labelledby="choices">
      <div class="link-words">
        <h2 id="choices">{words.value.policy.title}</h2>
        <WhoGetsIn app={app} view={view} />
        <Whose app={app} view={view} />
        <HowLong app={app} view={view} />
        <WhichPaths app={app} view={view} />
      </div>
    </section>
  );
}

/** The link of a share: its title, the address, its picture, and what becomes of it. */
export function Link({ app, send }: { app: App; send: Sharing }) {
  const { policy, send: copy } = words.value;
  const box = useRef<HTMLInputElement>(null);
  const { copied, title, view } = send;
  const url = view?.link == null ? null : linkTo("r", view.link);
  return (
    <section class="card link" aria-label={copy.link}>
      <div class="link-words">
        <label for="share-title">{copy.titleLabel}</label>
        <input
          id="share-title"
          type="text"
          maxLength={TitleMax}
          autocomplete="off"
          dir="auto"
          defaultValue={title} // its own from then on: a view that comes while somebody types must not take their words away
          aria-describedby="share-title-hint"
          onChange={(e) => {
            e.currentTarget.value = app.sharing.retitle(e.currentTarget.value.trim() || title);
          }}
        />
        <p class="hint" id="share-title-hint">
          {copy.titleHint}
        </p>
        <label for="share-link">{copy.link}</label>
        <div class="row">
          <input
            ref={box}
            id="share-link"
            type="text"
            class="code"
            readonly
            autocomplete="off"
            spellcheck={false}
            value={url ?? ""}
            placeholder={view?.taken === true ? policy.usedUp : copy.making}
            aria-describedby="share-link-hint"
            onFocus={(e) => e.currentTarget.select()}
          />
          <button type="button" class="main" disabled={url === null} onClick={() => box.current !== null && void app.sharing.copyLink(box.current)}>
            {copy.copy}
          </button>
          {typeof navigator.share === "function" && (
            <button type="button" disabled={url === null} onClick={() => url !== null && void app.sharing.sendLink(url)}>
              {copy.sendLink}
            </button>
          )}
        </div>
        <p class="hint" aria-live="polite">
          {copied === "yes" ? copy.copied : copied === "by-hand" ? copy.copyByHand : copied === "changed" && url !== null ? policy.linkChanged : ""}
        </p>
        <ul class="facts" id="share-link-hint">
          <li>{view?.taken === true ? policy.taken : copy.linkHint}</li>
          <li>{copy.linkLives(view === null || view.expires === 0 ? null : view.expires)}</li>
          {view?.taken !== true && <li>{view?.approval === true ? policy.gets.approval : view?.oneTime === true ? policy.gets.one : policy.gets.first}</li>}
        </ul>
        {view !== null && <Spoken app={app} code={view.code} />}
        <p class="actions">
          <button type="button" class="danger" onClick={() => app.sharing.stopSharing()}>
            {copy.stop}
          </button>
        </p>
      </div>
      {view?.taken !== true && (
        <figure class="link-picture">
          {url === null ? <div class="qr" /> : <Qr text={url} label={copy.qr} />}
          <figcaption>{copy.qrHint}</figcaption>
        </figure>
      )}
    </section>
  );
}
