import { reeveError } from "@reeve/contract";
import { withTimeout } from "../base/bounded-wait.ts";
import { DeadlineWheel } from "../base/deadline-wheel.ts";
import { Disposers } from "../base/disposers.ts";
import { ulids } from "../base/ids.ts";
import { LoopTurn } from "../base/loop-turn.ts";
import { CapabilityActor, ReportReceiver } from "../capability/index.ts";
import { HostCasts } from "../casts/index.ts";
import {
  FleetFeed,
  type GaveUp,
  HostFeed,
  type InspectableHost,
  type InspectableRuntime,
  InspectionBus,
  type Inspector,
} from "../inspection/index.ts";
import { Leases } from "../leases/index.ts";
import type { Environment } from "../manager/environment.ts";
import { OpenCalls } from "../recovery/index.ts";
import { Registry } from "../registry/index.ts";
import { LocalDirectory } from "../registry/local-directory.ts";
import type { RefMaker } from "../rpc/callee/context.ts";
import { Client } from "../rpc/caller/client.ts";
import type { LocalTargets } from "../rpc/caller/local-targets.ts";
import { makeRef } from "../rpc/caller/ref.ts";
import { Database } from "../store/index.ts";
import { memoryCounters } from "../telemetry/index.ts";
import type { Denial } from "../transport/denials.ts";
import { createWorkerPool, type WorkerPool } from "../workers/workers.ts";
import { logAlarms } from "./alarm-log.ts";
import { Fleet } from "./fleet.ts";
import { Cordons } from "./host/cordons.ts";
import { HostConditions } from "./host-conditions.ts";
import { tellOfOpenBroker } from "./open-broker.ts";
import type { CompiledSupervisorOptions } from "./supervisor-options.ts";
import type { Vacancies } from "./vacancy.ts";

/** How long tasks may go on after the last manager has stopped. */
const workerStopMs = 5_000;

/** A broker that does not confirm must not keep a host from starting: links that come later bring all there is to them. */
const reachableWithinMs = 5_000;

/** Nor must one that takes a connection and says nothing. One that is not there at all is not waited for. */
const linkWithinMs = 5_000;

/** What the managers of one host share: opened once, closed after the last of them. */
export class HostRuntime {
  readonly directory = new LocalDirectory();
  readonly inspection = new InspectionBus();
  /** What the host has ignored, refused or not answered. */
  readonly counters = memoryCounters();
  readonly refs: RefMaker;
  readonly #options: CompiledSupervisorOptions;
  /** Told when something came or went that impairs managers of the host. */
  readonly #heeding = new Set<() => void>();
  readonly #wheel: DeadlineWheel;
  /** What calls and the store do in one turn of the event loop counts together. */
  readonly #turn: LoopTurn;
  readonly #ids = ulids();
  readonly #fleet: Fleet | undefined;
  /** What to close, last opened first. */
  readonly #disposers: Disposers;
  readonly #client: Client;
  #casts: HostCasts | undefined;
  #environment: Environment | undefined;
  #workers: WorkerPool | undefined;
  #conditions: HostConditions | undefined;
  #cordons: Cordons | undefined;
  #feed: HostFeed | undefined;
  readonly #closing = new AbortController();

