import type { ReeveError } from "@reeve/contract";
import type { AnyDriverPort, Driver } from "@reeve/driver-sdk";
import { type ActorFailure, KeptActors } from "../actors/index.ts";
import type { Clock } from "../base/clock.ts";
import type { Disposers } from "../base/disposers.ts";
import type { Ids } from "../base/ids.ts";
import type { Random } from "../base/random.ts";
import type { CapabilityActor, CapabilityHandle, CapabilityReports } from "../capability/index.ts";
import type { HostCasts, IncarnationCasts } from "../casts/index.ts";
import { type Config, openConfig } from "../config/index.ts";
import type { AttachedDriver } from "../driver/index.ts";
import type { ChildFrames } from "../inspection/index.ts";
import { type Leases, OwnLeases } from "../leases/index.ts";
import type { Cause } from "../lifecycle/cause.ts";
import { IdempotencyKeys, type OpenCalls, WorkJournal, WorkScope } from "../recovery/index.ts";
import type { Registration, Registry } from "../registry/index.ts";
import type { Context } from "../rpc/callee/context.ts";
import type { CurrentCall } from "../rpc/callee/current-call.ts";
import type { CastKeeper } from "../rpc/caller/cast-keeper.ts";
import type { Principal } from "../rpc/principal.ts";
import { type Database, OpenStore, type StoreDefinition } from "../store/index.ts";
import { type Counters, type Logger, ManagerObserving, type Observing } from "../telemetry/index.ts";
import type { Workers } from "../workers/index.ts";
import { ActorsHandle } from "./actors-handle.ts";
import type { Handles } from "./definition.ts";
import { DriverGate } from "./driver-gate.ts";
import { makeDriver } from "./driver-source.ts";
import { missing } from "./missing-handle.ts";
import { revocableReports, revocableWorkers } from "./revocable-handles.ts";
import type { ManagerSpec } from "./spawn-options.ts";
import { answersOf } from "./stored-keys.ts";
import { withWholeStore } from "./whole-store.ts";

/** What resources are opened from: what the host shares. */
export interface ResourceSources {
  readonly host: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly ids: Ids;
  readonly database: Database;
  readonly registry: Registry;
  /** Who of all that share the database does something. */
  readonly leases: Leases;
  /** Driver calls of work that are under way, of all incarnations. */
  readonly openCalls: OpenCalls;
  readonly casts: HostCasts;
  readonly workers: Workers;
  readonly capabilities: Pick<CapabilityActor, "attach">;
  readonly reports: CapabilityReports;
  readonly counters: Counters;
  /** Sees what managers do; nobody does where there is none. */
  readonly observing: Observing | undefined;
}

export interface ResourcesOptions {
  readonly spec: ManagerSpec;
  readonly sources: ResourceSources;
  readonly log: Logger;
  readonly disposers: Disposers;
  /** Aborts when the boot is abandoned. */
  readonly signal: AbortSignal;
  /** Aborts when the incarnation drains or ends. */
  readonly leaving: AbortSignal;
  /** See {@link RegisterOptions.after}. */
  readonly after: number | undefined;
  /** Told before anything else is opened. */
  onRegistered(registration: Registration): void;
  /** Which call runs, for what it journals. */
  readonly current: CurrentCall | undefined;
  /** Makes what the recovery of crashed work is given; `hook` names it. It acts for the principal, where there is one. */
  context(hook: string, signal: AbortSignal, principal: Principal | undefined): Context;
  onDriverReady(): void;
  onDriverLost(cause: ReeveError): void;
  onFenced(error: ReeveError): void;
  /** Where its actors are shown. */
  readonly frames: ChildFrames;
  /** An actor of the manager's own has failed. */
  onActorFailed(failure: ActorFailure): void;
  /** One that had failed, perhaps, is no more. */
  onActorForgotten(machine: string, actor: string): void;
  /** Whether another process does its work: then nothing is recovered here. */
  paused(): boolean;
  /** The database fails: it cannot register until that is over. */
  onStoreFailing(cause: Cause): void;
  /** What was found good in an earlier life stays in force, because what there is now is not. */
  onRefused(error: ReeveError): void;
}

