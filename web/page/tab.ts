// What the tab is called: the stage and how far it is, for somebody who works in
// another one. Never a name of a file or share: browsers keep titles in their
// history.

import { percent } from "./format.ts";
import { type State, shareStage } from "./state.ts";
import type { Words } from "./words/words.ts";

export function tabTitle(state: State, words: Words): string {
  const told = stageOf(state, words);
  if (told !== null) return words.tab.of(told);
  const page = state.page === "receive" ? words.receive : state.page === "trust" ? words.trustPage : state.page === "check" ? words.checkPage : state.page === "contacts" ? words.contacts : words.send;
  return words.tab.of(page.title);
}

function stageOf(state: State, words: Words): string | null {
  if (state.page === "receive" && state.receive.stage === "open") {
    const { asking, bytes, phase, written } = state.receive.view;
    if (phase === "ready") return null;
    if (asking) return words.stage.waiting; // as the status says it
    return phase === "transferring" ? words.tab.percent(percent(written, bytes, false)) : words.stage[phase];
  }
  if (state.page === "send" && state.send.stage === "sharing" && state.send.view !== null) {
    const { recipients } = state.send.view;
    const phase = shareStage(state.send.view);
    if (recipients.some((r) => r.asks)) return words.tab.asks;
    if (phase !== "transferring") return words.stage[phase];
    const moving = recipients.filter((r) => r.phase === "transferring");
    const sum = (of: "bytes" | "written") => moving.reduce((n, r) => n + r[of], 0);
    return words.tab.percent(percent(sum("written"), sum("bytes"), false));
  }
  return null;
}
