import { type Duration, durationMs, type ReeveError, reeveError } from "@reeve/contract";
import { knownKeys, shown } from "../config/index.ts";
import { KeptMachine, type KeptState, type Turn } from "../lifecycle/kept-machine.ts";
import type { AnyActorLogic } from "../lifecycle/user-logic.ts";
import { decodePlain } from "../store/index.ts";
import type { ActorRow } from "./actor-store.ts";
import { errorsFromData } from "./errors-as-data.ts";

/**
 * What becomes of the manager when one of its actors fails, which XState has end it: `cause`: `ACTOR_FAILED` stands among its
 * causes until the actor is forgotten; `crash`: the incarnation ends with that error, and its supervisor starts it anew.
 */
export type OnActorError = "cause" | "crash";

/** A machine whose actors a manager keeps, and how it takes up those that earlier versions of it have left. */
export interface KeptMachineOptions<L extends AnyActorLogic = AnyActorLogic> {
  /** Any XState 5 logic that is its state: a machine, or `fromTransition`. All that it invokes or spawns has a name. */
  readonly machine: L;
  /** What its actors are kept under. Default: the machine's own `id`. */
  readonly name?: string;
  /** Goes up when its states, or what its context holds, are other than before. Default 1. */
  readonly version?: number;
  /**
   * Makes what an earlier version has kept into what this one keeps. Asked when such an actor is next used, and written with its
   * next turn. Without it they are refused with `MACHINE_REFUSED`, and stay as they are.
   */
  readonly migrate?: (kept: KeptState, version: number) => KeptState;
  /** How long one that has ended can still be found. Default `"7d"`. */
  readonly retention?: Duration;
  /** Default `cause`. */
  readonly onError?: OnActorError;
}

/** A machine as it was declared. */
export interface KeptMachineSpec {
  readonly logic: AnyActorLogic;
  readonly name: string;
  readonly version: number;
  readonly migrate: KeptMachineOptions["migrate"];
  readonly retentionMs: number;
  readonly onError: OnActorError;
  /** @throws what its initial transition throws */
  begin(id: string, input: unknown): { readonly machine: KeptMachine; readonly turn: Turn };
}

const optionNames = ["machine", "name", "version", "migrate", "retention", "onError"];
const namePattern = /^[\w][\w. -]{0,99}$/;

/** The machines that a manager declares. */
export class KeptMachines {
  readonly #byName = new Map<string, KeptMachineSpec>();
  readonly #byLogic = new Map<AnyActorLogic, KeptMachineSpec>();

  /** @throws ReeveError `INVALID_OPTION` naming the field that is wrong */
  constructor(field: string, declared: readonly (AnyActorLogic | KeptMachineOptions)[]) {
    if (!Array.isArray(declared))
      throw reeveError("INVALID_OPTION", `${field}: expected a list of machines, got ${shown(declared)}`);
    for (const [index, given] of declared.entries()) {
      const spec = read(`${field}[${index}]`, given);
      if (this.#byName.has(spec.name))
        throw reeveError("INVALID_OPTION", `${field}[${index}]: another machine is named "${spec.name}"`);
      this.#byName.set(spec.name, spec);
      this.#byLogic.set(spec.logic, spec);
    }
  }

  get none(): boolean {
    return this.#byName.size === 0;
  }

  /** Of which versions the actors are taken up, by machine. */
  versions(): readonly { readonly machine: string; readonly from: number; readonly to: number }[] {
    return [...this.#byName.values()].map(({ name, version, migrate }) => ({
      ...{ machine: name, from: migrate ? 1 : version, to: version },
    }));
  }

  named(name: string): KeptMachineSpec | undefined {
    return this.#byName.get(name);
  }

  /** @throws ReeveError `INVALID_OPTION` where it was not declared */
  of(logic: AnyActorLogic): KeptMachineSpec {
    const spec = this.#byLogic.get(logic);
    if (spec) return spec;
    const name = nameOf(logic);
    const other = name !== undefined && this.#byName.has(name) ? `; the "${name}" in it is another one` : "";
    const what = name === undefined ? "the logic" : `machine "${name}"`;
    throw reeveError(
      "INVALID_OPTION",
      `${what} is not in \`kept\`, which \`setup\` returns, so nobody would take up its actors after a restart${other}`,
    );
  }
}

