import type { RecipientView } from "../../shared/views.ts";
import type { App } from "../app.ts";
import { noPace, type Pace, took } from "../pace.ts";
import { choseSome, isEnd, streamed } from "../state.ts";
import { sharerFailure, words } from "../words/words.ts";
import { Meter } from "./meter.tsx";
import { Name } from "./name.tsx";
import { Path } from "./path.tsx";
import { Proved } from "./proved.tsx";
import { Rate } from "./rate.tsx";
import { WhySlow } from "./slow.tsx";

interface RecipientProps {
  app: App;
  recipient: RecipientView;
  /** Files of the share. */
  shared: number;
  /** The link wants approval: digits let in, no click. */
  approval: boolean;
  number: number;
  pace: Pace | undefined;
}

/** One recipient of a share. The page's status region speaks of all together; this line is silent. */
export function Recipient({ app, recipient: r, shared, approval, number, pace = noPace }: RecipientProps) {
  const { policy: { digits }, progress, send: copy, since, stage } = words.value;
  const heading = `recipient-${r.session}`;
  const contact = app.people.contact(r.contact)?.petname ?? null;
  const device = r.device > 1 ? copy.device(r.device) : "";
  const name = contact === null ? copy.recipient(number) : contact + device;
  const said = r.why === null ? null : sharerFailure(r.why, r.paths);
  const seconds = took(pace);
  const told = (): string => {
    if (r.asks) return approval ? digits.asks : copy.asks;
    if (said !== null) return `${said.title} ${said.next}`;
    if (r.phase === "reconnecting" && r.byCode) return words.value.code.needsAnother;
    if (r.phase === "paused" && !r.pausedHere) return copy.pausedThere;
    if (r.phase === "complete" && streamed(r)) return copy.hasStreamed;
    return r.phase === "complete" && choseSome(r, shared) ? copy.hasChosen(r.files) : copy.recipientStage[r.phase];
  };
  return (
    <li class="recipient" data-phase={r.phase}>
      <h3 id={heading}>{contact === null ? name : <><Name of={contact} />{device}</>}</h3>
      <p>
        <strong>{stage[r.phase]}.</strong> {r.phase === "reconnecting" && `${since(r.since)} `}
        {told()}
      </p>
      <Proved app={app} who={r.proved} of="recipient" done={r.phase === "complete"} />
      {r.asks ? (
        <p class="actions">
          {!approval && (
            <button type="button" class="main" aria-describedby={heading} onClick={() => app.sharing.decide(r.session, true)}>
              {copy.letIn}
            </button>
          )}
          <button type="button" aria-describedby={heading} onClick={() => app.sharing.decide(r.session, false)}>
            {copy.refuse}
          </button>
        </p>
      ) : (
        <>
          {(r.written > 0 || !isEnd(r.phase) || r.phase === "complete") && (
            <>
              <Meter
                label={`${name}: ${progress.label}`}
                total={r.bytes}
                written={r.written}
                safe={r.safe}
                verified={r.verified}
                finished={r.phase === "complete"}
                streamed={streamed(r)}
                pace={r.phase === "transferring" ? pace : noPace}
              />
              <Rate pace={pace} moving={!isEnd(r.phase)} />
              <Path route={r.route} lanes={r.lanes} seenBy="sender" broken={r.phase === "reconnecting"} />
              {!isEnd(r.phase) && <WhySlow why={app.slowness.said.value[r.session]} seenBy="sender" />}
              <p class="quiet-text">
                {streamed(r) ? progress.checked(r.filesVerified) : progress.verified(r.filesVerified, r.filesFailed)}
                {r.phase === "complete" && seconds !== null ? `, ${progress.took(r.bytes, seconds)}` : ""}
              </p>
            </>
          )}
          {!isEnd(r.phase) && (
            <p class="actions">
              {r.phase === "paused" && r.pausedHere ? (
                <button type="button" aria-describedby={heading} onClick={() => app.sharing.pauseRecipient(r.session, false)}>
                  {copy.resume}
                </button>
              ) : (
                r.phase === "transferring" && (
                  <button type="button" aria-describedby={heading} onClick={() => app.sharing.pauseRecipient(r.session, true)}>
                    {copy.pause}
                  </button>
                )
              )}
              <button type="button" aria-describedby={heading} onClick={() => app.sharing.stopRecipient(r.session)}>
                {copy.stopOne}
              </button>
            </p>
          )}
        </>
      )}
    </li>
  );
}
