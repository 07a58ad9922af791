import { type MemberEntry, placeOf } from "./beat.ts";
import { type KnownMember, knownMember, sameIncarnation, sameToCallers, tellsNothingNew } from "./known-member.ts";
import type { SenderView } from "./sender-view.ts";

/** The process that has a manager at a place, and the incarnation it says it has. */
interface Holder {
  readonly entry: MemberEntry;
  readonly view: SenderView;
}

interface Kind {
  readonly manager: string;
  readonly major: number;
  /** Given out: always the same array. */
  readonly members: KnownMember[];
  lowestMinor: number | undefined;
}

interface DirectoryEvents {
  onChange(kind: { readonly manager: string; readonly major: number }): void;
  onGone(member: KnownMember): void;
  /** Two processes say that they are the same incarnation of a manager. */
  onConflict(place: string): void;
}

/**
 * Who is where, put together from what every process says. At one place the highest epoch counts; where those are equal, the
 * newer process. Whoever is outdone is forgotten, and takes the place only by saying so again once it is free.
 */
export class MemberDirectory {
  readonly #events: DirectoryEvents;
  readonly #kinds = new Map<string, Kind>();
  readonly #holders = new Map<string, Holder>();
  readonly #members = new Map<string, KnownMember>();

  constructor(events: DirectoryEvents) {
    this.#events = events;
  }

  of(manager: string, major: number): readonly KnownMember[] {
    return this.#kind(manager, major).members;
  }

  lowestMinor(manager: string, major: number): number | undefined {
    return this.#kind(manager, major).lowestMinor;
  }

  /** Everybody, of every kind. */
  all(): Iterable<KnownMember> {
    return this.#members.values();
  }

  put(view: SenderView, entries: Iterable<MemberEntry>): void {
    for (const entry of entries) {
      const place = placeOf(entry);
      const known = this.#members.get(place);
      if (known && tellsNothingNew(known, entry, view)) continue;
      const holder = this.#holders.get(place);
      if (holder && holder.view !== view) {
        if (holder.entry.epoch === entry.epoch) this.#events.onConflict(place);
        if (outdoes(holder, { entry, view })) continue;
      }
      this.#holders.set(place, { entry, view });
      this.#settle(place);
    }
  }

  remove(view: SenderView, places: Iterable<string>): void {
    for (const place of places) {
      if (this.#holders.get(place)?.view !== view) continue;
      this.#holders.delete(place);
      this.#settle(place);
    }
  }

  /** Something about the sender itself has changed. */
  refresh(view: SenderView): void {
    for (const entry of view.entries()) {
      const place = placeOf(entry);
      if (this.#holders.get(place)?.view === view) this.#settle(place);
    }
  }

  #settle(place: string): void {
    const before = this.#members.get(place);
    const holder = this.#holders.get(place);
    const after = holder && knownMember(holder.entry, holder.view);
    if (!before && !after) return;
    const kind = this.#kind((after ?? before)!.manager, (after ?? before)!.major);
    if (after) this.#members.set(place, after);
    else this.#members.delete(place);
    replace(kind.members, before, after);
    if (before && after && sameToCallers(before, after)) return;
    kind.lowestMinor = lowestMinor(kind.members);
    this.#events.onChange(kind);
    if (before && !(after && sameIncarnation(before, after))) this.#events.onGone(before);
  }

  #kind(manager: string, major: number): Kind {
    const key = `${manager}.v${major}`;
    let kind = this.#kinds.get(key);
    if (!kind) {
      kind = { manager, major, members: [], lowestMinor: undefined };
      this.#kinds.set(key, kind);
    }
    return kind;
  }
}

function outdoes(a: Holder, b: Holder): boolean {
  return (a.entry.epoch - b.entry.epoch || a.view.order - b.view.order) > 0;
}

function replace(members: KnownMember[], before: KnownMember | undefined, after: KnownMember | undefined): void {
  const at = before ? members.indexOf(before) : -1;
  if (!after) members.splice(at, 1);
  else if (at >= 0) members[at] = after;
  else members.push(after);
}

function lowestMinor(members: readonly KnownMember[]): number | undefined {
  if (members.length === 0) return undefined;
  return members.reduce((lowest, { minor }) => Math.min(lowest, minor), Number.POSITIVE_INFINITY);
}
