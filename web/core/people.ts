// The person's identity and contacts: made when first needed, kept in the vault,
// opened with a passphrase where one was set. Every tab has a core; what one writes
// the others read again, and no two write at once.
//
//	page ── question ──▶ People ── one after the other ──▶ Book (Go) ── container ──▶ vault
//	                       └── Argon2id: a worker that ends

import type { FromPeople, PeopleAnswer, PeopleQuestion, PeopleView } from "../shared/people.ts";
import { type Book, type Books, Failed, type Header } from "./book.ts";
import type { KeptPeople, Vault } from "./vault.ts";

/** What People needs of the worker it runs in. */
export interface Around {
  vault: Promise<Vault | null>;
  post(message: FromPeople): void;
  /** Makes the key of a passphrase; null where there is not the memory for it. */
  base(header: Header, passphrase: Uint8Array): Promise<Uint8Array | null>;
  /** Runs f while no other tab writes. */
  alone<T>(f: () => Promise<T>): Promise<T>;
  /** Tells the other tabs that something was written. */
  tell(): void;
  /** Unix ms. */
  now(): number;
  /** Who may be met is known now, or has changed: these contacts, by their IDs. */
  used(contacts: readonly string[]): void;
  /** The book that arrived from another device; null: none. */
  arrived(): Book | null;
  /** It is stored, or lasts only as long as this worker. */
  stored(kept: boolean): void;
  /** Everybody in the book, met or not; not said of one that is older than one that was seen. */
  known?(contacts: readonly string[]): void;
}

/** Seals what is kept beside the vault, under the book: nothing of it says whom the person knows without their passphrase. */
export interface Beside {
  /** Null while no book is open. */
  seal(place: string, value: unknown): Uint8Array<ArrayBuffer> | null;
  /** Null where it does not open, or no book is. */
  open(place: string, box: Uint8Array): unknown;
}

const done: PeopleAnswer = { kind: "done" };

export class People implements Beside {
  readonly #books: Books;
  readonly #around: Around;
  #book: Book | null = null;
  /** What the browser has; null: nothing. */
  #kept: KeptPeople | null = null;
  /** The container can't be opened, whatever is typed. */
  #damaged = false;
  /** False: the browser keeps nothing, or did not give back what it was given. */
  #keeps = true;
  /** The highest generation that this browser has seen. */
  #mark = 0;
  #old = false;
  #last: Promise<unknown> = Promise.resolve();

  constructor(books: Books, around: Around) {
    this.#books = books;
    this.#around = around;
  }

  /** The identity that is open; null: none is. */
  get book(): Book | null {
    return this.#book;
  }

