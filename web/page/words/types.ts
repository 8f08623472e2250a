// What words are made of.

/** What happened, then what to do. */
export interface Sentence {
  title: string;
  next: string;
}

export interface FailureWords extends Sentence {
  /** True where trying again can help: the page then offers it. */
  again: boolean;
  /** What the sharer reads about a recipient, where that is something else. */
  sharer?: Sentence;
}
