import { useLayoutEffect, useRef } from "preact/hooks";
import { percent } from "../format.ts";
import { words } from "../words/words.ts";
import { type Pace, rate, secondsLeft } from "../pace.ts";

interface MeterProps {
  label: string;
  /** Bytes. */
  total: number;
  written: number;
  safe: number;
  verified: number;
  finished: boolean;
  /** Written into a download, of which nobody tells when it is safe. */
  streamed: boolean;
  pace: Pace;
}

/** Three marks of one transfer: written, safe, verified. The words never claim more than the mark. */
export function Meter({ label, total, written, safe, verified, finished, streamed, pace }: MeterProps) {
  const { format, progress } = words.value;
  const bar = useRef<HTMLDivElement>(null);
  const share = (bytes: number) => (total > 0 ? Math.min(1, bytes / total) : finished ? 1 : 0);
  useLayoutEffect(() => {
    // Through the object model: the policy forbids style attributes.
    bar.current?.style.setProperty("--written", String(share(written)));
    bar.current?.style.setProperty("--safe", String(share(safe)));
    bar.current?.style.setProperty("--verified", String(share(verified)));
  });
  const now = percent(written, total, finished);
  return (
    <div>
      <div
        ref={bar}
        class="meter-bar"
        role="progressbar"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={now}
        aria-valuetext={progress.value(now, written, total)}
      >
        <span class="meter-written" />
        <span class="meter-safe" />
        <span class="meter-verified" />
      </div>
      <p class="meter-words">
        <span class="meter-key meter-key-written">{progress.mark(progress.marks.written, progress.of(written, total))}</span>
        {!streamed && <span class="meter-key meter-key-safe">{progress.mark(progress.marks.safe, format.size(safe))}</span>}
        <span class="meter-key meter-key-verified">{progress.mark(streamed ? progress.marks.checked : progress.marks.verified, format.size(verified))}</span>
        <span>{finished ? "" : progress.pace(rate(pace), secondsLeft(pace, total - written))}</span>
      </p>
    </div>
  );
}
