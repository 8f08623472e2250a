import type { Vault } from "./vault.ts";

/**
 * What is done with the vault, one thing after the other: what is forgotten must not
 * be written again by what came before. What can't be remembered costs a new
 * beginning, never the transfer or the share: then the answer is null.
 */
export class InTurn {
  readonly #vault: Promise<Vault | null>;
  #last: Promise<unknown> = Promise.resolve();

  /** Null: nothing is ever remembered here. */
  constructor(vault: Promise<Vault | null> | null) {
    this.#vault = vault ?? Promise.resolve(null);
  }

  do<T>(f: (vault: Vault) => Promise<T>): Promise<T | null> {
    const done = this.#last.then(async () => {
      const vault = await this.#vault;
      return vault === null ? null : await f(vault);
    }).catch(() => null);
    this.#last = done;
    return done;
  }
}
