import { isOver, type MemberEntry, placeOf } from "./beat.ts";

/** The managers that a process tells others of, and which of them changed since that was told. */
export class OwnMembers {
  readonly #entries = new Map<string, MemberEntry>();
  readonly #kinds = new Map<string, Map<string, MemberEntry>>();
  readonly #untold = new Set<string>();
  readonly #toldOnce = new Map<string, MemberEntry>();

  /** Returns whether others should hear of it before the next turn. */
  put(entry: MemberEntry): boolean {
    const place = placeOf(entry);
    const urgent = matters(this.#entries.get(place), entry);
    this.#set(place, entry);
    this.#untold.add(place);
    return urgent;
  }

  all(): readonly MemberEntry[] {
    return [...this.#entries.values()];
  }

  ofKind(kind: string): readonly MemberEntry[] {
    return [...(this.#kinds.get(kind)?.values() ?? [])];
  }

  /** Those that have changed since what was told last or before that: a message that is lost is made good by the next. */
  changed(): readonly MemberEntry[] {
    const changed = Array.from(this.#untold, (place) => this.#entries.get(place)!);
    for (const [place, told] of this.#toldOnce) {
      if (!this.#untold.has(place)) changed.push(this.#entries.get(place) ?? told);
    }
    return changed;
  }

  /** All, or those of {@link changed}, have been told. Forgets those that are over, and returns the kinds that have nobody left. */
  told(): readonly string[] {
    const left: string[] = [];
    this.#toldOnce.clear();
    for (const place of this.#untold) {
      const entry = this.#entries.get(place)!;
      this.#toldOnce.set(place, entry);
      if (!isOver(entry)) continue;
      const kind = kindOf(entry);
      const others = this.#kinds.get(kind)!;
      this.#entries.delete(place);
      others.delete(place);
      if (others.size > 0) continue;
      this.#kinds.delete(kind);
      left.push(kind);
    }
    this.#untold.clear();
    return left;
  }

  /** They stop, all that have not yet. */
  stop(): void {
    for (const [place, entry] of this.#entries) {
      if (!isOver(entry)) this.#set(place, { ...entry, state: "stopped", phase: undefined, canServe: false });
    }
  }

  #set(place: string, entry: MemberEntry): void {
    const kind = kindOf(entry);
    this.#entries.set(place, entry);
    const others = this.#kinds.get(kind);
    if (others) others.set(place, entry);
    else this.#kinds.set(kind, new Map([[place, entry]]));
  }
}

export function kindOf({ manager, major }: Pick<MemberEntry, "manager" | "major">): string {
  return `${manager}.v${major}`;
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
    before.links !== after.links ||
    before.cluster !== after.cluster ||
    before.reasons.join() !== after.reasons.join()
  );
}
