import type { InspectionPanel } from "../inspection/index.ts";
import type { Periodic } from "../periodic/index.ts";
import type { Context } from "../rpc/context.ts";
import type { Principal } from "../rpc/principal.ts";
import type { Service } from "../rpc/service.ts";
import type { Logger } from "../telemetry/index.ts";
import type { ManagerBehaviour } from "./behaviour.ts";
import type { ManagerDefinition } from "./definition.ts";
import type { Endings } from "./endings.ts";
import type { Environment } from "./environment.ts";
import { type HealthProbe, probeOf } from "./health-probe.ts";
import type { IncarnationResources } from "./incarnation-resources.ts";
import { rereadConfig } from "./reread-config.ts";
import { setUpManager } from "./set-up-manager.ts";
import { initHostWithRpc, lastReturned, prepareHost, type StartingManager } from "./start-hooks.ts";
import type { StartWatch } from "./start-watch.ts";

interface ManagerCodeOptions {
  /** `manager/address`. */
  readonly key: string;
  readonly definition: ManagerDefinition;
  readonly environment: Environment;
  readonly service: Service;
  readonly endings: Endings;
  readonly log: Logger;
  /** What the end of its tasks may take. */
  endingMs(): number;
  /** Present before anything of it runs. */
  resources(): IncarnationResources | undefined;
  context(hook: string, signal: AbortSignal, waits: boolean, principal?: Principal): Context;
  /** Another process holds the address: nothing of it is begun. */
  isClaimed(): boolean;
  /** The last reset failed, and is still owed. */
  owesReset(): boolean;
  /** Why `isWorking` says no; undefined when it says yes. */
  onVerdict(problem: string | undefined): void;
}

/** The manager's own code in one incarnation: runs its `setup`, its hooks and its tasks, each when the lifecycle says so. */
export class ManagerCode {
  readonly #options: ManagerCodeOptions;
  #behaviour: ManagerBehaviour<any> | undefined;
  #periodic: Periodic | undefined;
  #probe: HealthProbe | undefined;
  #refusedConfig: unknown;

  constructor(options: ManagerCodeOptions) {
    this.#options = options;
  }

  /** What the manager's own `inspect` shows. */
  inspect(): unknown {
    return this.#behaviour?.inspect?.();
  }

  /** Tables that the manager shows. */
  get panels(): readonly InspectionPanel[] {
    return this.#behaviour?.panels ?? [];
  }

  get periodic(): Periodic | undefined {
    return this.#periodic;
  }

  /** Why the last reset left the configuration as it was; undefined when it did not. */
  get refusedConfig(): unknown {
    return this.#refusedConfig;
  }

  /** Something changed that `isWorking` may hang on. */
  askNow(): void {
    this.#probe?.askNow();
  }

  async setUp(watch: StartWatch): Promise<void> {
    const { definition, environment, service, endings, log, endingMs, resources, context, isClaimed } = this.#options;
    const { behaviour, periodic } = await setUpManager({
      ...{ definition, resources: resources()!, watch, environment, endings, log },
      paused: isClaimed,
      context: (task, signal) => context(`periodic ${task}`, signal, true),
    });
    this.#behaviour = behaviour;
    this.#periodic = periodic;
    endings.add("periodic", () => periodic.stop(endingMs()));
    resources()!.journal?.use(behaviour.recover ?? {});
    service.provide(behaviour as unknown as Parameters<Service["provide"]>[0]);
  }

  /** @param before where it is tried again: resolves when what was tried before has returned */
  async prepare(watch: StartWatch, before: Promise<void> | undefined): Promise<void> {
    if (before) {
      await lastReturned(this.#starting, this.#behaviour ? "initHost" : "setup", watch, before);
      // What the driver failed is tried with the rest of the start, not when its own pause is over.
      this.#options.resources()!.journal?.retryNow();
    }
    if (!this.#behaviour) await this.setUp(watch);
    await prepareHost(this.#starting, watch);
  }

  /** @param before resolves when the hooks that run now have returned */
  async warmUp(watch: StartWatch, before: Promise<void>): Promise<void> {
    await initHostWithRpc(this.#starting, watch, before);
    this.#periodic!.start();
    watch.step("isWorking");
    this.#probe = this.#startProbe();
    // Nobody may take it for ready before it was asked.
    await this.#probe?.asked(watch.signal);
  }

  async reset(signal: AbortSignal): Promise<void> {
    const { resources, log, context, owesReset } = this.#options;
    this.#refusedConfig = undefined;
    this.#refusedConfig = await rereadConfig(resources()!.config, signal, log);
    // A reset that failed is still owed, with the configuration in force.
    if (this.#refusedConfig !== undefined && !owesReset()) return;
    await this.#behaviour?.reset?.(context("reset", signal, true));
    signal.throwIfAborted();
    this.askNow();
    resources()!.capabilities?.refresh();
  }

  /** What the hooks of the start work on; booted. */
  get #starting(): StartingManager {
    const { key, definition, environment, log, context, resources } = this.#options;
    const { startTimeoutMs } = definition.limits;
    const { clock } = environment;
    return { key, clock, log, context, behaviour: this.#behaviour!, resources: resources()!, startTimeoutMs };
  }

  #startProbe(): HealthProbe | undefined {
    const { definition, endings, isClaimed, onVerdict } = this.#options;
    // Without its driver it cannot work, and is not to.
    const probe = probeOf(this.#starting, definition.limits, onVerdict, isClaimed);
    if (probe) endings.add("probe", () => probe.stop());
    return probe;
  }
}
