// What has to be said about the page itself.

import type { App } from "../app.ts";
import { words } from "../words/words.ts";

/** Above everything else: this page is a kept one. There from the first moment, so that nothing moves. */
export function Serverless({ app }: { app: App }) {
  const { title, next } = words.value.version.serverless;
  if (!app.updates.serverless.value) return null;
  return (
    <p class="notice" data-notice="serverless">
      <strong>{title}</strong> {next}
    </p>
  );
}

/** Below everything else, where it comes up without moving what somebody looks at. */
export function NewerVersion({ app }: { app: App }) {
  const { newer, update } = words.value.version;
  return (
    <div class="news" aria-live="polite">
      {app.updateOffered.value && (
        <p class="notice" data-notice="newer">
          {newer}{" "}
          <button type="button" class="quiet" onClick={() => app.updates.update()}>
            {update}
          </button>
        </p>
      )}
    </div>
  );
}
