import type { GossipSource } from "../../gossip/index.ts";
import { encodeEntry } from "./entry-codec.ts";
import { isOver, kindOf, type MemberEntry, placeOf } from "./member-entry.ts";

export interface OwnMembersOptions {
  /** By the clock that counts sleep. */
  now(): number;
  /** What was held since before then is held no more, by the same clock. */
  lapsedAt(): number;
  /** Nobody is left of a kind. */
  onNobody(kind: string): void;
}

/** The managers that a process tells others of, and which of them changed since that was told. */
export class OwnMembers implements GossipSource {
  readonly #options: OwnMembersOptions;
  readonly #entries = new Map<string, MemberEntry>();
  readonly #kinds = new Map<string, Map<string, MemberEntry>>();
  readonly #untold = new Set<string>();
  /** The lapse that everybody has heard of. */
  #lapsedAt = 0;

  constructor(options: OwnMembersOptions) {
    this.#options = options;
  }

  /** Returns whether others should hear of it before the next turn. */
  put(entry: MemberEntry): boolean {
    const place = placeOf(entry);
    const urgent = matters(this.#entries.get(place), entry);
    const kind = kindOf(entry);
    this.#entries.set(place, entry);
    const others = this.#kinds.get(kind);
    if (others) others.set(place, entry);
    else this.#kinds.set(kind, new Map([[place, entry]]));
    this.#untold.add(place);
    return urgent;
  }

  get size(): number {
    return this.#entries.size;
  }

  all(): readonly string[] {
    return this.#texts(this.#entries.values());
  }

  ofKind(kind: string): readonly string[] {
    return this.#texts(this.#kinds.get(kind)?.values() ?? []);
  }

  news(): readonly string[] {
    if (this.#options.lapsedAt() !== this.#lapsedAt) return this.all();
    return this.#texts(Array.from(this.#untold, (place) => this.#entries.get(place)!));
  }

  /** Forgets those that are over. */
  told(): void {
    this.#lapsedAt = this.#options.lapsedAt();
    for (const place of this.#untold) {
      const entry = this.#entries.get(place)!;
      if (!isOver(entry)) continue;
      const kind = kindOf(entry);
      const others = this.#kinds.get(kind)!;
      this.#entries.delete(place);
      others.delete(place);
      if (others.size > 0) continue;
      this.#kinds.delete(kind);
      this.#options.onNobody(kind);
    }
    this.#untold.clear();
  }

  #texts(entries: Iterable<MemberEntry>): readonly string[] {
    const now = this.#options.now();
    const lapsedAt = this.#options.lapsedAt();
    return Array.from(entries, (entry) => {
      const lapsed = entry.heldSince !== undefined && entry.heldSince < lapsedAt;
      return encodeEntry(lapsed ? { ...entry, heldSince: undefined } : entry, now);
    });
  }
}

/** Anything but the load. */
function matters(before: MemberEntry | undefined, after: MemberEntry): boolean {
  if (!before) return true;
  return (
    before.epoch !== after.epoch ||
    before.incarnation !== after.incarnation ||
    before.heldSince !== after.heldSince ||
    before.state !== after.state ||
    before.phase !== after.phase ||
    before.canServe !== after.canServe ||
    before.minor !== after.minor ||
    before.reconnects !== after.reconnects ||
    before.cluster !== after.cluster ||
    before.reasons.join() !== after.reasons.join()
  );
}
