import { reeveError } from "@reeve/contract";
import { parseVersion } from "@reeve/contract/internal";
import type { AnyDriverPort, MethodTable } from "./driver-port.ts";

/** The untyped view of a definition; what JavaScript, casts and other versions of this package may hand in. */
export interface LooseDefinition {
  readonly name: string;
  readonly implements?: string | undefined;
  readonly setup?: unknown;
  readonly methods?: Readonly<Record<string, unknown>> | undefined;
  readonly abilities?: Readonly<Record<string, Readonly<Record<string, unknown>> | undefined>> | undefined;
  readonly stats?: unknown;
  readonly check?: unknown;
  readonly fence?: unknown;
  readonly fences?: unknown;
  readonly close?: unknown;
}

const namePattern = /^[a-z][a-z0-9-]{0,62}$/;
const parts = [
  ...["name", "version", "implements", "options", "setup", "methods", "abilities", "stats", "check"],
  ...["fence", "fences", "close"],
];

/** @throws ReeveError `INVALID_OPTION` naming the driver and what is missing, unknown or takes too many arguments */
export function requireImplementation(port: AnyDriverPort, definition: LooseDefinition): void {
  const driver = `driver ${definition.name}`;
  if (typeof definition.name !== "string" || !namePattern.test(definition.name))
    throw reeveError("INVALID_OPTION", `driver name: ${JSON.stringify(definition.name)} must match ${namePattern}`);
  const unknown = Object.keys(definition).find((part) => !parts.includes(part));
  if (unknown)
    throw reeveError("INVALID_OPTION", `${driver}: unknown ${JSON.stringify(unknown)}; it has ${parts.join(", ")}`);
  if (definition.implements !== undefined) parseVersion(`${driver}: implements`, definition.implements);
  requireFunction(driver, "setup", definition.setup, 2);
  requireMethods(driver, port.methods, definition.methods ?? {});
  for (const [ability, methods] of Object.entries(definition.abilities ?? {})) {
    const wanted = (port.abilities as Record<string, MethodTable>)[ability];
    if (!wanted)
      throw reeveError("INVALID_OPTION", `${driver}: the ${port.name} port has no ability ${JSON.stringify(ability)}`);
    if (methods) requireMethods(`${driver}: ability ${ability}`, wanted, methods);
  }
  if (port.stats) requireFunction(driver, "stats", definition.stats, 2);
  if (definition.check !== undefined) requireFunction(driver, "check", definition.check, 2);
  if (definition.fence !== undefined) requireFunction(driver, "fence", definition.fence, 3);
  if (definition.fences !== undefined) {
    requireFunction(driver, "fence", definition.fence, 3);
    requireFunction(driver, "fences", definition.fences, 1);
  }
  if (definition.close !== undefined) requireFunction(driver, "close", definition.close, 1);
}

function requireMethods(field: string, wanted: MethodTable, given: Readonly<Record<string, unknown>>): void {
  for (const [name, { takesInput }] of Object.entries(wanted)) {
    requireFunction(field, `method ${name}`, given[name], takesInput ? 3 : 2);
  }
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(wanted, name))
      throw reeveError("INVALID_OPTION", `${field}: the port has no method ${JSON.stringify(name)}`);
  }
}

function requireFunction(field: string, name: string, value: unknown, mostArguments: number): void {
  if (value === undefined) throw reeveError("INVALID_OPTION", `${field}: ${name} is missing`);
  if (typeof value !== "function")
    throw reeveError("INVALID_OPTION", `${field}: ${name} is ${typeof value}; write a function`);
  if (value.length > mostArguments)
    throw reeveError(
      "INVALID_OPTION",
      `${field}: ${name} takes ${value.length} arguments, but is given ${mostArguments}`,
    );
}
