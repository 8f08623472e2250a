// A field for a code that somebody says: words are offered and put right while they
// are typed. A combobox with a list box, as ARIA's authoring practices describe it.

import { useRef, useState } from "preact/hooks";
import type { CodeReading } from "../../shared/views.ts";
import type { App } from "../app.ts";
import { codeChars, completed, meant, putRight } from "../typing.ts";
import { words } from "../words/words.ts";

const nothing: CodeReading = { head: "", fixed: [], near: [], code: "" };

interface EntryProps {
  app: App;
  title: string;
  /** What stands in the field at first. */
  start?: string;
  /** That connecting shows one's address, before it does so for the first time. */
  note?: boolean;
  /** Of another device of the same person, not of a sender. */
  device?: boolean;
}

export function CodeEntry({ app, title, start = "", note = true, device = false }: EntryProps) {
  const copy = device ? { ...words.value.code, ...words.value.device.entry } : words.value.code;
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(start);
  const [reading, setReading] = useState(nothing);
  const [at, setAt] = useState(-1);
  const [open, setOpen] = useState(false);
  const [fixed, setFixed] = useState("");
  const [unfinished, setUnfinished] = useState(false);
  const latest = useRef(start);
  const shown = open ? reading.near : [];

  const say = (next: string): void => {
    latest.current = next;
    setText(next);
    setUnfinished(false);
    setAt(-1);
    void app.codes.read(next).then((read) => {
      if (latest.current !== next) return; // something was typed since
      setReading(read);
      setOpen(read.near.length > 0);
      const [typed, word] = read.fixed.slice(-2);
      if (typed !== undefined && word !== undefined) setFixed(copy.fixed(typed, word));
      const right = putRight(next, read);
      // Not while the caret is inside: it would jump.
      if (right !== next && (input.current?.selectionStart ?? next.length) === next.length) {
        latest.current = right;
        setText(right);
      }
    });
  };
  const choose = (word: string): void => {
    say(completed(reading, word));
    input.current?.focus();
  };
  const submit = async (): Promise<void> => {
    const read = await app.codes.read(latest.current);
    if (read.code === "") {
      setUnfinished(true);
      input.current?.focus();
      return;
    }
    setOpen(false);
    if (device) app.device.take(read.code);
    else app.receiving.typeCode(read.code);
  };
  const key = (e: KeyboardEvent): void => {
    const means = meant(e.key, { at, open, words: reading.near.length });
    if (means === null) return;
    e.preventDefault();
    const word = shown[at];
    if (means === "take" && word !== undefined) return choose(word);
    setOpen(means !== "close");
    setAt(typeof means === "number" ? means : -1);
  };
  return (
    <form
      class="card code-entry"
      aria-labelledby="code-title"
      onSubmit={(e) => {
        e.preventDefault();
        void submit();
      }}
    >
      <h2 id="code-title">{title}</h2>
      <label for="code">{copy.field}</label>
      <div class="code-box">
        <input
          ref={input}
          id="code"
          class="code"
          type="text"
          role="combobox"
          aria-expanded={shown.length > 0}
          aria-controls="code-words"
          aria-autocomplete="list"
          aria-activedescendant={shown[at] === undefined ? undefined : `code-word-${at}`}
          aria-describedby="code-hint"
          aria-invalid={unfinished}
          autocomplete="off"
          autocapitalize="none"
          autocorrect="off"
          spellcheck={false}
          lang="en"
          dir="ltr"
          maxLength={codeChars}
          value={text}
          onInput={(e) => say(e.currentTarget.value)}
          onKeyDown={key}
          onBlur={() => setOpen(false)}
        />
        <div id="code-words" role="listbox" class="code-words" aria-label={copy.suggestions} lang="en" hidden={shown.length === 0}>
          {shown.map((word, i) => (
            <Word key={word} id={`code-word-${i}`} word={word} active={i === at} choose={choose} />
          ))}
        </div>
      </div>
      <p class="hint" id="code-hint">
        {copy.fieldHint}
      </p>
      <p class="hint" aria-live="polite">
        {fixed} {reading.code !== "" && copy.reads(reading.code)}
      </p>
      {unfinished && <p role="alert">{copy.notYet}</p>}
      <p class="actions">
        <button type="submit" class="main">
          {copy.connect}
        </button>
      </p>
      {note && <p class="hint">{copy.connectNote}</p>}
    </form>
  );
}

interface WordProps {
  id: string;
  word: string;
  active: boolean;
  choose: (word: string) => void;
}

function Word({ id, word, active, choose }: WordProps) {
  return (
    // biome-ignore lint/a11y/useFocusableInteractive: the field has the focus and names its active word
    // biome-ignore lint/a11y/useKeyWithClickEvents: likewise; the field takes the keys
    <div id={id} role="option" class="code-word" aria-selected={active} onPointerDown={(e) => e.preventDefault()} onClick={() => choose(word)}>
      {word}
    </div>
  );
}
