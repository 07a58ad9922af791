import { KeyedList } from "../../base/keyed-list.ts";
import { LowestCount } from "../../base/lowest-count.ts";
import type { KnownMember } from "./known-member.ts";

/** The members of one kind, by place. Nothing here takes longer the more there are. */
export class MemberList {
  readonly #members = new KeyedList<KnownMember>();
  readonly #minors = new LowestCount();
  given = false;

  /** Always the same array, for whoever was given it. */
  get members(): readonly KnownMember[] {
    return this.#members.values;
  }

  get lowestMinor(): number | undefined {
    return this.#minors.lowest;
  }

  put(place: string, member: KnownMember): void {
    const before = this.#members.get(place);
    this.#members.put(place, member);
    if (before?.minor === member.minor) return;
    this.#minors.add(member.minor);
    if (before) this.#minors.delete(before.minor);
  }

  remove(place: string): void {
    const before = this.#members.get(place);
    if (!before) return;
    this.#members.delete(place);
    this.#minors.delete(before.minor);
  }
}
