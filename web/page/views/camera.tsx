import { useEffect, useRef, useState } from "preact/hooks";
import { type NoPicture, Scanner } from "../scan.ts";
import { words } from "../words/words.ts";

/** What the camera sees, until there is a code in it. Shown by a click: the browser asks the person then. */
export function Camera({ found, close }: { found: (text: string) => void; close: () => void }) {
  const copy = words.value.contacts.camera;
  const video = useRef<HTMLVideoElement>(null);
  const [why, setWhy] = useState<NoPicture | null>(null);
  useEffect(() => {
    const scanner = new Scanner();
    if (video.current !== null) void scanner.start(video.current, found).then(setWhy);
    return () => scanner.stop();
  }, []);
  return (
    <div class="camera">
      {why === null ? (
        <>
          <video ref={video} aria-label={copy.label} muted playsInline />
          <p class="hint">{copy.hint}</p>
        </>
      ) : (
        <p role="alert">{copy[why]}</p>
      )}
      <p class="actions">
        <button type="button" onClick={close}>
          {why === null ? copy.stop : words.value.contacts.came.close}
        </button>
      </p>
    </div>
  );
}
