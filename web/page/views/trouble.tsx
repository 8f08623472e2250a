import type { FailedFile } from "../../shared/views.ts";
import type { FailureCode } from "../../wire/wire.ts";
import type { Sentence } from "../words/types.ts";
import { words } from "../words/words.ts";
import { Name } from "./name.tsx";

interface TroubleProps {
  changed: number;
  /** The first that failed; `count` is how many did. */
  failed: readonly FailedFile[];
  count: number;
  said: (why: FailureCode) => Sentence;
}

/** What has to be known of single files: which changed on the way, which will not arrive, and why. */
export function FilesWithTrouble({ changed, failed, count, said }: TroubleProps) {
  const { files } = words.value;
  return (
    <>
      {changed > 0 && <p class="warning">{files.changed(changed)}</p>}
      {failed.length > 0 && (
        <ul class="roots" aria-label={files.failed}>
          {failed.map(({ name, why }, i) => (
            <li key={i}>
              <Name of={name} />
              <span class="warning">{`${said(why).title} ${said(why).next}`}</span>
            </li>
          ))}
        </ul>
      )}
      {count > failed.length && failed.length > 0 && <p class="quiet-text">{files.more(count - failed.length)}</p>}
    </>
  );
}
