import { reeveError } from "@reeve/contract";
import { DeadlineWheel } from "../base/deadline-wheel.ts";
import { ulids } from "../base/ids.ts";
import { CapabilityActor, ReportReceiver } from "../capability/index.ts";
import { FleetFeed, HostFeed, type InspectableHost, InspectionBus, type Inspector } from "../inspection/index.ts";
import { Endings } from "../manager/endings.ts";
import type { Environment } from "../manager/environment.ts";
import { withTimeout } from "../manager/with-timeout.ts";
import { Registry } from "../registry/index.ts";
import { LocalDirectory } from "../registry/local-directory.ts";
import { Client } from "../rpc/client.ts";
import type { RefMaker } from "../rpc/context.ts";
import { makeRef } from "../rpc/ref.ts";
import { Database } from "../store/index.ts";
import { memoryCounters } from "../telemetry/index.ts";
import { createWorkerPool } from "../workers/workers.ts";
import { logAlarms } from "./alarm-log.ts";
import { Fleet } from "./fleet.ts";
import { HostConditions } from "./host-conditions.ts";
import type { CompiledSupervisorOptions } from "./supervisor-options.ts";

/** How long tasks may go on after the last manager has stopped. */
const workerPatienceMs = 5_000;

/** A broker that does not confirm must not keep a host from starting: links that come later bring all there is to them. */
const reachableWithinMs = 5_000;

/** Told what impairs all managers of the host. */
type ConditionPort = Pick<ConstructorParameters<typeof HostConditions>[0], "onRaised" | "onCleared">;

/** What the managers of one host share: opened once, closed after the last of them. */
export class HostRuntime {
  readonly directory = new LocalDirectory();
  readonly inspection = new InspectionBus();
  readonly refs: RefMaker;
  readonly #options: CompiledSupervisorOptions;
  readonly #conditionPort: ConditionPort;
  readonly #wheel: DeadlineWheel;
  readonly #ids = ulids();
  readonly #fleet: Fleet | undefined;
  /** What to close, last opened first. */
  readonly #endings: Endings;
  #environment: Environment | undefined;
  #conditions: HostConditions | undefined;
  readonly #closing = new AbortController();

  constructor(options: CompiledSupervisorOptions, conditionPort: ConditionPort) {
    const { clock } = options;
    this.#options = options;
    this.#conditionPort = conditionPort;
    this.#wheel = new DeadlineWheel(clock);
    this.#fleet = this.#joinFleet();
    // Listened to from here on, whether or not it is ever opened.
    const endings = new Endings(options.log, clock);
    this.#endings = endings;
    endings.add("alarms", logAlarms(options.transport, options.log));
    endings.add("transport", () => options.transport.close());
    endings.add("fleet", () => this.#fleet?.close());
    const locals = this.#fleet?.targets ?? this.directory;
    const discover = (manager: string, major: number) => this.#fleet?.discover(manager, major);
    const client = new Client({ clock, wheel: this.#wheel, ids: this.#ids, locals, discover });
    endings.add("client", () => client.close());
    this.refs = (contract, origin) => makeRef(client, contract, origin);
  }

  /** Present once {@link open} has resolved. */
  get environment(): Environment {
    return this.#environment!;
  }

  /** Present once {@link open} has resolved. */
  get conditions(): HostConditions {
    return this.#conditions!;
  }

  /** @throws ReeveError when the store or the transport cannot be opened; what was opened by then is closed again */
  async open(): Promise<void> {
    const { host, cluster, clock, random, log, store, transport, namespace, capabilityIntervalMs, maxThreads } =
      this.#options;
    try {
      const database = await Database.open(store, { clock });
      this.#endings.add("store", () => database.close());
      this.#requireOpen();
      const registry = await Registry.open({ database, clock, ids: this.#ids });
      this.#requireOpen();
      await transport.connect(this.#closing.signal);
      this.#requireOpen();
      const conditions = new HostConditions({
        ...{ clock, transport, ...this.#conditionPort },
        onStoodStill: (ms) => this.#fleet?.stoodStill(ms),
      });
      this.#conditions = conditions;
      this.#endings.add("conditions", () => conditions.close());
      const counters = memoryCounters();
      const capabilities = new CapabilityActor({
        clock,
        random,
        ids: this.#ids,
        transport,
        host,
        namespace,
        intervalMs: capabilityIntervalMs,
        log,
      });
      this.#endings.add("capabilities", () => capabilities.close());
      const reports = new ReportReceiver({ clock, transport, namespace, log, counters });
      this.#endings.add("reports", () => reports.close());
      const workers = createWorkerPool(maxThreads === undefined ? {} : { size: maxThreads }, log, clock);
      this.#endings.add("workers", () => workers.stop(workerPatienceMs));
      this.#environment = {
        host,
        cluster,
        clock,
        wheel: this.#wheel,
        ids: this.#ids,
        random,
        log,
        refs: this.refs,
        database,
        registry,
        directory: this.directory,
        workers,
        capabilities,
        reports,
        outside: this.#fleet,
        inspection: this.inspection,
        freeze: process.env.NODE_ENV !== "production",
      };
    } catch (error) {
      await this.close();
      throw error;
    }
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
      "the broker does not confirm that others find the managers here; going on",
    );
  }

  /** A host whose transport ends at this process has nobody to join. */
  #joinFleet(): Fleet | undefined {
    const { transport, alone, namespace, host, clock, random, log, trustedForwarders } = this.#options;
    if (alone) return undefined;
    const shared = { transport, namespace, host, clock, random, log, trustedForwarders };
    const onReceived = (receivedAt: number) => this.#conditions?.look(receivedAt);
    return new Fleet({ ...shared, wheel: this.#wheel, ids: this.#ids, near: this.directory, onReceived });
  }

  /** Lets the host be watched: by hosts elsewhere, and through an inspector of its own. Resolves with the page's address. */
  async show(host: InspectableHost, inspector: Inspector | undefined): Promise<string | undefined> {
    const { clock, transport, namespace, log } = this.#options;
    const acts = inspector !== undefined;
    const feed = new HostFeed({ host, clock, instance: this.#ids(), acts });
    const fleet = new FleetFeed({ feed, transport, namespace, clock, acts });
    this.#endings.add("inspected fleet", () => fleet.close());
    this.#endings.add("inspected host", () => feed.close());
    if (!inspector) return undefined;
    const page = await inspector.attach({ feed, clock, transport, namespace, log });
    this.#endings.add("inspector", () => page.close());
    return page.url;
  }

  /**
   * Closes in reverse order of opening. What fails or hangs does not keep the rest open: it is logged, and has a quarter of
   * the time. What is still open when that is over is told to close and not waited for.
   */
  async close(withinMs = this.#options.stopTimeoutMs): Promise<void> {
    this.giveUp();
    const closed = this.#endings.run(withinMs / 4);
    if (!(await withTimeout(this.#options.clock, withinMs, closed))) await this.#endings.run(0);
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
