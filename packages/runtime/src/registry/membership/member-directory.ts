import { prevails, sameStore } from "./claim.ts";
import {
  hasReconnected,
  type KnownMember,
  knownMember,
  sameIncarnation,
  sameToCallers,
  tellsNothingNew,
} from "./known-member.ts";
import { kindOf, type MemberEntry, placeOf } from "./member-entry.ts";
import { MemberList } from "./member-list.ts";
import type { MemberView } from "./member-view.ts";

/** Who is at a place, and which process says so. */
interface Holder {
  readonly entry: MemberEntry;
  readonly view: MemberView;
  readonly member: KnownMember;
}

/**
 * Why a member is known no longer: it `said` that it has stopped; its process is `dead`, by silence or because the broker knows it
 * no longer; another is there in its place, `replaced`; or there is no room to know it, `unknown`.
 */
export type MemberEnd = "said" | "dead" | "replaced" | "unknown";

interface DirectoryEvents {
  onChange(where: Pick<KnownMember, "manager" | "major" | "address">): void;
  /** @param silentSince when its process was heard last, where it has been silent for so long that others may have its place */
  onGone(member: KnownMember, silentSince: number | undefined, end: MemberEnd): void;
  /** Their process has lost its link and has reconnected: what was on its way to them or from them is lost. */
  onReconnected(members: readonly KnownMember[]): void;
  /** Two processes say that they hold one place, and no store tells which of them does. */
  onConflict(place: string): void;
}

/**
 * Who is where, put together from what the processes of one caller token say: nobody else is asked about it. At one place the highest epoch counts; where those are equal, the
 * newer process. A superseded one is forgotten, and takes the place only by saying so again once it is free. Of different
 * stores epochs say nothing: there the better claim counts, and who has another one is next when that has gone.
 */
export class MemberDirectory {
  readonly #events: DirectoryEvents;
  readonly #lists = new Map<string, MemberList>();
  readonly #holders = new Map<string, Holder>();
  /** By place: who claims it as well, last heard. */
  readonly #others = new Map<string, MemberView>();

  constructor(events: DirectoryEvents) {
    this.#events = events;
  }

  of(manager: string, major: number): readonly KnownMember[] {
    const list = this.#list(manager, major);
    list.given = true;
    return list.members;
  }

  at(place: string): KnownMember | undefined {
    return this.#holders.get(place)?.member;
  }

  lowestMinor(manager: string, major: number): number | undefined {
    return this.#lists.get(kindOf({ manager, major }))?.lowestMinor;
  }

  /** Everybody, of every kind. */
  *all(): Iterable<KnownMember> {
    for (const { member } of this.#holders.values()) yield member;
  }

  put(view: MemberView, entries: Iterable<MemberEntry>): void {
    const reconnected: KnownMember[] = [];
    for (const entry of entries) {
      const place = placeOf(entry);
      const holder = this.#holders.get(place);
      if (holder && tellsNothingNew(holder.entry, holder.member, entry, view)) continue;
      if (holder && holder.view !== view) {
        if (contradicts(holder, entry)) this.#events.onConflict(place);
        const superseded = supersedes(holder, entry, view);
        if (!sameStore(holder.entry, entry)) this.#others.set(place, superseded ? view : holder.view);
        if (superseded) continue;
      }
      const member = this.#hold(place, holder, entry, view);
      if (holder && hasReconnected(holder.member, member)) reconnected.push(member);
    }
    if (reconnected.length > 0) this.#events.onReconnected(reconnected);
  }

  remove(view: MemberView, places: Iterable<string>, end: MemberEnd): void {
    for (const place of places) {
      const holder = this.#holders.get(place);
      if (holder?.view !== view) continue;
      const { manager, major } = holder.entry;
      const list = this.#list(manager, major);
      this.#holders.delete(place);
      list.remove(place);
      // No names are remembered for ever but those that were asked for.
      if (list.members.length === 0 && !list.given) this.#lists.delete(kindOf({ manager, major }));
      this.#events.onChange(holder.member);
      this.#events.onGone(holder.member, view.silentSince, end);
      this.#reconsider(place);
    }
  }

  /** Something about the sender itself has changed. */
  refresh(view: MemberView): void {
    for (const entry of view.entries()) {
      const place = placeOf(entry);
      const holder = this.#holders.get(place);
      if (holder?.view !== view) continue;
      this.#hold(place, holder, entry, view);
    }
  }

  /** It has been silent for so long that others may have its places. */
  release(view: MemberView): void {
    for (const entry of view.entries()) {
      const place = placeOf(entry);
      if (this.#holders.get(place)?.view === view) this.#reconsider(place);
    }
  }

  /** Its holder has gone, or may have: somebody else may have said already that it is there. */
  #reconsider(place: string): void {
    const other = this.#others.get(place);
    this.#others.delete(place);
    const entry = other?.entry(place);
    if (entry) this.put(other!, [entry]);
  }

  #hold(place: string, before: Holder | undefined, entry: MemberEntry, view: MemberView): KnownMember {
    const { manager, major } = entry;
    const member = knownMember(entry, view);
    this.#holders.set(place, { entry, view, member });
    this.#list(manager, major).put(place, member);
    if (before && sameToCallers(before.member, member)) return member;
    this.#events.onChange(member);
    if (before && sameIncarnation(before.member, member)) return member;
    if (before) this.#events.onGone(before.member, before.view.silentSince, "replaced");
    return member;
  }

  #list(manager: string, major: number): MemberList {
    const kind = kindOf({ manager, major });
    let list = this.#lists.get(kind);
    if (!list) {
      list = new MemberList();
      this.#lists.set(kind, list);
    }
    return list;
  }
}

function contradicts({ entry: held }: Holder, entry: MemberEntry): boolean {
  if (sameStore(held, entry)) return held.epoch === entry.epoch;
  return held.heldSince !== undefined && entry.heldSince !== undefined;
}

function supersedes(holder: Holder, entry: MemberEntry, view: MemberView): boolean {
  if (!sameStore(holder.entry, entry)) {
    // It stands still, or is dead: whoever holds the place and is heard answers there.
    if (holder.view.replaceable && view.hearing === "heard" && entry.heldSince !== undefined) return false;
    return !prevails({ ...entry, sender: view.id }, { ...holder.entry, sender: holder.view.id });
  }
  return (holder.entry.epoch - entry.epoch || holder.view.order - view.order) > 0;
}
