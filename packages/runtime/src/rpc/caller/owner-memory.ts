import { FairMap } from "../../base/fair-map.ts";
import type { RoutedCall } from "./routed-call.ts";

const capacity = 10_000;

/** Characters. What does not fit is not remembered; asking anybody finds the owner as well. */
const longestResource = 256;

/** Remembers which address owned what, so that the next call goes there first. Bounded; the oldest go first, of the contract with the most. */
export class OwnerMemory {
  readonly #owners = new FairMap<string>({ inAll: capacity });

  recall(key: string): string | undefined {
    return this.#owners.get(key);
  }

  remember(key: string, owner: string): void {
    this.#owners.set(key, key.slice(0, key.indexOf(" ")), owner);
  }

  forget(key: string): void {
    this.#owners.delete(key);
  }
}

/** Calls on one resource share a key where the lane names the resource; otherwise each input has its own. */
export function ownerKey({ operation, contract, input }: RoutedCall): string | undefined {
  if (operation.route !== "owner") return undefined;
  try {
    const resource = operation.lane ? operation.lane(input) : JSON.stringify(input);
    return resource.length > longestResource ? undefined : `${contract.name} ${resource}`;
  } catch {
    // The input is not what the schema wants: the callee will say so.
    return undefined;
  }
}
