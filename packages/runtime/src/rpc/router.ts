import { type ReeveError, reeveError } from "@reeve/contract";
import type { Call, LocalTarget } from "./call.ts";
import { OwnerMemory, ownerKey } from "./owner-memory.ts";

/** A call is sent on at most this often before it gives up. */
const maxHops = 3;

/** Refusals after which somebody else may take the call. */
const elsewhere = new Set(["NOT_SERVING", "NO_RESPONDERS", "PEER_LOST"]);

/** Finds who answers a call, and who else may when that one refuses. */
export class Router {
  readonly #owners = new OwnerMemory();
  /** Which of a contract's members was the last one chosen. */
  readonly #turns = new WeakMap<readonly LocalTarget[], number>();

  /** Where to send it first, or why nowhere. */
  first(call: Call): LocalTarget | ReeveError {
    const { address } = call.binding;
    if (call.operation.route === "address" && address === undefined) return unaddressed(call);
    const target = this.#choose(call);
    return target === undefined ? nobody(call, address) : (unsupported(call, target) ?? target);
  }

  /** Where to send it after a refusal, or the error that it ends with. */
  after(call: Call, error: ReeveError): LocalTarget | ReeveError {
    call.attempts ??= [];
    call.attempts.push({ target: call.target!, error });
    const next = this.#next(call, error);
    return "deliver" in next ? next : (mayHaveRun(call) ?? next);
  }

  #next(call: Call, error: ReeveError): LocalTarget | ReeveError {
    if (call.attempts!.length > maxHops) return error;
    if (error.reason === "MOVED") return this.#toOwner(call, error);
    if (error.reason === "MAILBOX_FULL" && hasRoomElsewhere(call)) return this.#any(call) ?? error;
    return elsewhere.has(error.reason) ? this.#afterNotServing(call, error) : error;
  }

  #choose(call: Call): LocalTarget | undefined {
    const { targets, address } = call.binding;
    if (address !== undefined) return targets.find((target) => target.address === address) ?? this.#any(call);
    return this.#rememberedOwner(call) ?? this.#any(call);
  }

  /** One that serves, those of this process first and each in turn; else one that may come to. */
  #any(call: Call): LocalTarget | undefined {
    const { targets } = call.binding;
    const after = (this.#turns.get(targets) ?? -1) + 1;
    let chosen = -1;
    let rank = 0;
    for (let step = 0; step < targets.length && rank < nearAndServing; step++) {
      const index = (after + step) % targets.length;
      const target = targets[index]!;
      if (!isCandidate(call, target)) continue;
      const found = rankOf(target);
      if (found <= rank) continue;
      rank = found;
      chosen = index;
    }
    if (rank >= serving) this.#turns.set(targets, chosen);
    return targets[chosen];
  }

  #rememberedOwner(call: Call): LocalTarget | undefined {
    const key = ownerKey(call);
    const owner = key === undefined ? undefined : this.#owners.recall(key);
    return owner === undefined ? undefined : targetAt(call, owner);
  }

  #toOwner(call: Call, moved: ReeveError): LocalTarget | ReeveError {
    const { address } = call.binding;
    // Whoever names an address is told what that one says.
    if (address !== undefined) return moved;
    const owner = String((moved.data as { readonly owner: unknown }).owner);
    const target = targetAt(call, owner);
    if (!target) return nobody(call, owner, moved);
    const key = ownerKey(call);
    if (key !== undefined) this.#owners.remember(key, owner);
    const refused = call.attempts!.find(
      (attempt) => attempt.target === target && attempt.error.reason === "NOT_SERVING",
    );
    return refused?.error ?? target;
  }

  #afterNotServing(call: Call, error: ReeveError): LocalTarget | ReeveError {
    const key = ownerKey(call);
    // An owner that does not serve may have been succeeded: whoever else is asked will know.
    if (key !== undefined) this.#owners.forget(key);
    return call.target!.address === call.binding.address ? error : (this.#any(call) ?? error);
  }
}

/** Where anybody may answer it, whether another than who has it serves and has not refused it yet. */
export function hasRoomElsewhere(call: Call): boolean {
  return call.operation.route === "any" && isServedElsewhere(call);
}

/** Whether another than who has it serves, may be sent it and has not refused it yet. */
export function isServedElsewhere(call: Call): boolean {
  const { binding, target: has } = call;
  if (has?.address === binding.address) return false;
  return binding.targets.some((target) => target !== has && target.canServe && isCandidate(call, target));
}

const serving = 3;
const nearAndServing = 4;

function rankOf({ canServe, remote }: LocalTarget): number {
  return (canServe ? serving : 1) + (remote ? 0 : 1);
}

/** What was left undone last says nothing of what may have been done before. */
export function mayHaveRun({ attempts = [] }: Call): ReeveError | undefined {
  return attempts.find(({ error }) => error.outcome === "maybe-executed")?.error;
}

function targetAt({ binding }: Call, address: string): LocalTarget | undefined {
  return binding.targets.find((target) => target.address === address);
}

/** Whether it may go there, and has not been refused there. */
function isCandidate({ binding, attempts }: Call, target: LocalTarget): boolean {
  const { address } = binding;
  if (address !== undefined && target.cluster !== address) return false;
  return !attempts?.some((attempt) => attempt.target === target);
}

/** A newer operation is refused before it is sent: an older member would not know it. */
function unsupported({ binding, served }: Call, target: LocalTarget): ReeveError | undefined {
  const { sinceMinor, name } = served.operation;
  if (sinceMinor === 0) return undefined;
  const asked = binding.address === undefined ? binding.targets : [target];
  const older = asked.find(({ contract }) => contract.minor < sinceMinor);
  if (!older) return undefined;
  return reeveError(
    "UNSUPPORTED_VERSION",
    `${older.key} serves version ${older.contract.version}; ${name} came with ${served.contract.major}.${sinceMinor}`,
    { outcome: "never-sent", address: older.address },
  );
}

function nobody({ served, attempts }: Call, address: string | undefined, cause?: ReeveError): ReeveError {
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

function unaddressed({ served }: Call): ReeveError {
  const { contract, operation } = served;
  return reeveError(
    "INVALID_OPTION",
    `${contract.name}: ${operation.name}: its route is "address"; call it through .at(address)`,
    { outcome: "never-sent" },
  );
}