/** What one incarnation holds. All of it is let go of through the disposers it was opened with. */
export interface IncarnationResources {
  readonly registration: Registration;
  readonly handles: Handles<any, any, any, any, any>;
  readonly config: Config<unknown>;
  readonly leases: OwnLeases;
  /** Present where a driver was given. */
  readonly driver: AttachedDriver<AnyDriverPort> | undefined;
  /** Starts the driver; resolves when it is up or its start timeout is over, or with the signal. */
  openDriver(signal: AbortSignal): Promise<void>;
  /** Closes the driver until it is opened again; calls are refused for that cause. Bounded, never rejects. */
  restDriver(cause: ReeveError): Promise<void>;
  /** Asks for the driver again and puts it in the place of the one in use. Rejects with why that stays. */
  replaceDriver(signal: AbortSignal): Promise<void>;
  /** Present where the manager has a store. */
  readonly journal: WorkJournal | undefined;
  /** Present where the manager has a store. */
  readonly kept: KeptActors | undefined;
  /** Where its durable casts are kept. */
  readonly casts: CastKeeper;
  /** Present where the manager has a store. */
  readonly outbox: IncarnationCasts["outbox"] | undefined;
  /** Present where an operation keeps its keys in the store. */
  readonly keys: IdempotencyKeys | undefined;
  /** Present where the manager declares capabilities. */
  readonly capabilities: CapabilityHandle | undefined;
  /** Every handle fails from here on; what runs on them is aborted. */
  revoke(reason: ReeveError): void;
}

/** @throws ReeveError naming what could not be opened */
export async function openResources(options: ResourcesOptions): Promise<IncarnationResources> {
  const { spec, sources, log, disposers, signal, leaving, context, current, onFenced, paused } = options;
  const { definition, address, cluster } = spec;
  const { clock, database, registry, workers } = sources;
  const { name } = definition.contract;
  const registration = await register(options);
  options.onRegistered(registration);
  const leases = new OwnLeases(sources.leases, { ...registration, onFenced });
  // After all that may be done under them.
  disposers.add("leases", () => leases.release());
  const config = await openConfig<unknown>({
    name: `config of ${name} at ${address}`,
    source: spec.config,
    schema: definition.config,
    clock,
    // Below what a reset may take: a source that hangs is a bad configuration, and degrades nothing.
    readTimeoutMs: 25_000,
    signal: AbortSignal.any([signal, leaving]),
    lastGood: spec.lastGood.config,
    onRefused: options.onRefused,
  });
  const driver = await firstDriver(options);
  const keys = await openKeys(options, registration);
  const scope = definition.store && new WorkScope(sources.openCalls, current);
  const caller = () => {
    const call = current?.get();
    // Of one that does journalled work the deadline ends nothing.
    return call?.bounds?.deadlineAt === Number.POSITIVE_INFINITY ? undefined : call;
  };
  const observing =
    sources.observing && new ManagerObserving(sources.observing, name, address, () => current?.get()?.observed);
  const casts = definition.store && sources.casts.outboxOf({ registration, log, paused, onFenced });
  if (casts) disposers.add("casts", () => sources.casts.release(casts, undefined));
  const kept = definition.store && (await openKept(options, registration));
  if (kept) disposers.add("kept actors", () => kept.close(undefined));
  const hooks = [registration.fence, ...[scope, keys, casts, kept].flatMap((part) => (part ? [part.hook] : []))];
  const opened = definition.store
    ? new OpenStore<StoreDefinition>({ database, definition: definition.store, hooks, onFenced, caller, observing })
    : undefined;
  if (opened) kept?.attach(opened);
  const { frames, onActorFailed: onFailed, onActorForgotten: onForgotten } = options;
  const actors = new ActorsHandle({
    ...{ manager: name, address, clock, log, disposers, frames, context, kept, opened },
    ...{ onFailed, onForgotten },
  });
  const { ids, random } = sources;
  const journal =
    opened &&
    (await WorkJournal.open({
      ...{ database, registry, registration, opened, clock, ids, random, log, context },
      ...{ current, keys, scope, paused, observing },
    }));
  signal.throwIfAborted();
  const capabilities =
    definition.capabilities &&
    sources.capabilities.attach({
      manager: name,
      address,
      cluster,
      epoch: registration.epoch,
      incarnation: registration.incarnation,
      store: registration.store,
      schema: definition.capabilities,
    });
  if (capabilities) disposers.add("capabilities", () => capabilities.detach());
  const gate = driver && openGate(options, driver, registration.epoch, journal && scope, observing);
  const revoked = new AbortController();
  return {
    registration,
    config,
    leases,
    journal,
    kept,
    casts: casts && opened ? casts.keeper(opened) : sources.casts.keeperOf(registration),
    outbox: casts?.outbox,
    keys,
    capabilities,
    handles: {
      driver: gate?.driver.facade ?? missing("driver", name),
      store: opened?.store ?? missing("store", name),
      work: journal?.work ?? missing("store", name),
      capabilities: capabilities ?? missing("capabilities", name),
      lease: leases.acquire,
      // Most managers have none: they pay for none.
      get actors() {
        return actors.given;
      },
      workers: revocableWorkers(workers, revoked.signal),
      reports: revocableReports(sources.reports, revoked.signal),
      address,
      cluster,
      config,
      newId: ids,
      clock,
      log,
    },
    driver: gate?.driver,
    openDriver: async (signal) => gate?.open(signal),
    restDriver: async (cause) => gate?.rest(cause),
    replaceDriver: replacementOf(options, gate),
    revoke(reason) {
      revoked.abort(reason);
      actors.close(reason);
      kept?.close(reason);
      void gate?.driver.close();
      opened?.revoke();
      leases.revoke(reason);
      if (casts) sources.casts.release(casts, reason);
      journal?.abort(reason);
    },
  };
}

