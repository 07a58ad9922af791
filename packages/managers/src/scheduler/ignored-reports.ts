import type { Logger } from "@reeve/runtime";
import type { CapabilityReport } from "@reeve/runtime/capability";
import { hostKey } from "./reservation.ts";

/** Addresses that were told of; further ones are only counted. */
const told = 1_024;

/** Reports that are not gone by, because somebody else lives at their address. All are counted; of each address the first is told. */
export class IgnoredReports {
  readonly #log: Pick<Logger, "warn">;
  readonly #told = new Set<string>();
  #count = 0;

  constructor(log: Pick<Logger, "warn">) {
    this.#log = log;
  }

  get count(): number {
    return this.#count;
  }

  add(report: CapabilityReport, why: "late" | "rival"): void {
    this.#count += 1;
    const { manager, address, epoch, incarnation, store, status } = report;
    const key = hostKey(manager, address);
    if (this.#told.has(key) || this.#told.size >= told) return;
    this.#told.add(key);
    const { host, id: sender } = report.source;
    this.#log.warn(
      { manager, address, epoch, incarnation, store, status, host, sender },
      why === "late"
        ? `a report of ${key} is ignored: that incarnation was superseded, replaced or has stopped`
        : `a report of ${key} is ignored: another process lives at this address, and this one does not say that it is ready`,
    );
  }
}
