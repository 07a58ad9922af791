import type { BoundMethods, DriverSession } from "./driver.ts";
import type { AnyDriverPort, MethodTable } from "./driver-port.ts";

type AnyFunction = (...given: any[]) => any;

interface Bindable {
  readonly methods: object;
  readonly abilities?: object | undefined;
  readonly stats?: AnyFunction | undefined;
  readonly check?: AnyFunction | undefined;
  readonly fence?: AnyFunction | undefined;
  readonly close?: AnyFunction | undefined;
}

/** Binds a definition's functions to the device its set-up opened. */
export function bindSession(
  port: AnyDriverPort,
  definition: Bindable,
  fences: boolean,
  device: unknown,
): DriverSession {
  const { stats, check, fence, close } = definition;
  const abilities: Record<string, BoundMethods> = {};
  for (const [ability, methods] of Object.entries(definition.abilities ?? {})) {
    if (methods) abilities[ability] = bindMethods(port.abilities[ability], methods, device);
  }
  return {
    methods: bindMethods(port.methods, definition.methods, device),
    abilities,
    stats: stats && (async (call) => stats(device, call)),
    check: check && (async (call) => check(device, call)),
    fence: fences ? async (fenced, call) => fence?.(device, fenced, call) : undefined,
    close: async () => close?.(device),
  };
}

function bindMethods(wanted: MethodTable, methods: object, device: unknown): BoundMethods {
  const bound: Record<string, BoundMethods[string]> = {};
  for (const [name, { takesInput }] of Object.entries(wanted)) {
    const implementation = (methods as Record<string, AnyFunction>)[name]!;
    bound[name] = takesInput
      ? (input, call) => implementation(device, input, call)
      : (_input, call) => implementation(device, call);
  }
  return bound;
}