/** @throws ReeveError `MACHINE_REFUSED` */
export function restored(spec: KeptMachineSpec, row: Pick<ActorRow, "actor" | "version">, text: string): KeptMachine {
  const kept = errorsFromData(decodePlain(text)) as KeptState;
  try {
    return KeptMachine.restore(spec.logic, migrated(spec, row, kept));
  } catch (error) {
    if ((error as Partial<ReeveError>)?.reason === "MACHINE_REFUSED") throw error;
    throw refused(
      spec,
      row,
      `its state does not fit: ${error instanceof Error ? error.message : String(error)}`,
      error,
    );
  }
}

/** Why actors that were kept by a version are not taken up; undefined where they are. */
export function refusal({ version, migrate }: KeptMachineSpec, kept: number): string | undefined {
  if (kept > version) return `it was kept by version ${kept}, and this is version ${version}: run the newer program`;
  if (kept < version && !migrate)
    return `it was kept by version ${kept}, and this is version ${version}: say in \`migrate\` what that makes of it`;
  return undefined;
}

function migrated(spec: KeptMachineSpec, row: Pick<ActorRow, "actor" | "version">, kept: KeptState): KeptState {
  const why = refusal(spec, row.version);
  if (why !== undefined) throw refused(spec, row, why);
  return row.version === spec.version ? kept : spec.migrate!(kept, row.version);
}

function refused({ name }: KeptMachineSpec, row: Pick<ActorRow, "actor" | "version">, why: string, cause?: unknown) {
  return reeveError("MACHINE_REFUSED", `actor "${row.actor}" of machine "${name}": ${why}`, {
    data: { machine: name, actor: row.actor, version: row.version },
    cause,
  });
}

function read(field: string, given: AnyActorLogic | KeptMachineOptions): KeptMachineSpec {
  const options: KeptMachineOptions = isLogic(given) ? { machine: given } : given;
  if (typeof options !== "object" || options === null || !isLogic(options.machine))
    throw reeveError("INVALID_OPTION", `${field}: expected an XState machine, got ${shown(options)}`);
  knownKeys(field, options, optionNames);
  const { machine, version = 1, migrate, retention = "7d", onError = "cause" } = options;
  const name = options.name ?? nameOf(machine);
  if (typeof name !== "string" || !namePattern.test(name))
    throw reeveError(
      "INVALID_OPTION",
      `${field}: name: give the machine an \`id\`, or say what its actors are kept under: letters, digits, "_", ".", "-" and spaces, at most 100, got ${shown(name)}`,
    );
  if (!Number.isSafeInteger(version) || version < 1)
    throw reeveError("INVALID_OPTION", `${field}: version: expected an integer from 1 on, got ${shown(version)}`);
  if (migrate !== undefined && typeof migrate !== "function")
    throw reeveError("INVALID_OPTION", `${field}: migrate: expected a function, got ${shown(migrate)}`);
  if (onError !== "cause" && onError !== "crash")
    throw reeveError("INVALID_OPTION", `${field}: onError: expected "cause" or "crash", got ${shown(onError)}`);
  if (!KeptMachine.canKeep(machine))
    throw reeveError(
      "INVALID_OPTION",
      `${field}: "${name}" runs (a promise, a callback, an observable); a machine can be kept`,
    );
  const retentionMs = durationMs(`${field}: retention`, retention);
  const begin = (id: string, input: unknown) => KeptMachine.begin(machine, id, input);
  return { logic: machine, name, version, migrate, retentionMs, onError, begin };
}

function isLogic(value: unknown): value is AnyActorLogic {
  return (
    typeof value === "object" && value !== null && typeof (value as Partial<AnyActorLogic>).transition === "function"
  );
}

/** XState names a machine without an id so. */
function nameOf(logic: AnyActorLogic): string | undefined {
  const { id } = logic as { readonly id?: unknown };
  return typeof id === "string" && id !== "(machine)" ? id : undefined;
}
