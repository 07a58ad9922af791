import { reeveError, type Schema } from "@reeve/contract";
import { describeIssues, issuesOf } from "@reeve/contract/internal";
import type { AnyDriverPort, Driver, DriverCallOptions, DriverClient, MethodTable } from "@reeve/driver-sdk";
import type { Caller, CallSite } from "./caller.ts";

export interface FacadeOptions<P extends AnyDriverPort> {
  readonly port: P;
  readonly driver: Driver<P>;
  readonly caller: Caller;
  healthy(): boolean;
}

/** The driver as a manager sees it. Its functions may be captured before the driver is up, and stand alone. */
export function facade<P extends AnyDriverPort>({ port, driver, caller, healthy }: FacadeOptions<P>): DriverClient<P> {
  const client: Record<string, unknown> = methodsOf(caller, port.methods);
  for (const [ability, methods] of Object.entries<MethodTable>(port.abilities)) {
    client[ability] = driver.abilities.includes(ability)
      ? Object.freeze(methodsOf(caller, methods, ability))
      : undefined;
  }
  if (port.stats) client.stats = statsOf(caller, driver.name, port.stats);
  Object.defineProperty(client, "healthy", { get: healthy, enumerable: true });
  return Object.freeze(client) as DriverClient<P>;
}

function methodsOf(caller: Caller, methods: MethodTable, ability?: string): Record<string, unknown> {
  const client: Record<string, unknown> = {};
  for (const [name, method] of Object.entries(methods)) {
    const site: CallSite = {
      name: ability ? `${ability}.${name}` : name,
      method,
      enter: (session, input, call) => (ability ? session.abilities[ability]! : session.methods)[name]!(input, call),
    };
    const run = (input: unknown, options?: DriverCallOptions) =>
      method.kind === "stream" ? caller.stream(site, input, options) : caller.call(site, input, options);
    client[name] = method.takesInput ? run : (options?: DriverCallOptions) => run(undefined, options);
  }
  return client;
}

function statsOf(caller: Caller, driver: string, schema: Schema): (options?: DriverCallOptions) => Promise<unknown> {
  const site: CallSite = {
    name: "stats",
    method: { kind: "call" },
    enter: (session, _input, call) => session.stats!(call),
  };
  return async (options) => {
    const result = await schema["~standard"].validate(await caller.call(site, undefined, options));
    if (!result.issues) return result.value;
    const issues = issuesOf(result.issues);
    throw reeveError("DRIVER_FAILED", `${driver}: stats: ${describeIssues(issues)}`, {
      data: { driver, method: "stats", retryable: false, issues },
    });
  };
}
