// The mark: two ends and the straight line between them, in a cell of a comb.
// The same drawing as favicon.svg (head.test.ts), its colours named in tokens.css.

export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <path class="mark-cell" d="M16 1.4 28.6 8.7v14.6L16 30.6 3.4 23.3V8.7z" />
      <path class="mark-line" d="m10.4 20.4 11.2-8.8" />
      <circle class="mark-end" cx="10.2" cy="20.6" r="3.9" />
      <circle class="mark-end" cx="21.8" cy="11.4" r="3.9" />
    </svg>
  );
}
