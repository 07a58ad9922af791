import { type ReeveError, reeveError } from "@reeve/contract";
import { elsewhereAfter, groupOf, hasRefused } from "./elsewhere.ts";
import { OwnerMemory, ownerKey } from "./owner-memory.ts";
import type { LocalTarget, RoutedCall } from "./routed-call.ts";
import type { TargetGroup } from "./targets.ts";

/** A call is sent on at most this often before it gives up. */
const maxHops = 3;

/** Finds who answers a call, and who else may when that one refuses. */
export class Router {
  readonly #owners = new OwnerMemory();
  /** Which of a contract's members was the last one chosen. */
  readonly #turns = new WeakMap<readonly LocalTarget[], number>();

  /** Where to send it first, or why nowhere. */
  first(call: RoutedCall): LocalTarget | ReeveError {
    const { address } = call.binding;
    if (call.operation.route === "address" && address === undefined) return unaddressed(call);
    const target = this.#choose(call);
    return target === undefined ? nobody(call, address) : (unsupported(call, target) ?? target);
  }

  /** Where to send it after a refusal, or the error that it ends with. */
  after(call: RoutedCall, error: ReeveError): LocalTarget | ReeveError {
    call.attempted(error);
    const next = this.#next(call, error);
    return "deliver" in next ? next : (call.mayHaveRun ?? next);
  }

  #next(call: RoutedCall, error: ReeveError): LocalTarget | ReeveError {
    if (call.attempts!.length > maxHops) return error;
    const where = elsewhereAfter(call, error);
    if (where === "nowhere") return error;
    return where === "owner" ? this.#toOwner(call, error) : this.#toAnother(call, error);
  }

  #choose(call: RoutedCall): LocalTarget | undefined {
    const { address } = call.binding;
    if (address !== undefined) return this.#at(call, address);
    return this.#rememberedOwner(call) ?? this.#any(call);
  }

  #any(call: RoutedCall): LocalTarget | undefined {
    return this.#of(call, groupOf(call));
  }

  /** Whoever is at an address, or any member of the cluster of that name. */
  #at(call: RoutedCall, address: string): LocalTarget | undefined {
    const { targets } = call.binding;
    return targets.at(address) ?? this.#of(call, targets.inCluster(address));
  }

  /** One that serves, those of this process first and each in turn; else one that may come to. */
  #of(call: RoutedCall, group: TargetGroup<LocalTarget> | undefined): LocalTarget | undefined {
    if (!group) return undefined;
    const { near, serving, waiting } = group;
    return (
      this.#inTurn(call, near, isServing) ??
      this.#inTurn(call, serving) ??
      this.#inTurn(call, near) ??
      this.#inTurn(call, waiting)
    );
  }

  /** The next in turn that it may go to. */
  #inTurn(call: RoutedCall, targets: readonly LocalTarget[], accepts?: (target: LocalTarget) => boolean) {
    const after = (this.#turns.get(targets) ?? -1) + 1;
    for (let step = 0; step < targets.length; step++) {
      const index = (after + step) % targets.length;
      const target = targets[index]!;
      if (hasRefused(call, target) || accepts?.(target) === false) continue;
      this.#turns.set(targets, index);
      return target;
    }
    return undefined;
  }

  #rememberedOwner(call: RoutedCall): LocalTarget | undefined {
    const key = ownerKey(call);
    const owner = key === undefined ? undefined : this.#owners.recall(key);
    return owner === undefined ? undefined : this.#at(call, owner);
  }

  #toOwner(call: RoutedCall, moved: ReeveError): LocalTarget | ReeveError {
    const { address } = call.binding;
    // Whoever names an address is told what that one says.
    if (address !== undefined) return moved;
    const owner = String((moved.data as { readonly owner: unknown }).owner);
    const target = this.#at(call, owner);
    if (!target) return nobody(call, owner, moved);
    const key = ownerKey(call);
    if (key !== undefined) this.#owners.remember(key, owner);
    const refused = call.attempts!.find(
      (attempt) => attempt.target === target && attempt.error.reason === "NOT_SERVING",
    );
    return refused?.error ?? target;
  }

  #toAnother(call: RoutedCall, error: ReeveError): LocalTarget | ReeveError {
    // Where it has no room it still owns what it owns.
    if (error.reason === "MAILBOX_FULL") return this.#any(call) ?? error;
    const key = ownerKey(call);
    const owner = key === undefined ? undefined : this.#owners.recall(key);
    const fellow = owner === undefined ? undefined : this.#of(call, call.binding.targets.inCluster(owner));
    // Each member of the cluster owns what the cluster owns.
    if (fellow) return fellow;
    // An owner that does not serve may have been succeeded: whoever else is asked will know.
    if (key !== undefined) this.#owners.forget(key);
    return call.target!.address === call.binding.address ? error : (this.#any(call) ?? error);
  }
}

function isServing({ canServe }: LocalTarget): boolean {
  return canServe;
}

/** A newer operation is refused before it is sent: an older member would not know it. */
function unsupported({ binding, served }: RoutedCall, target: LocalTarget): ReeveError | undefined {
  const { sinceMinor, name } = served.operation;
  if (sinceMinor === 0) return undefined;
  const { targets, address } = binding;
  const lowest = address === undefined ? targets.lowestMinor : target.contract.minor;
  if (lowest === undefined || lowest >= sinceMinor) return undefined;
  const older = address === undefined ? [...targets].find(({ contract }) => contract.minor === lowest)! : target;
  return reeveError(
    "UNSUPPORTED_VERSION",
    `${older.key} serves version ${older.contract.version}; ${name} came with ${served.contract.major}.${sinceMinor}`,
    { outcome: "never-sent", address: older.address },
  );
}

function nobody({ served, attempts }: RoutedCall, address: string | undefined, cause?: ReeveError): ReeveError {
  const { contract, operation } = served;
  const whom = address === undefined ? contract.name : `${contract.name} at ${address}`;
  const advice = adviceOf(cause);
  return reeveError(
    "NO_RESPONDERS",
    `${whom} (version ${contract.version}): nobody is there to answer ${operation.name}${advice && `; ${advice}`}`,
    attempts ? { outcome: "not-executed", cause } : {},
  );
}

/** What the manager that named the owner says is to be done when that is gone. */
function adviceOf(moved: ReeveError | undefined): string {
  const data = moved?.data as { readonly whenGone?: unknown } | undefined;
  return typeof data?.whenGone === "string" ? data.whenGone.slice(0, 300) : "";
}

function unaddressed({ served }: RoutedCall): ReeveError {
  const { contract, operation } = served;
  return reeveError(
    "INVALID_OPTION",
    `${contract.name}: ${operation.name}: its route is "address"; call it through .at(address)`,
    { outcome: "never-sent" },
  );
}
