import type { App } from "../app.ts";
import { words } from "../words/words.ts";

interface Props {
  app: App;
  /** What the person would be told of here: what contacts share, or what becomes of a share. */
  of: "inbox" | "sharing";
}

/** Asks whether the system may tell, and says how it is. Nothing, where nothing has worked yet or nothing can be told. */
export function TellMe({ app, of }: Props) {
  const { notices } = app;
  const copy = words.value.notices;
  const id = `tell-${of}`;
  switch (notices.state.value) {
    case "no":
      return null;
    case "ask":
      return (
        <div class="tell">
          <p class="hint" id={id}>
            {copy.why}
          </p>
          <p class="actions">
            <button type="button" aria-describedby={id} onClick={() => void notices.ask()}>
              {copy.ask[of]}
            </button>
          </p>
        </div>
      );
    case "on":
      return (
        <div class="tell">
          <p class="hint" id={id} role="status">
            {copy.on[of]}
          </p>
          <p class="actions">
            <button type="button" class="quiet" aria-describedby={id} onClick={() => notices.stop()}>
              {copy.stop}
            </button>
          </p>
        </div>
      );
    case "refused":
      return (
        <p class="hint tell" role="status">
          {copy.refused}
        </p>
      );
  }
}
