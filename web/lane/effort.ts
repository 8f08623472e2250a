// What a lane's time went to, in milliseconds: whoever asks why a transfer is
// slow needs to know who waited for whom. What is left of the time was waiting
// for the other side, or for the network.

export interface Spent {
  /** Waited for the disk that is read. */
  reading: number;
  /** Sealed or opened. */
  working: number;
}

export class Effort {
  #spent: Spent = { reading: 0, working: 0 };

  /** Counts what a read takes that is waited for. */
  async read<T>(until: Promise<T>): Promise<T> {
    const from = performance.now();
    const result = await until;
    this.#spent.reading += performance.now() - from;
    return result;
  }

  /** Counts what work takes. */
  work<T>(does: () => T): T {
    const from = performance.now();
    const result = does();
    this.#spent.working += performance.now() - from;
    return result;
  }

  /** What was counted since the last time. */
  take(): Spent {
    const spent = this.#spent;
    this.#spent = { reading: 0, working: 0 };
    return spent;
  }
}

/** What the lanes of one session spent: they read beside each other, and work one after the other. */
export function together(all: readonly Spent[]): Spent {
  const sum = (what: keyof Spent) => all.reduce((n, spent) => n + spent[what], 0);
  return { reading: sum("reading") / Math.max(1, all.length), working: sum("working") };
}
