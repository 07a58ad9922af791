import type { Logger } from "@reeve/runtime";
import type { CapabilityReport } from "@reeve/runtime/capability";
import { hostKey } from "./reservation.ts";

/** Addresses that are logged; further ones are only counted. */
const maxLogged = 1_024;

/** Reports that are ignored because another process lives at their address. All are counted; of each address the first is logged. */
export class IgnoredReports {
  readonly #log: Pick<Logger, "warn">;
  readonly #logged = new Set<string>();
  #count = 0;

  constructor(log: Pick<Logger, "warn">) {
    this.#log = log;
  }

  get count(): number {
    return this.#count;
  }

  add(report: CapabilityReport, why: "superseded" | "contender"): void {
    this.#count += 1;
    const { manager, address, epoch, incarnation, store, status } = report;
    const key = hostKey(manager, address);
    if (this.#logged.has(key) || this.#logged.size >= maxLogged) return;
    this.#logged.add(key);
    const { host, id: sender } = report.source;
    this.#log.warn(
      { manager, address, epoch, incarnation, store, status, host, sender },
      why === "superseded"
        ? `a report of ${key} is ignored: that incarnation was superseded, replaced or has stopped`
        : `a report of ${key} is ignored: another process lives at this address, and this one does not say that it is ready`,
    );
  }
}
