import { type MemberEntry, placeOf } from "./beat.ts";
import { prevails, sameStore } from "./claim.ts";
import {
  type KnownMember,
  knownMember,
  sameIncarnation,
  sameToCallers,
  tellsNothingNew,
  wasRelinked,
} from "./known-member.ts";
import { MemberList } from "./member-list.ts";
import type { SenderView } from "./sender-view.ts";

/** Who is at a place, and which process says so. */
interface Holder {
  readonly entry: MemberEntry;
  readonly view: SenderView;
  readonly member: KnownMember;
}

interface DirectoryEvents {
  onChange(where: Pick<KnownMember, "manager" | "major" | "address">): void;
  onGone(member: KnownMember): void;
  /** Their process has lost its link and has it again: what was on its way to them or from them is lost. */
  onRelinked(members: readonly KnownMember[]): void;
  /** Two processes say that they hold one place, and no store tells which of them does. */
  onConflict(place: string): void;
}

/**
 * Who is where, put together from what every process says. At one place the highest epoch counts; where those are equal, the
 * newer process. Whoever is outdone is forgotten, and takes the place only by saying so again once it is free. Of different
 * stores epochs say nothing: there the better claim counts, and who has another one is next when that has gone.
 */
export class MemberDirectory {
  readonly #events: DirectoryEvents;
  readonly #lists = new Map<string, MemberList>();
  readonly #holders = new Map<string, Holder>();
  /** By place: who claims it as well, last heard. */
  readonly #others = new Map<string, SenderView>();

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
    return this.#lists.get(kindOf(manager, major))?.lowestMinor;
  }

  /** Everybody, of every kind. */
  *all(): Iterable<KnownMember> {
    for (const { member } of this.#holders.values()) yield member;
  }

  put(view: SenderView, entries: Iterable<MemberEntry>): void {
    const relinked: KnownMember[] = [];
    for (const entry of entries) {
      const place = placeOf(entry);
      const holder = this.#holders.get(place);
      if (holder && tellsNothingNew(holder.member, entry, view)) continue;
      if (holder && holder.view !== view) {
        if (contradicts(holder, entry)) this.#events.onConflict(place);
        const outdone = outdoes(holder, entry, view);
        if (!sameStore(holder.entry, entry)) this.#others.set(place, outdone ? view : holder.view);
        if (outdone) continue;
      }
      const member = this.#hold(place, holder, entry, view);
      if (holder && wasRelinked(holder.member, member)) relinked.push(member);
    }
    if (relinked.length > 0) this.#events.onRelinked(relinked);
  }

  remove(view: SenderView, places: Iterable<string>): void {
    for (const place of places) {
      const holder = this.#holders.get(place);
      if (holder?.view !== view) continue;
      const { manager, major } = holder.entry;
      const list = this.#list(manager, major);
      this.#holders.delete(place);
      list.remove(place);
      // No names are remembered for ever but those that were asked for.
      if (list.members.length === 0 && !list.given) this.#lists.delete(kindOf(manager, major));
      this.#events.onChange(holder.member);
      this.#events.onGone(holder.member);
      this.#reconsider(place);
    }
  }

  /** Something about the sender itself has changed. */
  refresh(view: SenderView): void {
    for (const entry of view.entries()) {
      const place = placeOf(entry);
      const holder = this.#holders.get(place);
      if (holder?.view !== view) continue;
      this.#hold(place, holder, entry, view);
      if (view.suspect) this.#reconsider(place);
    }
  }

  /** Its holder has gone, or may have: somebody else may have said already that it is there. */
  #reconsider(place: string): void {
    const other = this.#others.get(place);
    this.#others.delete(place);
    const entry = other?.entry(place);
    if (entry) this.put(other!, [entry]);
  }

  #hold(place: string, before: Holder | undefined, entry: MemberEntry, view: SenderView): KnownMember {
    const { manager, major } = entry;
    const member = knownMember(entry, view);
    this.#holders.set(place, { entry, view, member });
    this.#list(manager, major).put(place, member);
    if (before && sameToCallers(before.member, member)) return member;
    this.#events.onChange(member);
    if (before && sameIncarnation(before.member, member)) return member;
    if (before) this.#events.onGone(before.member);
    return member;
  }

  #list(manager: string, major: number): MemberList {
    const kind = kindOf(manager, major);
    let list = this.#lists.get(kind);
    if (!list) {
      list = new MemberList();
      this.#lists.set(kind, list);
    }
    return list;
  }
}

function kindOf(manager: string, major: number): string {
  return `${manager}.v${major}`;
}

function contradicts({ entry: held }: Holder, entry: MemberEntry): boolean {
  if (sameStore(held, entry)) return held.epoch === entry.epoch;
  return held.heldSince !== undefined && entry.heldSince !== undefined;
}

function outdoes(holder: Holder, entry: MemberEntry, view: SenderView): boolean {
  if (!sameStore(holder.entry, entry)) {
    // It may be dead: whoever holds the place and is heard answers there.
    if (holder.view.suspect && !view.suspect && entry.heldSince !== undefined) return false;
    return !prevails({ ...entry, sender: view.id }, { ...holder.entry, sender: holder.view.id });
  }
  return (holder.entry.epoch - entry.epoch || holder.view.order - view.order) > 0;
}
