import { type ReeveError, reeveError } from "@reeve/contract";
import { type Config, openConfig } from "../config/index.ts";
import type { Registration } from "../registry/index.ts";
import type { Call } from "../rpc/call.ts";
import { OpenStore, type StoreDefinition } from "../store/index.ts";
import type { Logger } from "../telemetry/index.ts";
import type { Handles } from "./definition.ts";
import { DriverGate } from "./driver-gate.ts";
import type { Endings } from "./endings.ts";
import type { Environment } from "./environment.ts";
import { missing } from "./missing-handle.ts";
import type { ManagerSpec } from "./spawn-options.ts";

export interface ResourcesOptions {
  readonly spec: ManagerSpec;
  readonly environment: Environment;
  readonly log: Logger;
  readonly endings: Endings;
  /** Aborts when the boot is given up. */
  readonly signal: AbortSignal;
  onDriverReady(): void;
  onDriverLost(cause: ReeveError): void;
  onFenced(error: ReeveError): void;
}

/** What one incarnation holds. All of it is let go of through the endings it was opened with. */
export interface IncarnationResources {
  readonly registration: Registration;
  readonly handles: Handles<any, any, any, any>;
  readonly config: Config<unknown>;
  /** Starts the driver; resolves when it is up or when patience is over. */
  openDriver(): Promise<void>;
  /** Runs a call with a stored idempotency key at most once. */
  once(call: Call, run: () => Promise<unknown>): Promise<unknown>;
  /** Every store handle fails from here on. */
  revoke(): void;
}

/** @throws ReeveError naming what could not be opened */
export async function openResources(options: ResourcesOptions): Promise<IncarnationResources> {
  const { spec, environment, log, signal, onFenced } = options;
  const { definition, address } = spec;
  const { clock, database, registry, cluster, workers } = environment;
  if (definition.store) await database.migrate(definition.store);
  const { name, version } = definition.contract;
  const registration = await registry.register({ manager: name, address, version, cluster });
  const config = await openConfig<unknown>({
    name: `config of ${name} at ${address}`,
    source: spec.config,
    schema: definition.config,
    clock,
    signal,
  });
  const opened = definition.store
    ? new OpenStore<StoreDefinition>({ database, definition: definition.store, hooks: [registration.fence], onFenced })
    : undefined;
  const gate = spec.driver && openGate(options);
  return {
    registration,
    config,
    handles: {
      driver: gate?.driver.facade ?? missing("driver", name),
      store: opened?.store ?? missing("store", name),
      work: missing("store", name),
      capabilities: missing("capabilities", name),
      workers,
      reports: environment.reports,
      address,
      cluster,
      config,
      log,
    },
    openDriver: async () => gate?.open(),
    once: (_call, run) => run(),
    revoke: () => opened?.revoke(),
  };
}

function openGate({ spec, environment, log, endings, onDriverReady, onDriverLost }: ResourcesOptions): DriverGate {
  const { driver: port, limits } = spec.definition;
  const gate = new DriverGate({
    port: port!,
    driver: spec.driver!,
    limits: limits.driver,
    patienceMs: limits.driverPatienceMs,
    clock: environment.clock,
    random: environment.random,
    log,
    onReady: onDriverReady,
    onLost: onDriverLost,
  });
  endings.add("driver", () => gate.driver.close());
  return gate;
}
