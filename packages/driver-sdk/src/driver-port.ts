import { reeveError, type Schema, type Version } from "@reeve/contract";
import { parseVersion } from "@reeve/contract/internal";
import type { Method } from "./method.ts";

/** Methods by name. Deliberately loose: narrower bounds would become the inferred types. */
export type MethodTable = Readonly<Record<string, Method>>;

export interface PortOptions<Methods, Abilities, Stats> {
  readonly version: Version;
  /** What every driver must implement. */
  readonly methods: Methods;
  /** Optional groups of methods. A driver implements a group whole or not at all. */
  readonly abilities?: Abilities;
  /** What `stats` reports; every report is checked against it. Absent: the port has no `stats`. */
  readonly stats?: Stats;
}

/** What a kind of driver must do: the seam between a manager and what cannot be generalised. */
export interface DriverPort<
  Name extends string = string,
  Methods = MethodTable,
  Abilities = Readonly<Record<string, MethodTable>>,
  Stats extends Schema | undefined = Schema | undefined,
> {
  readonly name: Name;
  /** A new minor only adds abilities; a new major may break. */
  readonly version: Version;
  readonly methods: Methods;
  readonly abilities: Abilities;
  readonly stats: Stats;
}

export type AnyDriverPort = DriverPort<string, any, any, any>;

const namePattern = /^[a-z][a-zA-Z0-9]{0,62}$/;

/** Names the runtime uses itself, or that would make a driver look like a promise. */
const reserved = new Set(["healthy", "stats", "check", "close", "setup", "then", "constructor", "prototype"]);

/**
 * Defines what drivers of one kind implement and managers may call.
 *
 * @throws ReeveError `INVALID_OPTION` naming the port and the method, ability or version that is malformed, reserved or twice there
 *
 * @example
 * ```ts
 * const lamps = driverPort("lamp", {
 *   version: "1.0",
 *   methods: { light: method<{ on: boolean }>(), state: query<{ on: boolean }>() },
 * });
 * ```
 */
export function driverPort<
  const Name extends string,
  Methods extends MethodTable,
  Abilities extends Readonly<Record<string, MethodTable>> = {},
  Stats extends Schema | undefined = undefined,
>(name: Name, options: PortOptions<Methods, Abilities, Stats>): DriverPort<Name, Methods, Abilities, Stats> {
  requireName("driver port", name);
  parseVersion(`driver port ${name}: version`, options.version);
  const abilities = options.abilities ?? ({} as Abilities);
  requireNames(`driver port ${name}: method`, options.methods);
  requireNames(`driver port ${name}: ability`, abilities);
  for (const [ability, methods] of Object.entries(abilities)) {
    if (ability in options.methods)
      throw reeveError("INVALID_OPTION", `driver port ${name}: ${JSON.stringify(ability)} is a method and an ability`);
    for (const method of Object.keys(methods)) requireName(`driver port ${name}: method of ability ${ability}`, method);
  }
  return Object.freeze({
    name,
    version: options.version,
    methods: options.methods,
    abilities,
    stats: options.stats as Stats,
  });
}

function requireNames(field: string, table: object): void {
  for (const name of Object.keys(table)) {
    requireName(field, name);
    if (reserved.has(name))
      throw reeveError("INVALID_OPTION", `${field} ${JSON.stringify(name)}: the name is reserved; choose another`);
  }
}

function requireName(field: string, name: string): void {
  if (typeof name !== "string" || !namePattern.test(name))
    throw reeveError("INVALID_OPTION", `${field} ${JSON.stringify(name)}: the name must match ${namePattern}`);
}
