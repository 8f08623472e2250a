// How numbers, times and foreign names look, in a language. Pure.

/** The forms a noun takes with a number: English and German have two. */
export interface Noun {
  one: string;
  other: string;
}

/** Words around numbers follow the language; see words/words.ts for the one in use. */
export interface Format {
  /** A whole number with its separators. */
  number(n: number): string;
  /** A number with its noun: count(1, {one: "file", other: "files"}) is "1 file". */
  count(n: number, noun: Noun): string;
  /** The form of a word that goes with a number. */
  plural(n: number, noun: Noun): string;
  /** A size in decimal units, as file managers and drive makers count. */
  size(bytes: number): string;
  /** Bytes a second. */
  speed(bytesPerSecond: number): string;
  /** A span of time in words, from seconds. */
  span(seconds: number): string;
  /** A moment in the viewer's own time zone, from unix ms: "Wednesday, 2 December, 14:30 CET". */
  moment(ms: number): string;
  /** The time of day, in the viewer's own time zone, from unix ms. */
  time(ms: number): string;
}

const units = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte", "petabyte"] as const;

/** The format of a language, a BCP 47 tag. */
export function formatOf(language: string): Format {
  const whole = new Intl.NumberFormat(language, { maximumFractionDigits: 0 });
  const plurals = new Intl.PluralRules(language);
  const kept = new Map<string, Intl.NumberFormat>(); // making one costs more than using it
  const unit = (n: number, name: string, unitDisplay: "short" | "long", digits: number): string => {
    const key = `${name} ${unitDisplay} ${digits}`;
    let format = kept.get(key);
    if (format === undefined) {
      format = new Intl.NumberFormat(language, { style: "unit", unit: name, unitDisplay, minimumFractionDigits: digits, maximumFractionDigits: digits });
      kept.set(key, format);
    }
    return format.format(n);
  };
  const scaled = (bytes: number, per: "" | "-per-second"): string => {
    let value = bytes;
    let at = 0;
    while (value >= 999.5 && at < units.length - 1) {
      value /= 1000;
      at++;
    }
    const digits = at === 0 || value >= 99.95 ? 0 : 1;
    return unit(value, `${units[at] ?? "byte"}${per}`, at === 0 && per === "" ? "long" : "short", digits);
  };
  const plural = (n: number, noun: Noun): string => (plurals.select(n) === "one" ? noun.one : noun.other);
  const moment = new Intl.DateTimeFormat(language, { weekday: "long", day: "numeric", month: "long", hour: "2-digit", minute: "2-digit", timeZoneName: "short" });
  const time = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit" });
  return {
    number: (n) => whole.format(n),
    plural,
    count: (n, noun) => `${whole.format(n)} ${plural(n, noun)}`,
    size: (bytes) => scaled(Math.max(0, bytes), ""),
    speed: (bytes) => unbroken(scaled(Math.max(0, bytes), "-per-second")),
    span(seconds) {
      const s = Math.max(1, Math.round(seconds));
      if (s < 60) return unit(s, "second", "long", 0);
      const minutes = Math.round(s / 60);
      if (minutes < 60) return unit(minutes, "minute", "long", 0);
      const hours = Math.floor(minutes / 60);
      if (hours >= 48) return unit(Math.round(hours / 24), "day", "long", 0);
      const rest = minutes % 60;
      return `${unit(hours, "hour", "long", 0)}${rest === 0 ? "" : ` ${unit(rest, "minute", "short", 0)}`}`;
    },
    moment: (ms) => moment.format(ms),
    time: (ms) => time.format(ms),
  };
}

/** A number and its unit on one line: Firefox would break after the slash. */
function unbroken(text: string): string {
  return text.replaceAll(" ", "\u00a0").replace("/", "/\u2060");
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

// Controls, what turns the direction of writing, has no width or is a letter that
// looks like nothing (Hangul fillers, an empty Braille cell): with them "gpj.exe"
// can be shown as "exe.jpg", and two names look the same or a long way apart.
const unseen = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\u115f\u1160\u2065\u2800\u3164\uffa0]|\u034f|\u17b4|\u17b5/gu;

/** A foreign name as it may be shown: what has no shape is spelled out. */
export function visible(name: string): string {
  return name.replace(unseen, (c) => `[U+${(c.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}]`);
}
