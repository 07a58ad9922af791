import type { CapabilityReport } from "@reeve/runtime/capability";
import type { CapacityReader } from "./capacity.ts";
import { ClusterHost } from "./cluster-host.ts";
import { HostState } from "./host-state.ts";
import { HostTable } from "./host-table.ts";
import { Incumbency } from "./incumbency.ts";
import { hostKey, type Reservation } from "./reservation.ts";

export interface HostStatesOptions {
  /** By manager. */
  readonly capacityOf: (manager: string) => CapacityReader;
  readonly reservationsOf: (manager: string, home: string) => Iterable<Reservation>;
  /** A host whose supervisor was not heard of for so long is forgotten. */
  readonly forgetAfterMs: number;
  /** A supervisor that was not heard of for longer has lost its address to whoever else reports there. */
  readonly downAfterMs: number;
  /** Measurements older than this are ignored as stale. */
  readonly maxAgeMs: number;
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
  /** By what is placed on: those that members of a cluster report. */
  readonly #clusters = new Map<string, ClusterHost>();
  readonly #none = new HostTable();
  readonly #incumbency: Incumbency;
  #electedAt = Number.NaN;

  constructor(options: HostStatesOptions) {
    this.#options = options;
    this.#incumbency = new Incumbency(options);
  }

  /** What can be placed on, at this time: members that have fallen silent speak for their cluster no more. */
  of(manager: string, now: number): HostTable {
    if (now !== this.#electedAt) {
      this.#electedAt = now;
      for (const [, cluster] of this.#clusters) if (cluster.elect(now, this.#options)) this.#count(cluster.leader);
    }
    return this.#byManager.get(manager) ?? this.#none;
  }

  /** Who reports this host, first the one that speaks for it. */
  membersOf(host: HostState): string[] {
    const members = this.#clusters.get(hostKey(host.manager, host.home))?.members ?? [host];
    return [host.address, ...Array.from(members, ({ address }) => address).filter((one) => one !== host.address)];
  }

  /** What was reported of a manager at its own address. */
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
      if (known && standing === "newer") this.#remove(known, now);
      return;
    }
    if (standing === "superseded" || standing === "contender") return this.#options.onIgnored(report, standing);
    const read = this.#options.capacityOf(manager);
    const home = known?.home;
    if (!known) this.#byKey.set(key, new HostState(report, read));
    else if (standing === "successor") {
      this.#incumbency.replaced(key, { known: known.report, by: report }, now);
      known.succeed(report, read);
    } else if (!known.receive(report, read)) return;
    const host = known ?? this.#byKey.get(key)!;
    if (home !== undefined && home !== host.home) this.#leave(host, home, now);
    this.#join(host, now);
  }

  /**
   * After reservations at an address that is placed on have changed.
   *
   * @param added all that has changed: those that stand there already are not counted again for it
   */
  recalculate(manager: string, home: string, added?: Reservation): void {
    const key = hostKey(manager, home);
    const host = this.#clusters.get(key)?.leader ?? this.#byKey.get(key);
    // One that has joined a cluster is not placed on any more.
    if (host?.home !== home) return;
    if (!added) return this.#count(host);
    host.add(added);
    this.#tableOf(manager).set(host);
  }

  sweep(now: number): void {
    const { forgetAfterMs } = this.#options;
    for (const host of [...this.#byKey.values()]) if (now - host.heardAt > forgetAfterMs) this.#remove(host, now);
    this.#incumbency.sweep(now - forgetAfterMs);
  }

  #tableOf(manager: string): HostTable {
    const known = this.#byManager.get(manager);
    if (known) return known;
    const table = new HostTable();
    this.#byManager.set(manager, table);
    return table;
  }

  #count(host: HostState): void {
    host.count(this.#options.reservationsOf(host.manager, host.home));
    this.#tableOf(host.manager).set(host);
  }

  #join(host: HostState, now: number): void {
    const { manager, home, cluster } = host;
    if (cluster === undefined) return this.#count(host);
    const key = hostKey(manager, home);
    const known = this.#clusters.get(key) ?? new ClusterHost(host);
    this.#clusters.set(key, known);
    known.add(host);
    if (known.elect(now, this.#options) || known.leader === host) this.#count(known.leader);
  }

  #leave(host: HostState, home: string, now: number): void {
    const key = hostKey(host.manager, home);
    const cluster = this.#clusters.get(key);
    if (cluster?.remove(host)) {
      cluster.elect(now, this.#options);
      this.#count(cluster.leader);
      return;
    }
    this.#clusters.delete(key);
    this.#tableOf(host.manager).delete(home);
  }

  #remove(host: HostState, now: number): void {
    this.#byKey.delete(hostKey(host.manager, host.address));
    this.#leave(host, host.home, now);
    if (this.#tableOf(host.manager).size > 0) return;
    this.#byManager.delete(host.manager);
    this.#options.onGone(host.manager);
  }
}
