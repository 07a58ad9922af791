import type { KnownMember } from "./known-member.ts";

/** The members of one kind. Nothing here takes longer the more there are, but for finding the lowest minor after a change. */
export class MemberList {
  /** Always the same array, for whoever was given it. */
  readonly members: KnownMember[] = [];
  given = false;
  readonly #places: string[] = [];
  readonly #indexes = new Map<string, number>();
  #lowestMinor: number | undefined;
  #known = true;

  get lowestMinor(): number | undefined {
    if (!this.#known) {
      this.#lowestMinor = undefined;
      for (const { minor } of this.members) this.#lowestMinor = Math.min(minor, this.#lowestMinor ?? minor);
      this.#known = true;
    }
    return this.#lowestMinor;
  }

  put(place: string, member: KnownMember): void {
    const at = this.#indexes.get(place) ?? this.members.length;
    if (this.members[at]?.minor !== member.minor) this.#known = false;
    this.members[at] = member;
    this.#places[at] = place;
    this.#indexes.set(place, at);
  }

  remove(place: string): void {
    const at = this.#indexes.get(place);
    if (at === undefined) return;
    this.#indexes.delete(place);
    this.#known = false;
    // The last takes the place of the one that leaves.
    const last = this.members.pop()!;
    const lastPlace = this.#places.pop()!;
    if (at === this.members.length) return;
    this.members[at] = last;
    this.#places[at] = lastPlace;
    this.#indexes.set(lastPlace, at);
  }
}
