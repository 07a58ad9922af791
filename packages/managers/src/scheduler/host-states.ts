import type { CapabilityReport } from "@reeve/runtime/capability";
import type { CapacityReader } from "./capacity.ts";
import { HostState } from "./host-state.ts";
import { HostTable } from "./host-table.ts";
import { Incumbency } from "./incumbency.ts";
import { hostKey, type Reservation } from "./reservation.ts";

export interface HostStatesOptions {
  /** By manager. */
  readonly capacityOf: (manager: string) => CapacityReader;
  readonly reservationsOf: (manager: string, address: string) => Iterable<Reservation>;
  /** A host whose supervisor was not heard of for so long is forgotten. */
  readonly forgetAfterMs: number;
  /** A supervisor that was not heard of for longer has lost its address to whoever else reports there. */
  readonly downAfterMs: number;
  /** Called when the last host of a manager has gone. */
  readonly onGone: (manager: string) => void;
  /** Called for each report that is ignored because another process lives at its address. */
  readonly onIgnored: (report: CapabilityReport, why: "superseded" | "contender") => void;
}

/** Every manager instance that was reported, by manager. */
export class HostStates {
  readonly #options: HostStatesOptions;
  readonly #byKey = new Map<string, HostState>();
  readonly #byManager = new Map<string, HostTable>();
  readonly #none = new HostTable();
  readonly #incumbency: Incumbency;

  constructor(options: HostStatesOptions) {
    this.#options = options;
    this.#incumbency = new Incumbency(options);
  }

  of(manager: string): HostTable {
    return this.#byManager.get(manager) ?? this.#none;
  }

  find(manager: string, address: string): HostState | undefined {
    return this.#byKey.get(hostKey(manager, address));
  }

  managers(): readonly string[] {
    return [...this.#byManager.keys()];
  }

  get size(): number {
    return this.#byKey.size;
  }

  receive(report: CapabilityReport, now: number): void {
    const { manager, address } = report;
    const key = hostKey(manager, address);
    const known = this.#byKey.get(key);
    const standing = this.#incumbency.judge(key, report, known?.report, now);
    if (report.status === "stopped") {
      this.#incumbency.stopped(key, report, now);
      // The end of another is not the end of who lives here.
      if (known && standing === "newer") this.#remove(known);
      return;
    }
    if (standing === "superseded" || standing === "contender") return this.#options.onIgnored(report, standing);
    const read = this.#options.capacityOf(manager);
    if (!known) this.#byKey.set(key, new HostState(report, read));
    else if (standing === "successor") {
      this.#incumbency.replaced(key, { known: known.report, by: report }, now);
      known.succeed(report, read);
    } else if (!known.receive(report, read)) return;
    this.recalculate(manager, address);
  }

  /** After reservations at this address have changed. */
  recalculate(manager: string, address: string): void {
    const host = this.find(manager, address);
    if (!host) return;
    host.count(this.#options.reservationsOf(manager, address));
    this.#tableOf(manager).set(host);
  }

  sweep(now: number): void {
    const { forgetAfterMs } = this.#options;
    for (const host of [...this.#byKey.values()]) if (now - host.heardAt > forgetAfterMs) this.#remove(host);
    this.#incumbency.sweep(now - forgetAfterMs);
  }

  #tableOf(manager: string): HostTable {
    const known = this.#byManager.get(manager);
    if (known) return known;
    const table = new HostTable();
    this.#byManager.set(manager, table);
    return table;
  }

  #remove(host: HostState): void {
    this.#byKey.delete(hostKey(host.manager, host.address));
    const table = this.#tableOf(host.manager);
    table.delete(host);
    if (table.size > 0) return;
    this.#byManager.delete(host.manager);
    this.#options.onGone(host.manager);
  }
}
