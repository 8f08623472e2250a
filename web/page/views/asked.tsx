interface Props {
  /** It was pressed once, and what it does was said. */
  asks: boolean;
  ask: (on: boolean) => void;
  words: { first: string; yes: string; cancel: string };
  go: () => void;
}

/** A button for what can't be undone: it asks before it does anything. */
export function AskedTwice({ asks, ask, words, go }: Props) {
  return (
    <p class="actions">
      {asks ? (
        <>
          <button type="button" class="danger" onClick={go}>
            {words.yes}
          </button>
          <button type="button" onClick={() => ask(false)}>
            {words.cancel}
          </button>
        </>
      ) : (
        <button type="button" class="danger" onClick={() => ask(true)}>
          {words.first}
        </button>
      )}
    </p>
  );
}