  /** Questions are answered one after the other. */
  ask(ask: number, question: PeopleQuestion): Promise<void> {
    return this.#inTurn(async () => {
      const answer = await this.#answer(question).catch((error: unknown): PeopleAnswer => ({ kind: "failed", why: error instanceof Failed ? error.why : "E_INTERNAL" }));
      this.#show();
      this.#around.post({ type: "people.answer", ask, answer });
    });
  }

  /** Another tab wrote something. */
  told(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#catchUp().catch(() => undefined);
      this.#show();
    });
  }

  seal(place: string, value: unknown): Uint8Array<ArrayBuffer> | null {
    return this.#book?.beside(place, new TextEncoder().encode(JSON.stringify(value))) ?? null;
  }

  open(place: string, box: Uint8Array): unknown {
    try {
      return this.#book === null ? null : (JSON.parse(new TextDecoder().decode(this.#book.openBeside(place, box))) as unknown);
    } catch {
      return null; // another book's
    }
  }

  #inTurn(f: () => Promise<void>): Promise<void> {
    const next = this.#last.then(f);
    this.#last = next.catch(() => undefined);
    return next;
  }

  async #answer(q: PeopleQuestion): Promise<PeopleAnswer> {
    switch (q.what) {
      case "read":
        this.#mark = Math.max(this.#mark, q.mark);
        await this.#read();
        return done;
      case "unlock":
        await this.#unlock(q.passphrase);
        return done;
      case "make":
        return this.#replaceAll(this.#books.make(q.name, this.#seconds()), false);
      case "name":
        return this.#change((book) => book.name(q.name, this.#seconds()));
      case "look":
        // Nobody has to be somebody to look at a card: a book of nobody's looks, and goes.
        return { kind: "look", look: (this.#book ?? this.#books.make("", this.#seconds())).look(q.text) };
      case "add":
        if (this.#book === null && this.#kept === null) await this.#replaceAll(this.#books.make("", this.#seconds()), false);
        return this.#change((book) => book.add(q.text, q.petname, this.#seconds()));
      case "replace":
        return this.#change((book) => book.replace(q.text));
      case "rename":
        return this.#change((book) => book.rename(q.id, q.petname));
      case "verify":
        return this.#change((book) => book.verify(q.id, q.same));
      case "remove":
        return this.#change((book) => book.remove(q.id));
      case "succeed":
        return this.#change((book) => book.succeed(this.#seconds()));
      case "scanned":
        return { kind: "scanned", is: this.#open().scanned(q.id, q.text) };
      case "passphrase":
        return this.#secure(q.passphrase);
      case "settle":
        return this.#change(() => undefined);
      case "words":
        return { kind: "words", words: this.#open().words() };
      case "backup": {
        const header = this.#books.fresh("backup");
        return { kind: "backup", container: this.#open().backup(header, await this.#base(header, q.passphrase)) };
      }
      case "restore": {
        const header = this.#books.header(q.container);
        if (!header.asks) throw new Failed("E_VAULT");
        return this.#replaceAll(this.#books.restore(q.container, await this.#base(header, q.passphrase)), true);
      }
      case "restore.words": {
        const book = this.#books.words(q.words, this.#seconds());
        return typeof book === "number" ? { kind: "slip", word: book } : this.#replaceAll(book, true);
      }
      case "taken":
        return this.#take();
      case "erase":
        await this.#around.alone(async () => (await this.#around.vault)?.erasePeople());
        this.#forget();
        this.#mark = 0;
        this.#around.tell();
        return done;
    }
  }

  /** Looks what the browser has, and opens it where no passphrase is asked for. */
  async #read(): Promise<void> {
    const vault = await this.#around.vault;
    this.#keeps &&= vault !== null;
    if (vault === null) return; // what there is lasts as long as this worker
    this.#forget();
    try {
      this.#kept = await vault.people();
      if (this.#kept === null || this.#books.header(this.#kept.container).asks) return;
      this.#opened(this.#books.open(this.#kept.container, null, this.#kept.pepper));
    } catch {
      this.#damaged = true;
    }
  }

  async #unlock(passphrase: string): Promise<void> {
    if (this.#kept === null || this.#book !== null) return;
    const header = this.#books.header(this.#kept.container);
    const base = await this.#base(header, passphrase);
    this.#opened(this.#books.open(this.#kept.container, base, this.#kept.pepper));
  }

  #opened(book: Book): void {
    this.#use(book);
    const { generation } = book.view();
    this.#old = generation < this.#mark;
    this.#mark = Math.max(this.#mark, generation);
  }

  /** Takes in what another tab wrote since. Where it has another passphrase by now, this one has to be told it. */
  async #catchUp(): Promise<void> {
    const vault = await this.#around.vault;
    if (vault === null || !this.#keeps) return;
    const now = await vault.people().catch(() => undefined);
    if (now === undefined) return; // damaged, and nothing here is older
    if (now === null) {
      if (this.#kept !== null) this.#forget(); // erased
      return;
    }
    if (this.#kept !== null && same(now.container, this.#kept.container)) return;
    const book = this.#book;
    this.#kept = now;
    this.#damaged = false;
    this.#use(null);
    try {
      // Where no passphrase is asked for it opens by itself, also one that was asked for until now.
      if (!this.#books.header(now.container).asks) this.#opened(this.#books.open(now.container, null, now.pepper));
      else if (book !== null) this.#opened(book.again(now.container));
    } catch {
      // locked
    }
  }

  /** Changes the book and writes it. A card that is refused because a key changed is noted, so that is written too. */
  #change(f: (book: Book) => void): Promise<PeopleAnswer> {
    return this.#around.alone(async () => {
      await this.#catchUp();
      const book = this.#open();
      let answer = done;
      try {
        f(book);
      } catch (error) {
        if (!(error instanceof Failed) || error.why !== "E_IDENTITY") throw error;
        answer = { kind: "failed", why: error.why };
      }
      await this.#write(book);
      return answer;
    });
  }

  /** Puts a book in the place of what there is: `over` only when the person was asked before. */
  #replaceAll(book: Book, over: boolean): Promise<PeopleAnswer> {
    return this.#around.alone(async () => {
      await this.#catchUp();
      if (!over && (this.#book !== null || this.#kept !== null)) return done; // another tab was first
      const pepper = crypto.getRandomValues(new Uint8Array(32));
      book.secure(this.#books.fresh("none"), null, pepper);
      this.#forget();
      await this.#write(book, pepper);
      return done;
    });
  }

  /** Puts what arrived from another device in the place of what there is, and says so there. */
  /** The person said yes to an identity that arrived from another device, whatever is here. */
  async #take(): Promise<PeopleAnswer> {
    const book = this.#around.arrived();
    if (book === null) throw new Failed("E_VAULT");
    const answer = await this.#replaceAll(book, true);
    if (this.#book === book) this.#around.stored(this.#keeps);
    return answer;
  }

  async #secure(passphrase: string): Promise<PeopleAnswer> {
    const header = this.#books.fresh(passphrase === "" ? "none" : "vault");
    const base = header.asks ? await this.#base(header, passphrase) : null;
    return this.#around.alone(async () => {
      await this.#catchUp();
      const book = this.#open();
      const pepper = this.#kept?.pepper ?? crypto.getRandomValues(new Uint8Array(32));
      book.secure(header, base, pepper);
      await this.#write(book, pepper);
      return done;
    });
  }

  /** Writes, and at the first time reads back: some browsers take everything and keep nothing. */
  async #write(book: Book, pepper: Uint8Array | undefined = this.#kept?.pepper): Promise<void> {
    this.#use(book);
    this.#old = false;
    const vault = await this.#around.vault;
    if (vault === null || !this.#keeps || pepper === undefined) {
      this.#keeps = false;
      return;
    }
    const first = this.#kept === null;
    const kept = { container: book.seal(this.#mark), pepper };
    this.#mark = book.view().generation;
    try {
      await vault.putPeople(kept);
      if (first) {
        const back = await vault.people();
        if (back === null || !same(back.pepper, pepper)) throw new Failed("E_VAULT");
        book.again(back.container);
      }
      this.#kept = kept;
      this.#around.tell();
    } catch {
      this.#keeps = false;
    }
  }

  #forget(): void {
    this.#use(null);
    this.#kept = null;
    this.#damaged = this.#old = false;
  }

  /** The one book of this worker: contacts are met as it says (wasm/bridge/contacts.go). */
  #use(book: Book | null): void {
    this.#book = book;
    if (book === null) this.#books.close();
    else book.use();
  }

  #open(): Book {
    if (this.#book === null) throw new Failed("E_VAULT");
    return this.#book;
  }

  async #base(header: Header, passphrase: string): Promise<Uint8Array> {
    // One passphrase has many forms in Unicode, and keyboards differ.
    const base = await this.#around.base(header, new TextEncoder().encode(passphrase.normalize("NFKC")));
    if (base === null) throw new Failed("E_INTERNAL");
    return base;
  }

  #seconds(): number {
    return Math.floor(this.#around.now() / 1000);
  }

  /** Says how things are, after everything that may have changed them. */
  #show(): void {
    const view = this.#view();
    // Yesterday's book may bring people back whom the person has removed: nobody of it is met before they said so.
    if (view.at === "open" && !view.old) this.#around.known?.(view.contacts.map(({ id }) => id));
    if (view.at === "open") this.#around.used(view.old ? [] : view.contacts.filter(({ state }) => state !== "changed").map(({ id }) => id));
    // One that is locked says nothing about who is a contact: what is under way goes on.
    else if (view.at !== "locked") this.#around.used([]);
    this.#around.post({ type: "people.view", view: this.#view() });
  }

  #view(): PeopleView {
    if (this.#book !== null) return { at: "open", kept: this.#keeps, old: this.#old, ...this.#book.view() };
    if (this.#damaged) return { at: "damaged" };
    return this.#kept === null ? { at: "none", kept: this.#keeps } : { at: "locked" };
  }
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((x, i) => x === b[i]);
}
