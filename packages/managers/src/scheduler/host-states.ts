import type { CapabilityReport } from "@reeve/runtime";
import type { CapacityReader } from "./capacity.ts";
import { HostState } from "./host-state.ts";
import { hostKey, type Reservation } from "./reservation.ts";

export interface HostStatesOptions {
  /** By manager. */
  readonly capacityOf: (manager: string) => CapacityReader;
  readonly reservationsOf: (manager: string, address: string) => Iterable<Reservation>;
  /** A host whose supervisor was not heard of for so long is forgotten. */
  readonly forgetAfterMs: number;
}

/** Every manager instance that was reported, by manager. */
export class HostStates {
  readonly #options: HostStatesOptions;
  readonly #byKey = new Map<string, HostState>();
  /** Lists, because a placement goes over all of one. */
  readonly #byManager = new Map<string, HostState[]>();
  /** Epochs that have stopped, so that what an older incarnation still says is not believed. */
  readonly #stopped = new Map<string, { readonly epoch: number; readonly at: number }>();

  constructor(options: HostStatesOptions) {
    this.#options = options;
  }

  of(manager: string): readonly HostState[] {
    return this.#byManager.get(manager) ?? [];
  }

  find(manager: string, address: string): HostState | undefined {
    return this.#byKey.get(hostKey(manager, address));
  }

  all(): Iterable<HostState> {
    return this.#byKey.values();
  }

  receive(report: CapabilityReport, now: number): void {
    const { manager, address, epoch } = report;
    const key = hostKey(manager, address);
    const known = this.#byKey.get(key);
    if ((known?.epoch ?? 0) > epoch || (this.#stopped.get(key)?.epoch ?? -1) >= epoch) return;
    if (report.status === "stopped") {
      this.#stopped.set(key, { epoch, at: now });
      if (known) this.#remove(known);
      return;
    }
    this.#stopped.delete(key);
    const read = this.#options.capacityOf(manager);
    if (!known) this.#add(key, new HostState(report, read));
    else if (!known.receive(report, read)) return;
    this.recount(manager, address);
  }

  /** After reservations at this address have changed. */
  recount(manager: string, address: string): void {
    this.find(manager, address)?.count(this.#options.reservationsOf(manager, address));
  }

  sweep(now: number): void {
    const { forgetAfterMs } = this.#options;
    for (const host of [...this.#byKey.values()]) if (now - host.heardAt > forgetAfterMs) this.#remove(host);
    for (const [key, { at }] of this.#stopped) if (now - at > forgetAfterMs) this.#stopped.delete(key);
  }

  #add(key: string, host: HostState): void {
    this.#byKey.set(key, host);
    const list = this.#byManager.get(host.manager);
    if (list) list.push(host);
    else this.#byManager.set(host.manager, [host]);
  }

  #remove(host: HostState): void {
    this.#byKey.delete(hostKey(host.manager, host.address));
    const list = this.#byManager.get(host.manager)!;
    // Order means nothing, so the last one takes the place that is left.
    const last = list.pop()!;
    if (last !== host) list[list.indexOf(host)] = last;
  }
}
