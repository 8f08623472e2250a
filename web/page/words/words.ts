// The words in the language in use. Views read them, and nothing else says
// anything to people: a second language is a second table of the same type.

import { computed, type ReadonlySignal, signal } from "@preact/signals";
import type { Paths } from "../../shared/views.ts";
import type { FailureCode } from "../../wire/wire.ts";
import { formatOf } from "../format.ts";
import { de } from "./de/de.ts";
import { en } from "./en/en.ts";
import type { Sentence } from "./types.ts";

export type Words = ReturnType<typeof en>;

/** The languages there are, each by its own name. */
export const languages = { en: "English", de: "Deutsch" } as const;
export type Language = keyof typeof languages;

const tables: Record<Language, Words> = { en: en(formatOf("en")), de: de(formatOf("de")) };

/** Where a person's own choice of language is kept. */
const keptIn = "beeline-language";

export const language = signal<Language>(firstLanguage());
export const words: ReadonlySignal<Words> = computed(() => tables[language.value]);

/** Speaks this language from now on, and the next time. */
export function speak(chosen: Language): void {
  language.value = chosen;
  try {
    localStorage.setItem(keptIn, chosen);
  } catch {
    // Storage is switched off: the choice lasts until the tab closes.
  }
}

/** What the sharer reads about a recipient that failed. */
export function sharerFailure(why: FailureCode, paths: Paths = "any"): Sentence {
  if (why === "E_PATH" && paths === "direct") return words.value.send.paths.failed;
  const said = words.value.failures[why];
  return said.sharer ?? said;
}

/** What the recipient reads: a network is not to blame where the sender allowed one way only. */
export function recipientFailure(why: FailureCode, paths: Paths): Sentence {
  return why === "E_PATH" && paths === "direct" ? words.value.receive.directFailed : words.value.failures[why];
}

/** The person's choice, else the first language of the browser that we speak, else English. */
export function firstLanguage(): Language {
  try {
    const kept = localStorage.getItem(keptIn);
    if (isLanguage(kept)) return kept;
  } catch {
    // As above.
  }
  const known = typeof navigator === "undefined" ? [] : navigator.languages;
  return known.map((tag) => tag.slice(0, 2).toLowerCase()).find(isLanguage) ?? "en";
}

export function isLanguage(tag: string | null): tag is Language {
  return tag !== null && Object.hasOwn(languages, tag);
}
