import { type ReeveError, reeveError } from "@reeve/contract";
import type { ManagerBehaviour } from "./behaviour.ts";
import type { ManagerDefinition } from "./definition.ts";

const hooks = [
  "initHost",
  "initHostWithRpc",
  "isWorking",
  "reset",
  "close",
  "inspect",
  "owner",
  "authorize",
  "refused",
] as const;
const known = new Set<string>([...hooks, "operations", "recover", "periodic", "panels", "kept", "whenOwnerGone"]);

/**
 * Checks what `setup` returned: types cannot speak for JavaScript or for a cast.
 *
 * @throws ReeveError `INVALID_OPTION` naming the manager and the culprit
 */
export function requireBehaviour({ contract, jobs, store }: ManagerDefinition, behaviour: ManagerBehaviour<any>): void {
  const refuse = (message: string): never => {
    throw invalid(contract.name, message);
  };
  if (typeof behaviour !== "object" || behaviour === null) refuse("setup: expected it to return an object");
  for (const name of Object.keys(behaviour))
    if (!known.has(name)) refuse(`setup returned an unknown ${JSON.stringify(name)}`);
  for (const name of hooks) {
    if (behaviour[name] !== undefined && typeof behaviour[name] !== "function") refuse(`${name}: expected a function`);
  }
  for (const name of ["operations", "recover", "periodic"] as const) {
    if (behaviour[name] !== undefined && !isRecord(behaviour[name])) refuse(`${name}: expected an object`);
  }
  const { recover = {} } = behaviour;
  for (const [kind, recoverer] of Object.entries(recover)) {
    if (typeof recoverer !== "function") refuse(`recover: ${JSON.stringify(kind)}: expected a function`);
    if (!jobs.includes(kind)) refuse(`recover: ${JSON.stringify(kind)} is not declared in jobs`);
  }
  for (const kind of jobs) {
    if (!Object.hasOwn(recover, kind))
      refuse(`recover: ${JSON.stringify(kind)}: expected a function, as jobs declares it`);
  }
  if (behaviour.panels !== undefined && !Array.isArray(behaviour.panels)) refuse("panels: expected an array");
  if (behaviour.kept !== undefined && !Array.isArray(behaviour.kept)) refuse("kept: expected an array of machines");
  if (behaviour.kept?.length && !store) refuse("kept: its actors are kept in the manager's store, and it has none");
  const { whenOwnerGone } = behaviour;
  if (whenOwnerGone !== undefined && typeof whenOwnerGone !== "string") refuse("whenOwnerGone: expected text");
  const handlers = (behaviour.operations ?? {}) as Record<string, unknown>;
  for (const { name, route } of contract.operations.values()) {
    if (typeof handlers[name] !== "function") refuse(`operations: ${JSON.stringify(name)}: expected a function`);
    if (route === "owner" && !behaviour.owner)
      refuse(`owner: expected a function, as operation ${JSON.stringify(name)} has route "owner"`);
  }
  for (const name of Object.keys(handlers)) {
    if (!contract.operations.has(name)) refuse(`operations: ${JSON.stringify(name)} is not in the contract`);
  }
}

function isRecord(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function invalid(manager: string, message: string): ReeveError {
  return reeveError("INVALID_OPTION", `manager ${manager}: ${message}`);
}
