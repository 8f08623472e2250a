// Long work in short slices: whatever walks 500,000 entries gives the browser
// its turn every few milliseconds, so that typing and scrolling stay fluid.

/** Work of one slice, ms: half of a frame at 60 a second. */
const slice = 8;

/** Does one thing at a time: new work puts an end to what was under way. */
export class Slices {
  readonly #later: (go: () => void) => void;
  readonly #now: () => number;
  #begun = 0; // counts pieces of work
  #busy = false;

  constructor(
    later: (go: () => void) => void = (go) => setTimeout(go),
    now: () => number = () => performance.now(),
  ) {
    this.#later = later;
    this.#now = now;
  }

  /** Runs until the work is done; what fits into one slice is done before this returns. Work yields whenever it could stop. */
  run<T>(work: Generator<void, T>, done: (result: T) => void): void {
    const mine = ++this.#begun;
    this.#busy = true;
    const go = (): void => {
      if (mine !== this.#begun) return;
      const until = this.#now() + slice;
      for (;;) {
        const step = work.next();
        if (step.done === true) {
          this.#busy = false;
          return done(step.value);
        }
        if (this.#now() >= until) return this.#later(go);
      }
    };
    go();
  }

  /** True while work is left. */
  get busy(): boolean {
    return this.#busy;
  }
}
