import type { Route } from "../../shared/views.ts";
import { words } from "../words/words.ts";

/** The way between the two ends, as far as it is known: nothing between them, the internet, or a relay; and how many connections go it. */
export function Path({ route, lanes, seenBy, broken }: { route: Route; lanes: number; seenBy: "sender" | "recipient"; broken: boolean }) {
  if (route === "unknown") return <div class="path" />; // its place, so that nothing jumps when it is known
  const { progress, route: said } = words.value;
  const [from, to] = seenBy === "sender" ? [progress.ends.you, progress.ends.recipient] : [progress.ends.sender, progress.ends.you];
  const way = lanes > 1 ? `${said[route]}, ${progress.connections(lanes)}` : said[route];
  return (
    <div class="path" data-route={route} data-broken={broken ? "yes" : undefined} role="img" aria-label={progress.path(from, to, way)}>
      <span class="path-end">{from}</span>
      <span class="path-wire" />
      {route === "relayed" && (
        <>
          <span class="path-relay">{progress.ends.relay}</span>
          <span class="path-wire" />
        </>
      )}
      <span class="path-end">{to}</span>
      <span class="path-word">{way}</span>
    </div>
  );
}
