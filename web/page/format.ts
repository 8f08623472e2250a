// How numbers, times and foreign names look. Pure.

const units = ["bytes", "KB", "MB", "GB", "TB", "PB", "EB"] as const;

/** A size in decimal units, as file managers and drive makers count. */
export function size(bytes: number): string {
  if (bytes === 1) return "1 byte";
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : 1;
  return `${value.toFixed(digits)} ${units[unit] ?? ""}`;
}

/** Bytes a second. */
export function speed(bytesPerSecond: number): string {
  return `${size(Math.max(0, bytesPerSecond))}/s`;
}

/** A span of time in words, from seconds. */
export function span(seconds: number): string {
  const s = Math.max(0, Math.round(seconds));
  if (s < 1) return "less than a second";
  if (s < 60) return s === 1 ? "1 second" : `${s} seconds`;
  const minutes = Math.round(s / 60);
  if (minutes < 60) return minutes === 1 ? "1 minute" : `${minutes} minutes`;
  const hours = Math.floor(minutes / 60);
  const rest = minutes % 60;
  const words = hours === 1 ? "1 hour" : `${hours} hours`;
  return rest === 0 ? words : `${words} ${rest} min`;
}

/** A number with its noun: count(1, "file") is "1 file". */
export function count(n: number, noun: string, plural = `${noun}s`): string {
  return `${n.toLocaleString("en")} ${n === 1 ? noun : plural}`;
}

/**
 * Whole percent of done in total. 100 only when everything is done, because the
 * words must never claim more than the mark; `finished` decides an empty total.
 */
export function percent(done: number, total: number, finished: boolean): number {
  if (total <= 0) return finished ? 100 : 0;
  if (done >= total) return 100;
  return Math.max(0, Math.min(99, Math.floor((done / total) * 100)));
}

// Controls, and what turns the direction of writing or has no width: with them
// "exe.jpg" can be shown for "gpj.exe".
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const unseen = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/g;

/** A foreign name as it may be shown: what has no shape is spelled out. */
export function visible(name: string): string {
  return name.replace(unseen, (c) => `[U+${c.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}]`);
}