  /** @param onConditions something came or went that impairs managers of the host */
  constructor(options: CompiledSupervisorOptions, onConditions: () => void) {
    const { clock } = options;
    this.#options = options;
    this.#heeding.add(onConditions);
    this.#wheel = new DeadlineWheel(clock);
    this.#turn = new LoopTurn(clock);
    this.#fleet = this.#joinFleet();
    this.vacancies = this.#fleet?.vacancies(() => this.environment.registry.store);
    // Listened to from here on, whether or not it is ever opened.
    const disposers = new Disposers(options.log, clock);
    this.#disposers = disposers;
    disposers.add("alarms", logAlarms(options.transport, options.log));
    disposers.add("transport", () => options.transport.close());
    disposers.add("fleet", () => this.#fleet?.close());
    const locals = this.targets;
    const discover = (manager: string, major: number, waits: boolean) => this.#fleet?.discover(manager, major, waits);
    const unknown = () => this.#fleet?.unknown();
    const client = new Client({
      ...{ clock, wheel: this.#wheel, turn: this.#turn, ids: this.#ids },
      ...{ locals, discover, unknown, observing: this.#options.observing },
      casts: { keep: async (...cast) => this.#keepingCasts().keep(...cast) },
    });
    this.#client = client;
    disposers.add("client", () => client.close());
    this.refs = (contract, origin, casts) => makeRef(client, contract, origin, casts);
  }

  /** Everybody who can be called, here and elsewhere. */
  get targets(): LocalTargets {
    return this.#fleet?.targets ?? this.directory;
  }

  /** Tells when an address that another process has taken is free; undefined where no other process is heard of. */
  readonly vacancies: Vacancies | undefined;

  /** Present once {@link open} has resolved. */
  get environment(): Environment {
    return this.#environment!;
  }

  /** Present once {@link open} has resolved. */
  get workers(): WorkerPool {
    return this.#workers!;
  }

  /** Present once {@link open} has resolved. */
  get cordons(): Cordons {
    return this.#cordons!;
  }

  /** The durable casts that this host holds. Present once {@link open} has resolved. */
  get casts(): HostCasts | undefined {
    return this.#casts;
  }

  /** Present once {@link open} was called. */
  get conditions(): HostConditions {
    return this.#conditions!;
  }

  /**
   * Opens the store, and the transport where that can be reached: without a link the managers serve their own process.
   *
   * @throws ReeveError when the store cannot be opened, or the transport was closed; what was opened by then is closed again
   */
  async open(): Promise<void> {
    const {
      host,
      cluster,
      clock,
      random,
      log,
      store,
      transport,
      namespace,
      capabilityIntervalMs,
      maxThreads,
      openBroker,
    } = this.#options;
    try {
      const linked = transport.connect(this.#closing.signal);
      // Who closes it while the store is opened is told by then.
      linked.catch(() => undefined);
      if (!openBroker) void tellOfOpenBroker({ transport, namespace, log, signal: this.#closing.signal });
      const conditions = new HostConditions({
        ...{ clock, transport, namespace, onChanged: () => this.#changed() },
        onStoodStill: (ms) => this.#fleet?.stoodStill(ms),
      });
      this.#conditions = conditions;
      this.#disposers.add("conditions", () => conditions.close());
      this.#changed();
      const database = await Database.open(store, { clock, turn: this.#turn });
      this.#disposers.add("store", () => database.close());
      conditions.watchStore(database.health);
      this.#requireOpen();
      const registry = await Registry.open({ database, clock, ids: this.#ids });
      await registry.takeNames(host, cluster);
      this.#cordons = await Cordons.open(database, host);
      const leases = new Leases({ database, fences: registry, clock, ids: this.#ids, log });
      this.#disposers.add("leases", () => leases.close());
      const casts = await this.#openCasts(database, registry);
      this.#requireOpen();
      await this.#linkTried(linked);
      const capabilities = new CapabilityActor({
        clock,
        random,
        ids: this.#ids,
        transport,
        host,
        namespace,
        intervalMs: capabilityIntervalMs,
        log,
        counters: this.counters,
      });
      this.#disposers.add("capabilities", () => capabilities.close());
      const reports = new ReportReceiver({ clock, transport, namespace, log, counters: this.counters });
      this.#disposers.add("reports", () => reports.close());
      const workers = createWorkerPool(maxThreads === undefined ? {} : { size: maxThreads }, log, clock);
      this.#workers = workers;
      this.#disposers.add("workers", () => workers.stop(workerStopMs));
      this.#environment = {
        host,
        cluster,
        clock,
        wheel: this.#wheel,
        ids: this.#ids,
        random,
        log,
        refs: this.refs,
        observing: this.#options.observing,
        database,
        registry,
        leases,
        openCalls: new OpenCalls(),
        casts,
        directory: this.directory,
        workers,
        capabilities,
        reports,
        otherProcesses: this.#fleet,
        hostCauses: {
          of: (manager) => conditions.causesOf(manager),
          onChange: (listener) => {
            this.#heeding.add(listener);
            return () => this.#heeding.delete(listener);
          },
        },
        isCordoned: (manager) => this.#cordons?.of(manager) !== undefined,
        inspection: this.inspection,
        counters: this.counters,
        freeze: process.env.NODE_ENV !== "production",
      };
      casts.start();
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async #openCasts(database: Database, registry: Registry): Promise<HostCasts> {
    const { host, clock, random, log } = this.#options;
    const shared = { database, registry, host, clock, random, log };
    const casts = await HostCasts.open({ ...shared, ids: this.#ids, client: this.#client });
    this.#casts = casts;
    const arrived = (manager: string) => casts.arrived(manager);
    this.#disposers.add("arrivals at casts", this.directory.onChange(arrived));
    if (this.#fleet) this.#disposers.add("arrivals elsewhere", this.#fleet.onChange(arrived));
    this.#disposers.add("casts", () => casts.close());
    return casts;
  }

  #keepingCasts() {
    if (this.#casts) return this.#casts.keeper;
    const { host } = this.#options;
    throw reeveError("NOT_SERVING", `${host} has not started: it has no store to keep a durable cast in`, {
      ...{ outcome: "never-sent", data: { state: "booting" } },
    });
  }

  #changed(): void {
    for (const told of [...this.#heeding]) told();
  }

  /** @param linked settles when there is a link, or will never be one */
  async #linkTried(linked: Promise<void>): Promise<void> {
    const { transport, clock } = this.#options;
    const { signal } = this.#closing;
    const tried = transport.attempted ? Promise.race([linked, transport.attempted()]) : linked;
    await withTimeout(clock, linkWithinMs, tried, signal);
    this.#requireOpen();
  }

  /** Resolves when hosts elsewhere find the managers of this one, at the latest after 5 s, or when it closes. Never rejects. */
  async reachable(): Promise<void> {
    if (!this.#fleet) return;
    const { clock, log } = this.#options;
    const { signal } = this.#closing;
    if (await withTimeout(clock, reachableWithinMs, this.#fleet.reachable(), signal)) return;
    if (signal.aborted) return;
    log.warn(
      { withinMs: reachableWithinMs },
      "the broker did not confirm that other processes find the managers here; continuing the start",
    );
  }

  /** A host whose transport ends at this process has nobody to join. */
  #joinFleet(): Fleet | undefined {
    const { transport, alone, namespace, host, clock, random, log, trustedForwarders } = this.#options;
    if (alone) return undefined;
    const shared = { transport, namespace, host, clock, random, log, trustedForwarders, counters: this.counters };
    const onReceived = (receivedAt: number) => this.#conditions?.look(receivedAt);
    const onDenied = (denials: readonly Denial[]) => this.#conditions?.denied(denials);
    const own = { wheel: this.#wheel, turn: this.#turn, ids: this.#ids, near: this.directory };
    return new Fleet({ ...shared, ...own, onReceived, onDenied });
  }

  /**
   * Lets the host be watched: by hosts elsewhere, and through an inspector of its own. Resolves with the page's address.
   *
   * @param as how the inspector calls on behalf of who looks
   */
  async show(
    host: InspectableHost,
    inspector: Inspector | undefined,
    as: NonNullable<InspectableRuntime["as"]>,
  ): Promise<string | undefined> {
    const { clock, transport, namespace, log, remoteOperators } = this.#options;
    const acts = remoteOperators.length > 0;
    const feed = new HostFeed({ host, clock, instance: this.#ids(), acts });
    const fleet = new FleetFeed({ feed, transport, namespace, clock, log, counters: this.counters });
    this.#feed = feed;
    this.#disposers.add("inspected fleet", () => fleet.close());
    this.#disposers.add("inspected host", () => feed.close());
    if (!inspector) return undefined;
    const alive = (name: string) => this.#fleet?.alive(name) ?? false;
    const page = await inspector.attach({ feed, clock, transport, namespace, log, as, alive });
    this.#disposers.add("inspector", () => page.close());
    return page.url;
  }

  /** Tells whoever watches why it is about to stop. */
  tellOfEnd(why: GaveUp): void {
    this.#feed?.giveUp(why);
  }

  /** What a message that inspectors show carried; undefined for another life of the host, and where it is kept no longer. */
  payload(instance: string, seq: number): { readonly payload: unknown } | undefined {
    return this.#feed?.instance === instance ? this.#feed.payload(seq) : undefined;
  }

  /**
   * Closes in reverse order of opening. What fails or hangs does not keep the rest open: it is logged, and has a quarter of
   * the time. What is still open when that is over is told to close and not waited for.
   */
  async close(withinMs = this.#options.stopTimeoutMs): Promise<void> {
    this.giveUp();
    const closed = this.#disposers.run(withinMs / 4);
    if (!(await withTimeout(this.#options.clock, withinMs, closed))) await this.#disposers.run(0);
    this.#wheel.close();
  }

  /** Waits no longer for what is being opened: {@link open} rejects, and closes what was opened by then. */
  giveUp(): void {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort(reeveError("NOT_SERVING", `${this.#options.host} stops`, { data: { state: "stopped" } }));
  }

  #requireOpen(): void {
    this.#closing.signal.throwIfAborted();
  }
}
