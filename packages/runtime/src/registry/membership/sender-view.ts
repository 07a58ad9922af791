import { type Beat, isOver, type MemberEntry, placeOf } from "./beat.ts";

/** What a beat changed in the view of its sender. */
export interface ViewChange {
  readonly put: readonly MemberEntry[];
  /** Places where the sender has nobody any more. */
  readonly gone: readonly string[];
}

const nothing: ViewChange = { put: [], gone: [] };

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
  /** The places named by the parts of one beat so far; undefined outside of one. */
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

  entry(place: string): MemberEntry | undefined {
    return this.#entries.get(place);
  }

  entries(): Iterable<MemberEntry> {
    return this.#entries.values();
  }

  places(): Iterable<string> {
    return this.#entries.keys();
  }

  /** `undefined` when it is stale: a copy, overtaken, or from after the end. */
  receive(beat: Beat, now: number): ViewChange | undefined {
    if (this.#ended || beat.sequence <= this.#sequence) return undefined;
    const follows = beat.sequence === this.#sequence + 1;
    this.#sequence = beat.sequence;
    this.heardAt = now;
    this.host = beat.host;
    this.everyMs = beat.everyMs;
    this.lagMs = beat.lagMs;
    this.#ended = beat.last && beat.part.part === beat.part.parts;
    if (this.#ended) return { put: [], gone: this.clear() };
    const put: MemberEntry[] = [];
    const gone: string[] = [];
    for (const entry of beat.members) {
      const place = placeOf(entry);
      if (!isOver(entry)) {
        this.#entries.set(place, entry);
        put.push(entry);
      } else if (this.#entries.delete(place)) gone.push(place);
    }
    if (!beat.partial) gone.push(...this.#collect(beat, follows));
    return put.length === 0 && gone.length === 0 ? nothing : { put, gone };
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
    for (const entry of members) named.add(placeOf(entry));
    if (part < parts) return [];
    this.#named = undefined;
    this.whole = true;
    const missing = [...this.#entries.keys()].filter((place) => !named.has(place));
    for (const place of missing) this.#entries.delete(place);
    return missing;
  }
}
