import type { App } from "../app.ts";
import { words } from "../words/words.ts";
import { Name } from "./name.tsx";

const height = 6;

/** The file that bytes arrive of, and which of its parts are there: they don't come in order. */
export function Parts({ app, file }: { app: App; file: number }) {
  const { entries } = app.listing;
  if (!entries.hasParts(file)) return <p class="parts" />; // its place
  const cells = app.receiving.parts.value?.file === file ? app.receiving.parts.value.cells : new Uint8Array();
  const there = cells.reduce((n, cell) => n + (cell === 255 ? 1 : 0), 0);
  return (
    <p class="parts">
      <span class="parts-name">
        <Name of={entries.name(file)} />
      </span>
      <svg role="img" aria-label={words.value.progress.parts(there, cells.length)} viewBox={`0 0 ${Math.max(1, cells.length)} ${height}`} preserveAspectRatio="none" shape-rendering="crispEdges">
        {[...cells].map((cell, x) => (cell === 0 ? null : <rect key={x} class="parts-there" x={x} y={0} width={1} height={height} fill-opacity={(0.25 + (0.75 * cell) / 255).toFixed(2)} />))}
      </svg>
    </p>
  );
}
