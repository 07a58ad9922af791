import { reeveError } from "@reeve/contract";
import type { LocalTarget } from "../rpc/call.ts";
import type { NearTargets } from "../rpc/remote/remote-targets.ts";

/** The managers of this process. The arrays it gives out live: refs keep them and see every change. */
export class LocalDirectory implements NearTargets {
  readonly #targets = new Map<string, LocalTarget[]>();
  readonly #listeners = new Set<(manager: string, major: number) => void>();

  onChange(listener: (manager: string, major: number) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  of(manager: string, major: number): readonly LocalTarget[] {
    return this.#list(manager, major);
  }

  /** @throws ReeveError `ADDRESS_IN_USE` when that manager is there already */
  add(target: LocalTarget): void {
    // Of whatever version: two majors at one address would share service record and epoch, and fence each other.
    const other = this.#at(target);
    if (other) {
      throw reeveError(
        "ADDRESS_IN_USE",
        `${target.key} runs in this process already, in version ${other.contract.version}; give the second one another backend`,
      );
    }
    this.#list(target.contract.name, target.contract.major).push(target);
    // Who has called its kind before finds it here, not over a link.
    this.#changed(target);
  }

  remove(target: LocalTarget): void {
    const list = this.#list(target.contract.name, target.contract.major);
    const index = list.indexOf(target);
    if (index < 0) return;
    list.splice(index, 1);
    this.#changed(target);
  }

  #at({ key }: LocalTarget): LocalTarget | undefined {
    for (const list of this.#targets.values()) {
      const found = list.find((target) => target.key === key);
      if (found) return found;
    }
    return undefined;
  }

  #changed({ contract }: LocalTarget): void {
    for (const listener of this.#listeners) listener(contract.name, contract.major);
  }

  #list(manager: string, major: number): LocalTarget[] {
    const key = `${manager}.v${major}`;
    let list = this.#targets.get(key);
    if (!list) {
      list = [];
      this.#targets.set(key, list);
    }
    return list;
  }
}
