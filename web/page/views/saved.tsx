import type { App } from "../app.ts";
import { words } from "../words/words.ts";
import { Name } from "./name.tsx";

/** Downloads that the browser was asked to save, once more, until their copy here is deleted. */
export function Saved({ app, bytes }: { app: App; bytes: number }) {
  const copy = words.value.receive;
  if (app.receiving.freed.value) return <p class="quiet-text">{copy.freed}</p>;
  if (app.receiving.saved.value.length === 0) return null;
  return (
    <div class="card">
      <p>{copy.saved}</p>
      <ul class="roots">
        {app.receiving.saved.value.map(({ name, url }) => (
          <li key={url}>
            <a href={url} download={name}>
              <Name of={name} />
            </a>
          </li>
        ))}
      </ul>
      <p class="quiet-text">{copy.kept(bytes)}</p>
      <p class="actions">
        <button type="button" class="danger" onClick={() => app.receiving.discard()}>
          {copy.free}
        </button>
      </p>
    </div>
  );
}
