import { useEffect, useRef } from "preact/hooks";
import type { App } from "../app.ts";

/** A button in front of a file input, whose own look and words can't be chosen. */
export function Picker({ id, label, app, folder = false, main = false }: { id: string; label: string; app: App; folder?: boolean; main?: boolean }) {
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (input.current !== null) input.current.webkitdirectory = folder;
  }, [folder]);
  return (
    <>
      <button type="button" class={main ? "main" : undefined} onClick={() => input.current?.click()}>
        {label}
      </button>
      <input
        ref={input}
        id={id}
        type="file"
        multiple
        hidden
        tabIndex={-1}
        aria-label={label}
        onChange={(e) => {
          if (e.currentTarget.files !== null) app.sharing.choose(e.currentTarget.files);
          e.currentTarget.value = ""; // the same choice again is a choice
        }}
      />
    </>
  );
}
