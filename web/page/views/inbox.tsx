import { useEffect } from "preact/hooks";
import { offerLink } from "../../shared/messages.ts";
import type { SeenOffer } from "../../shared/views.ts";
import type { App } from "../app.ts";
import { newsOf, type Sender } from "../inbox.ts";
import { words } from "../words/words.ts";
import { Unlock } from "./contacts.tsx";
import { Name } from "./name.tsx";
import { TellMe } from "./notices.tsx";

/** What contacts share with the person now. Nothing, where there are no contacts; a locked person would wait in vain, so it asks. */
export function Inbox({ app }: { app: App }) {
  const people = app.people.view.value;
  const any = people?.at === "open" && people.contacts.length > 0;
  useEffect(() => (any ? app.inbox.show() : undefined), [app, any]);
  const copy = words.value.inbox;
  if (people?.at === "locked") return <Unlock app={app} title={copy.title} />;
  if (!any) return null;
  if (!app.inbox.looks.value) {
    return (
      <section class="card" aria-labelledby="inbox">
        <h2 id="inbox">{copy.title}</h2>
        <p id="inbox-note">{app.inbox.hides.value ? copy.askHidden : copy.ask}</p>
        <HideWhileLooking app={app} />
        <p class="actions">
          <button type="button" aria-describedby="inbox-note" onClick={() => app.inbox.look(true)}>
            {copy.look}
          </button>
        </p>
      </section>
    );
  }
  const senders = app.inbox.senders.value.filter(({ offers }) => offers.length > 0);
  const why = app.inbox.why.value;
  return (
    <section class="card" aria-labelledby="inbox">
      <h2 id="inbox">{copy.title}</h2>
      <p aria-live="polite">{why !== null ? copy.unreachable : senders.length === 0 ? copy.nobody : `${copy.some(senders.length)} ${copy.news(app.inbox.news.value)}`}</p>
      <ul class="inbox">
        {senders.map((sender) => (
          <From key={sender.id} app={app} sender={sender} />
        ))}
      </ul>
      <TellMe app={app} of="inbox" />
      <HideWhileLooking app={app} />
      <p class="hint">{app.inbox.hides.value ? copy.noteHidden : copy.note}</p>
      <p class="actions">
        <button type="button" class="quiet" onClick={() => app.inbox.look(false)}>
          {copy.stop}
        </button>
      </p>
    </section>
  );
}

/** The choice of who does not want to be seen, with its price. */
function HideWhileLooking({ app }: { app: App }) {
  const copy = words.value.inbox.hide;
  return (
    <div class="choice">
      <label>
        <input type="checkbox" checked={app.inbox.hides.value} aria-describedby="look-hidden-hint" onChange={(e) => app.inbox.hide(e.currentTarget.checked)} /> {copy.label}
      </label>
      <p class="hint" id="look-hidden-hint">
        {copy.hint}
      </p>
      {app.inbox.stuck.value && <p role="alert">{copy.none}</p>}
    </div>
  );
}

/** What is new in it, in words. */
function News({ offer }: { offer: SeenOffer }) {
  const copy = words.value.inbox;
  const news = newsOf(offer);
  if (news === 0) return null;
  return <strong class="news">{news === "all" ? copy.new : copy.newIs(news)}</strong>;
}

function From({ app, sender }: { app: App; sender: Sender }) {
  const { format, inbox: copy } = words.value;
  return (
    <li>
      <h3>
        <Name of={sender.petname} />
      </h3>
      {!sender.verified && <p class="hint">{copy.unverified}</p>}
      <ul>
        {sender.offers.map((offer) => {
          const id = `offer-${offer.id}`;
          return (
            <li key={offer.id} class="offered">
              <span id={id}>
                <span class="share-title">
                  <Name of={offer.title} />
                </span>{" "}
                <span class="quiet-text figures">{format.size(offer.bytes)}</span> <News offer={offer} />
              </span>
              <button type="button" class="main" aria-describedby={id} onClick={() => app.receiving.openOffer(offerLink(sender.id, offer.id))}>
                {copy.open}
              </button>
            </li>
          );
        })}
      </ul>
    </li>
  );
}
