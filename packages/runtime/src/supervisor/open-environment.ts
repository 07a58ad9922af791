import type { AnyContract, Ref } from "@reeve/contract";
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
 * @throws ReeveError `INVALID_OPTION`, or that of the store or transport
 *
 * @example
 * ```ts
 * await using opened = await openEnvironment({ host: "hall-01" });
 * const actor = createActor(managerLogic(clockManager), { input: { environment: opened.environment } });
 * ```
 */
export async function openEnvironment(options: SupervisorOptions): Promise<OpenedEnvironment> {
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
