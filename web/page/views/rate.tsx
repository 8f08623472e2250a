import { type Pace, rates } from "../pace.ts";
import { words } from "../words/words.ts";

/** Fewer points draw no picture. */
const pointsMin = 5;
const width = 240;
const height = 40;

/**
 * The rate from the first byte on. One line says what it shows; the picture says
 * how steady it was. While bytes move its place is kept before there are points.
 */
export function Rate({ pace, moving }: { pace: Pace; moving: boolean }) {
  const points = rates(pace);
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined || points.length < pointsMin) {
    return moving ? <figure class="rate rate-empty" aria-hidden="true" /> : null;
  }
  const all = points.map((p) => p.rate);
  const most = Math.max(...all, 1);
  const x = (at: number) => (((at - first.at) / (last.at - first.at)) * width).toFixed(1);
  const y = (rate: number) => (height - 1 - (rate / most) * (height - 3)).toFixed(1);
  const line = points.map((p) => `${x(p.at)} ${y(p.rate)}`).join("L");
  return (
    <figure class="rate">
      <svg role="img" aria-label={words.value.progress.rate(last.rate, Math.min(...all), most)} viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none">
        <path class="rate-area" d={`M0 ${height}L${line}L${width} ${height}z`} />
        <path class="rate-line" d={`M${line}`} />
      </svg>
      <figcaption>{words.value.progress.rateTop(most)}</figcaption>
    </figure>
  );
}
