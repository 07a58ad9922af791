import { type MemberEntry, placeOf } from "./beat.ts";
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
  onChange(kind: { readonly manager: string; readonly major: number }): void;
  onGone(member: KnownMember): void;
  /** Their process has lost its link and has it again: what was on its way to them or from them is lost. */
  onRelinked(members: readonly KnownMember[]): void;
  /** An incarnation that was not at its place before. */
  onArrived(member: KnownMember): void;
  /** Two processes say that they are the same incarnation of a manager. */
  onConflict(place: string): void;
}

/**
 * Who is where, put together from what every process says. At one place the highest epoch counts; where those are equal, the
 * newer process. Whoever is outdone is forgotten, and takes the place only by saying so again once it is free.
 */
export class MemberDirectory {
  readonly #events: DirectoryEvents;
  readonly #lists = new Map<string, MemberList>();
  readonly #holders = new Map<string, Holder>();

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
        if (holder.entry.epoch === entry.epoch) this.#events.onConflict(place);
        if (outdoes(holder, entry, view)) continue;
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
      this.#events.onChange({ manager, major });
      this.#events.onGone(holder.member);
    }
  }

  /** Something about the sender itself has changed. */
  refresh(view: SenderView): void {
    for (const entry of view.entries()) {
      const place = placeOf(entry);
      const holder = this.#holders.get(place);
      if (holder?.view === view) this.#hold(place, holder, entry, view);
    }
  }

  #hold(place: string, before: Holder | undefined, entry: MemberEntry, view: SenderView): KnownMember {
    const { manager, major } = entry;
    const member = knownMember(entry, view);
    this.#holders.set(place, { entry, view, member });
    this.#list(manager, major).put(place, member);
    if (before && sameToCallers(before.member, member)) return member;
    this.#events.onChange({ manager, major });
    if (before && sameIncarnation(before.member, member)) return member;
    if (before) this.#events.onGone(before.member);
    this.#events.onArrived(member);
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

function outdoes(holder: Holder, entry: MemberEntry, view: SenderView): boolean {
  return (holder.entry.epoch - entry.epoch || holder.view.order - view.order) > 0;
}
