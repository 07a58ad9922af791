import type { Call } from "./call.ts";

const capacity = 10_000;

/** Characters. What does not fit is not remembered; asking anybody finds the owner as well. */
const longestResource = 256;

/** Remembers which address owned what, so that the next call goes there first. Bounded; the oldest go first. */
export class OwnerMemory {
  readonly #owners = new Map<string, string>();

  recall(key: string): string | undefined {
    return this.#owners.get(key);
  }

  remember(key: string, owner: string): void {
    this.#owners.delete(key);
    this.#owners.set(key, owner);
    if (this.#owners.size > capacity) {
      const oldest = this.#owners.keys().next();
      if (!oldest.done) this.#owners.delete(oldest.value);
    }
  }

  forget(key: string): void {
    this.#owners.delete(key);
  }
}

/** Calls on one resource share a key where the lane names the resource; otherwise each input has its own. */
export function ownerKey({ operation, contract, input }: Call): string | undefined {
  if (operation.route !== "owner") return undefined;
  try {
    const resource = operation.lane ? operation.lane(input) : JSON.stringify(input);
    return resource.length > longestResource ? undefined : `${contract.name} ${resource}`;
  } catch {
    // The input is not what the schema wants: the callee will say so.
    return undefined;
  }
}
