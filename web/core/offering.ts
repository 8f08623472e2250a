// The share of this page beside its machine: the files behind the list, whether the
// sharer says who it is, which contacts it is offered to, and what a later page is
// left of all that. It stands beside the shell because the machine has no file, and who
// receives has nothing of it.

import type { FromCore, Source, ToCore } from "../shared/messages.ts";
import type { RecipientView, ShareView } from "../shared/views.ts";
import type { ListedSource, MachineEvent } from "./machine.ts";
import type { Again, Shares } from "./shares.ts";
import { Sources } from "./sources.ts";
import type { KeptEntry } from "./vault.ts";

/** What the page says that is for it. */
type ToOffering = Extract<
  ToCore,
  { type: "recipient.stop" | "share.add" | "share.handles" | "share.title" | "share.proof" | "share.member" | "share.paths" | "share.remove" | "shares.read" | "shares.list" | "shares.check" | "shares.forget" | "source.fresh" }
>;

interface Around {
  shares: Shares;
  /** Contacts who may be met. */
  known(): ReadonlySet<string>;
  post(message: FromCore): void;
  event(event: MachineEvent): void;
}

export class Offering {
  readonly #shares: Shares;
  readonly #known: () => ReadonlySet<string>;
  readonly #post: (message: FromCore) => void;
  readonly #event: (event: MachineEvent) => void;
  readonly #sources = new Sources();
  /** Whether the sharer says who it is; null: never chosen. */
  #proof: boolean | null = null;
  /** Contacts that the share is offered to; null: that is not known before the book is open. */
  #members: string[] | null = [];
  /** The rows that the person sees. */
  #rows: readonly RecipientView[] = [];
  /** The list of a share that is offered again, as it was. */
  #listed: KeptEntry[] = [];

  constructor({ shares, known, post, event }: Around) {
    this.#shares = shares;
    this.#known = known;
    this.#post = post;
    this.#event = event;
  }

  fromPage(message: ToOffering): void {
    switch (message.type) {
      case "recipient.stop":
        this.#event(message);
        return this.#stopped(this.#rows.find((row) => row.session === message.session)?.contact ?? null);
      case "share.add":
        return this.#add(message.sources);
      case "share.handles":
        return this.#shares.keep({ handles: message.handles });
      case "share.title":
        this.#shares.keep({ title: message.title });
        return this.#event(message);
      case "share.proof":
        this.#proof = message.on;
        this.#shares.keep({ proves: message.on });
        return this.#event(message);
      case "share.member": {
        const others = this.#others(message.id);
        return this.#offer(message.on ? [...others, message.id] : others);
      }
      case "share.paths":
        this.#shares.keep({ paths: message.paths });
        return this.#event(message);
      case "share.remove":
        this.#shares.removed(message.entries);
        return this.#event(message);
      case "shares.read":
        return void this.#shares.all().then((list) => this.#post({ type: "shares", list }));
      case "shares.list":
        return void this.#shares.list(message.id).then((entries) => this.#post({ type: "shares.list", id: message.id, entries }));
      case "shares.check":
        return void this.#shares.unlike(message.id, message.files).then((unlike) => this.#post({ type: "shares.checked", id: message.id, unlike }));
      case "shares.forget":
        return this.#shares.close(message.id);
      case "source.fresh": {
        const { file, source } = message;
        if (source !== null) this.#sources.replace(file, source);
        return this.#event({ type: "source.fresh", file, ok: source !== null, size: source?.size ?? 0, modified: source === null ? 0 : this.#sources.dateOf(file, source) });
      }
    }
  }

  again(id: string): Promise<Again | null> {
    return this.#shares.again(id);
  }

  /** A share begins, or begins again. */
  begin(title: string, kept: Uint8Array, again: Again | null): void {
    this.#sources.clear();
    this.#listed = again?.list ?? [];
    this.#shares.begin(title, kept, again?.share ?? null);
    this.#members = this.#shares.members();
    this.#proof = again?.share.proves ?? null;
  }

  /** The book of contacts is another than before: who is none any more is no member. */
  contacts(): void {
    this.#members ??= this.#shares.members();
    if (this.#members !== null && this.#members.length > 0) this.#tell(this.#members);
    if (this.#proof !== null) this.#event({ type: "share.proof", on: this.#proof });
  }

  source(file: number): File | undefined {
    return this.#sources.get(file);
  }

  stored(kept: Uint8Array): Promise<void> {
    return this.#shares.stored(kept);
  }

  saw(view: ShareView, kept: () => Uint8Array): void {
    this.#rows = view.recipients;
    this.#shares.saw(view, kept);
  }

  /** A contact who was stopped is offered nothing any more, also by a later page, or once the book was closed: until they are chosen anew. */
  #stopped(contact: string | null): void {
    if (contact !== null && this.#members?.includes(contact)) this.#offer(this.#others(contact));
  }

  #others(contact: string): string[] {
    this.#members ??= this.#shares.members();
    return (this.#members ?? []).filter((id) => id !== contact);
  }

  #offer(members: string[]): void {
    this.#members = members;
    this.#shares.keepMembers(members);
    this.#tell(members);
  }

  #tell(members: string[]): void {
    this.#event({ type: "share.members", members: members.filter((id) => this.#known().has(id)) });
  }

  #add(sources: Source[]): void {
    const first = this.#sources.count;
    const entries = sources.map((source, n): KeptEntry => {
      const known = this.#listed[first + n - 1];
      if (known !== undefined && source.file !== undefined && known.file !== null) this.#sources.known(first + n, source.file, known.file.modified);
      const { parent, name, file } = source;
      return known ?? { parent, name, file: file === undefined ? null : { size: file.size, modified: file.lastModified } };
    });
    this.#sources.add(sources);
    this.#shares.add(entries, sources);
    this.#event({ type: "share.add", sources: entries.map(listed) });
  }
}

function listed({ parent, name, file }: KeptEntry): ListedSource {
  return file === null ? { parent, name } : { parent, name, file: { size: file.size, lastModified: file.modified } };
}
