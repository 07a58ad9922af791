import { type Beat, isOver, type MemberEntry, placeOf } from "./beat.ts";

/** What a beat changed in the view of its sender. */
export interface ViewChange {
  readonly put: readonly MemberEntry[];
  /** Places where the sender has nobody any more. */
  readonly gone: readonly string[];
  /** It named managers for which there was no room. */
  readonly crowded: boolean;
}

const nothing: ViewChange = { put: [], gone: [], crowded: false };

/** One process as its beats describe it. A repeated or overtaken beat changes nothing. */
export class SenderView {
  readonly id: string;
  /** The token that the broker let it speak under. */
  readonly caller: string;
  /** Which of the receiver's senders it was: a later one is the newer process. */
  readonly order: number;
  host = "";
  heardAt: number;
  everyMs = 0;
  lagMs = 0;
  /** Silent for longer than it should be. */
  suspect = false;
  /** It is known of everybody there, or was asked for: what changes can be told alone. */
  whole = false;
  #sequence = 0;
  #ended = false;
  readonly #entries = new Map<string, MemberEntry>();
  /** The places named by the parts of one beat so far, of those that are known; undefined outside of one. */
  #named: Set<string> | undefined = undefined;

  constructor(id: string, caller: string, order: number, now: number) {
    this.id = id;
    this.caller = caller;
    this.order = order;
    this.heardAt = now;
  }

  get empty(): boolean {
    return this.#entries.size === 0;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** How many places the parts of a beat that is not complete have named: never more than are known. */
  get named(): number {
    return this.#named?.size ?? 0;
  }

  entry(place: string): MemberEntry | undefined {
    return this.#entries.get(place);
  }

  entries(): Iterable<MemberEntry> {
    return this.#entries.values();
  }

  places(): Iterable<string> {
    return this.#entries.keys();
  }

  /**
   * `undefined` when it is stale: a copy, overtaken, or from after the end.
   *
   * @param room for so many more managers than are known; what is said of those that are known is always heard. Default: any
   */
  receive(beat: Beat, now: number, room = Number.POSITIVE_INFINITY): ViewChange | undefined {
    if (this.#ended || beat.sequence <= this.#sequence) return undefined;
    const follows = beat.sequence === this.#sequence + 1;
    this.#sequence = beat.sequence;
    this.heardAt = now;
    this.host = beat.host;
    this.everyMs = beat.everyMs;
    this.lagMs = beat.lagMs;
    this.#ended = beat.last && beat.part.part === beat.part.parts;
    if (this.#ended) return { put: [], gone: this.clear(), crowded: false };
    const most = this.#entries.size + room;
    const put: MemberEntry[] = [];
    const gone: string[] = [];
    let crowded = false;
    for (const entry of beat.members) {
      const place = placeOf(entry);
      if (isOver(entry)) {
        this.#named?.delete(place);
        if (this.#entries.delete(place)) gone.push(place);
      } else if (this.#entries.size < most || this.#entries.has(place)) {
        this.#entries.set(place, entry);
        put.push(entry);
      } else crowded = true;
    }
    if (!beat.partial) gone.push(...this.#collect(beat, follows));
    return put.length === 0 && gone.length === 0 && !crowded ? nothing : { put, gone, crowded };
  }

  /** Forgets its managers, and tells which places that leaves. */
  clear(): readonly string[] {
    const places = [...this.#entries.keys()];
    this.#entries.clear();
    this.#named = undefined;
    this.whole = false;
    return places;
  }

  /** After the last part of a beat none of whose parts is missing, what none of them named has gone. */
  #collect({ part: { part, parts }, members }: Beat, follows: boolean): readonly string[] {
    if (part === 1) this.#named = new Set();
    else if (!follows) this.#named = undefined;
    const named = this.#named;
    if (!named) return [];
    for (const entry of members) {
      const place = placeOf(entry);
      if (this.#entries.has(place)) named.add(place);
    }
    if (part < parts) return [];
    this.#named = undefined;
    this.whole = true;
    const missing = [...this.#entries.keys()].filter((place) => !named.has(place));
    for (const place of missing) this.#entries.delete(place);
    return missing;
  }
}
