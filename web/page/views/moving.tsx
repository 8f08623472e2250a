import { noPace, took } from "../pace.ts";
import type { App } from "../app.ts";
import type { Receive } from "../state.ts";
import { words } from "../words/words.ts";
import { Meter } from "./meter.tsx";
import { Name } from "./name.tsx";
import { TellMe } from "./notices.tsx";
import { Parts } from "./parts.tsx";
import { Path } from "./path.tsx";
import { Rate } from "./rate.tsx";
import { Saved } from "./saved.tsx";
import { WhySlow } from "./slow.tsx";
import { FilesWithTrouble } from "./trouble.tsx";

type Open = Extract<Receive, { stage: "open" }>;

export function Moving({ app, receive: { chosen, view, pace } }: { app: App; receive: Open }) {
  const { failures, progress } = words.value;
  const moving = view.phase !== "complete";
  return (
    <>
      <Meter
        label={progress.label}
        total={view.bytes}
        written={view.written}
        safe={view.safe}
        verified={view.verified}
        finished={!moving}
        streamed={chosen.kind === "stream"}
        pace={view.phase === "transferring" ? pace : noPace}
      />
      <Rate pace={pace} moving={moving} />
      {moving && (
        <>
          <Parts app={app} file={view.current} />
          <Path route={view.route} lanes={view.lanes} seenBy="recipient" broken={view.phase === "reconnecting"} />
          <WhySlow why={app.slowness.said.value[0]} seenBy="recipient" />
          <p class="quiet-text figures">{chosen.kind === "stream" ? progress.checked(view.filesVerified) : progress.verified(view.filesVerified, view.filesFailed)}</p>
        </>
      )}
      <FilesWithTrouble changed={view.changed} failed={view.failed} count={view.filesFailed} said={(why) => failures[why]} />
    </>
  );
}

/** What arrived, where, how long it took and by which path: what a person passes on. */
export function Done({ app, receive }: { app: App; receive: Open }) {
  const { filesAndSize, format, progress, receive: copy, route } = words.value;
  const { chosen, view, pace } = receive;
  const seconds = took(pace);
  return (
    <>
      <Moving app={app} receive={receive} />
      <dl class="summary">
        <dt>{copy.done.what}</dt>
        <dd>{filesAndSize(view.files, view.bytes)}</dd>
        <dt>{copy.done.where}</dt>
        <dd>{chosen.kind === "folder" ? <Name of={chosen.handle.name} /> : copy.done.downloads}</dd>
        {seconds !== null && (
          <>
            <dt>{copy.done.took}</dt>
            <dd>{progress.took(view.bytes, seconds)}</dd>
          </>
        )}
        {view.route !== "unknown" && (
          <>
            <dt>{copy.done.path}</dt>
            <dd>{route[view.route]}</dd>
          </>
        )}
        <dt>{copy.done.checked}</dt>
        <dd>{chosen.kind === "stream" ? progress.checked(view.filesVerified) : progress.verified(view.filesVerified, view.filesFailed)}</dd>
        {pace.endedAt !== null && (
          <>
            <dt>{copy.done.at}</dt>
            <dd>{format.moment(performance.timeOrigin + pace.endedAt)}</dd>
          </>
        )}
      </dl>
      <p>{chosen.kind === "folder" ? copy.done.nextFolder(view.flagged) : copy.done.nextDownload}</p>
      {app.receiving.offer !== null && <TellMe app={app} of="inbox" />}
      <Saved app={app} bytes={view.verified} />
    </>
  );
}
