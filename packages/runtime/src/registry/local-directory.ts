import { reeveError } from "@reeve/contract";
import type { LocalTarget } from "../rpc/caller/routed-call.ts";
import { TargetList } from "../rpc/caller/target-list.ts";
import type { Targets } from "../rpc/caller/targets.ts";
import type { NearTargets } from "../rpc/remote/client/remote-targets.ts";

/** The managers of this process. The lists it gives out live: refs keep them and see every change. */
export class LocalDirectory implements NearTargets {
  readonly #lists = new Map<string, TargetList>();
  /** By manager and address, of whatever version. */
  readonly #targets = new Map<string, LocalTarget>();
  readonly #listeners = new Set<(manager: string, major: number, address: string) => void>();

  onChange(listener: (manager: string, major: number, address: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  of(manager: string, major: number): Targets<LocalTarget> {
    return this.#list(manager, major);
  }

  /** @throws ReeveError `ADDRESS_IN_USE` when that manager is there already */
  add(target: LocalTarget): void {
    // Of whatever version: two majors at one address would share service record and epoch, and fence each other.
    const other = this.#targets.get(target.key);
    if (other) {
      throw reeveError(
        "ADDRESS_IN_USE",
        `${target.key} runs in this process already, in version ${other.contract.version}; give the second one another backend`,
      );
    }
    this.#targets.set(target.key, target);
    this.#list(target.contract.name, target.contract.major).put(target);
    // Who has called its kind before finds it here, not over a link.
    this.#changed(target);
  }

  remove(target: LocalTarget): void {
    if (this.#targets.get(target.key) !== target) return;
    this.#targets.delete(target.key);
    this.#list(target.contract.name, target.contract.major).remove(target.address);
    this.#changed(target);
  }

  /** Its address has become another process's, or its own again. */
  changed(target: LocalTarget): void {
    if (this.#targets.get(target.key) === target) this.#changed(target);
  }

  #changed({ contract, address }: LocalTarget): void {
    for (const listener of this.#listeners) listener(contract.name, contract.major, address);
  }

  #list(manager: string, major: number): TargetList {
    const key = `${manager}.v${major}`;
    let list = this.#lists.get(key);
    if (!list) {
      list = new TargetList();
      this.#lists.set(key, list);
    }
    return list;
  }
}
