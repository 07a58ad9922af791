import { type AnyContract, type Ref, reeveError } from "@reeve/contract";
import { shown } from "../config/index.ts";
import type { Environment } from "../manager/environment.ts";
import { Caller } from "../rpc/caller/caller.ts";
import { HostRuntime } from "./host-runtime.ts";
import { compileSupervisorOptions, type SupervisorOptions } from "./supervisor-options.ts";

/** What managers share, without a supervisor over them. */
export interface OpenedEnvironment extends AsyncDisposable {
  readonly environment: Environment;
  ref<C extends AnyContract>(contract: C): Ref<C>;
  /** Lets go of store, transport and threads. Stop the managers first. */
  close(): Promise<void>;
}

/**
 * Opens store and transport for managers that run as actors of one's own, through `managerLogic`.
 *
 * @throws ReeveError `INVALID_OPTION` naming the option, or that of the store or transport. What an inspector shows and does it asks
 * of a supervisor, and an observer of XState is given to `createActor`: both are refused here
 *
 * @example
 * ```ts
 * await using opened = await openEnvironment({ host: "hall-01" });
 * const actor = createActor(managerLogic(clockManager), { input: { environment: opened.environment } });
 * ```
 */
export async function openEnvironment(options: SupervisorOptions): Promise<OpenedEnvironment> {
  refuse("inspector", options.inspector, "it shows what a supervisor runs");
  refuse("inspect", options.inspect, "give it to createActor");
  const compiled = compileSupervisorOptions(options);
  const runtime = new HostRuntime(compiled, () => {});
  await runtime.open();
  const caller = new Caller(runtime.refs, compiled.host);
  const close = async () => {
    await runtime.close();
    await compiled.closeLog();
  };
  return {
    environment: runtime.environment,
    ref: (contract) => caller.ref(contract),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function refuse(name: string, given: unknown, why: string): void {
  if (given === undefined) return;
  throw reeveError("INVALID_OPTION", `openEnvironment: ${name}: expected none (${why}), got ${shown(given)}`);
}
