// What lasts a moment is no news: people and screen readers are told of it when it stays.

import { useEffect, useState } from "preact/hooks";

/** The server is away for a moment at every start, ms. */
const settlesAfter = 1500;

/** True while `now` has been true for a moment only. */
export function useBrief(now: boolean): boolean {
  const [settled, settle] = useState(false);
  useEffect(() => {
    if (!now) return;
    const timer = setTimeout(() => settle(true), settlesAfter);
    return () => {
      clearTimeout(timer);
      settle(false);
    };
  }, [now]);
  return now && !settled;
}
