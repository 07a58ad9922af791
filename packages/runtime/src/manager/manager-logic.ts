import type { AnyContract, Schema } from "@reeve/contract";
import type { AnyDriverPort } from "@reeve/driver-sdk";
import { type LifecycleLogic, type LifecycleSelf, lifecycleLogic } from "../lifecycle/lifecycle-logic.ts";
import type { ManagerDefinition } from "./definition.ts";
import type { Environment } from "./environment.ts";
import { Incarnation } from "./incarnation.ts";
import { managerSpec, type SpawnOptions } from "./spawn-options.ts";

export interface ManagerInput<P extends AnyDriverPort = any, Conf extends Schema = any> extends SpawnOptions<P, Conf> {
  /** What the manager lives in: `openEnvironment` makes one. */
  readonly environment: Environment;
}

/**
 * A manager as genuine XState actor logic: `createActor(managerLogic(volumeManager), { input: { environment }, inspect })`.
 * For whoever puts managers into a system of actors of their own; a supervisor does the rest of what a manager needs. While an
 * inspector of XState is attached, each call is an event of the actor as well, with the name of its operation (`volume.create`) and
 * what a schema marks as secret redacted, and costs what inspection costs. The input, which holds the configuration, is shown to
 * none. An inspector that throws is warned of once and locks no mailbox.
 *
 * @example
 * ```ts
 * await using opened = await openEnvironment({ host: "hall-01" });
 * const actor = createActor(managerLogic(clockManager), { input: { environment: opened.environment } });
 * actor.start();
 * ```
 */
export function managerLogic<C extends AnyContract, P extends AnyDriverPort, Conf extends Schema>(
  definition: ManagerDefinition<C, P, Conf>,
): LifecycleLogic<ManagerInput<P, Conf>> {
  const begin = ({ environment, ...options }: ManagerInput<P, Conf>, self: LifecycleSelf) => {
    const spec = managerSpec(environment, definition as unknown as ManagerDefinition, options);
    return new Incarnation(spec, environment, self, {
      begun: (incarnation) => environment.directory.add(incarnation),
      changed: (incarnation, { state }) => {
        if (state === "stopped" || state === "failed") environment.directory.remove(incarnation);
      },
    });
  };
  return lifecycleLogic(begin, { inspected: true });
}
