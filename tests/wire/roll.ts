import type { Member, Membership } from "@reeve/runtime/internal";

/** A membership that tests write: everybody sees it at once. */
export class Roll implements Membership {
  readonly #members = new Map<string, Member[]>();
  readonly #changes = new Set<(manager: string, major: number, address: string) => void>();
  readonly #ends = new Set<(member: Member, silentSince: number | undefined) => void>();
  readonly #relinks = new Set<(members: readonly Member[]) => void>();

  of(manager: string, major: number): readonly Member[] {
    return this.#list(manager, major);
  }

  at(manager: string, major: number, address: string): Member | undefined {
    return this.#list(manager, major).find((member) => member.address === address);
  }

  lowestMinor(manager: string, major: number): number | undefined {
    const minors = this.#list(manager, major).map(({ minor }) => minor);
    return minors.length === 0 ? undefined : Math.min(...minors);
  }

  discover(): undefined {
    return undefined;
  }

  onChange(listener: (manager: string, major: number, address: string) => void): () => void {
    this.#changes.add(listener);
    return () => this.#changes.delete(listener);
  }

  onGone(listener: (member: Member, silentSince: number | undefined) => void): () => void {
    this.#ends.add(listener);
    return () => this.#ends.delete(listener);
  }

  onReconnected(listener: (members: readonly Member[]) => void): () => void {
    this.#relinks.add(listener);
    return () => this.#relinks.delete(listener);
  }

  /** What has ended is for tests to say. */
  suspect(): void {}

  probeWith(): () => void {
    return () => {};
  }

  add(member: Member): void {
    this.#list(member.manager, member.major).push(Object.freeze(member));
    this.#changed(member);
  }

  remove(member: Member): void {
    const list = this.#list(member.manager, member.major);
    const index = list.indexOf(member);
    if (index < 0) return;
    list.splice(index, 1);
    for (const listener of this.#ends) listener(member, undefined);
    this.#changed(member);
  }

  /** Their process has lost its link, and has it again. */
  relinked(...members: readonly Member[]): void {
    for (const listener of this.#relinks) listener(members);
  }

  #changed({ manager, major, address }: Member): void {
    for (const listener of this.#changes) listener(manager, major, address);
  }

  #list(manager: string, major: number): Member[] {
    const key = `${manager}.${major}`;
    let list = this.#members.get(key);
    if (!list) {
      list = [];
      this.#members.set(key, list);
    }
    return list;
  }
}