/** Waits for a database that fails, and takes the next epoch in it. In a function of its own: an incarnation keeps nothing of its start. */
function register({ spec, sources, signal, onStoreFailing, after }: ResourcesOptions): Promise<Registration> {
  const { definition, address, cluster } = spec;
  const { clock, random, database, registry } = sources;
  const { name, version } = definition.contract;
  return withWholeStore({ database, clock, random, signal, onWaiting: onStoreFailing }, async () => {
    if (definition.store) await database.migrate(definition.store);
    // Given up meanwhile, it must not register: its epoch would be above that of its own successor.
    signal.throwIfAborted();
    return registry.register({ manager: name, address, version, cluster, after });
  });
}

const nothingToReplace = async () => {};

function replacementOf(options: ResourcesOptions, gate: DriverGate | undefined) {
  const { spec } = options;
  // One that was given as such is what it was.
  if (typeof spec.driver !== "function") return nothingToReplace;
  return async (signal: AbortSignal) => {
    const other = (await driverOf(options, signal))!;
    await gate?.driver.replace(other, signal);
    spec.lastGood.driver = other;
  };
}

/** That of an earlier life, where none can be made now: a source that went bad leaves what it was serving. */
async function firstDriver(options: ResourcesOptions): Promise<Driver | undefined> {
  const { lastGood, driver } = options.spec;
  if (driver === undefined) return undefined;
  const signal = AbortSignal.any([options.signal, options.leaving]);
  try {
    lastGood.driver = await driverOf(options, signal);
  } catch (error) {
    if (signal.aborted || !lastGood.driver) throw error;
    options.onRefused(error as ReeveError);
  }
  return lastGood.driver;
}

async function driverOf({ spec, sources }: ResourcesOptions, signal: AbortSignal): Promise<Driver | undefined> {
  const { definition, address, driver: source } = spec;
  if (source === undefined) return undefined;
  const name = `${definition.contract.name} at ${address}`;
  return makeDriver({ name, port: definition.driver!, source, clock: sources.clock, signal });
}

async function openKeys(
  { spec, sources, log, current }: ResourcesOptions,
  registration: Registration,
): Promise<IdempotencyKeys | undefined> {
  const { contract, store } = spec.definition;
  if (!store || ![...contract.operations.values()].some(({ dedupe }) => dedupe === "store")) return undefined;
  const { database, registry, clock, counters } = sources;
  return IdempotencyKeys.open({
    ...{ database, registry, registration, clock, log },
    current: () => current?.get(),
    isAnswer: answersOf(contract),
    unknownCasts: counters.counter("casts.unknown", { manager: contract.name }),
  });
}

function openKept(
  { sources, log, frames, paused, onActorFailed, onActorForgotten }: ResourcesOptions,
  registration: Registration,
): Promise<KeptActors> {
  const { database, clock, random } = sources;
  return KeptActors.open({
    ...{ database, registration, clock, random, log, frames, paused },
    onFailed: onActorFailed,
    onForgotten: onActorForgotten,
  });
}

function openGate(
  { spec, sources, log, disposers, onDriverReady, onDriverLost }: ResourcesOptions,
  driver: Driver,
  epoch: number,
  work: WorkScope | undefined,
  observing: ManagerObserving | undefined,
): DriverGate {
  const { driver: port, limits, contract } = spec.definition;
  const { name } = contract;
  const gate = new DriverGate({
    port: port!,
    driver,
    owner: { host: sources.host, cluster: spec.cluster, address: spec.address, manager: name },
    limits: limits.driver,
    startTimeoutMs: limits.driverPatienceMs,
    clock: sources.clock,
    random: sources.random,
    log,
    epoch,
    work,
    observing,
    onReady: onDriverReady,
    onLost: onDriverLost,
  });
  disposers.add("driver", () => gate.driver.close());
  return gate;
}
