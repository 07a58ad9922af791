import type { ManagerReport, Supervisor } from "@reeve/runtime";
import { vi } from "vitest";

/** A manager at an address, as a test watches and crashes it. */
export class WatchedManager {
  readonly #supervisor: Supervisor;
  readonly #name: string;
  readonly #address: string;

  constructor(supervisor: Supervisor, name: string, address: string) {
    this.#supervisor = supervisor;
    this.#name = name;
    this.#address = address;
  }

  get report(): ManagerReport {
    const reports = this.#supervisor.managers();
    return reports.find(({ manager, address }) => manager === this.#name && address === this.#address)!;
  }

  /** Crashes it and resolves when its next incarnation is ready. */
  async crash(): Promise<void> {
    const { epoch } = this.report;
    this.#supervisor.kill(this.#name, this.#address);
    await this.until((next) => next.epoch > epoch && next.status.phase === "ready");
  }

  /** Resolves when its report is as wanted. */
  until(holds: (report: ManagerReport) => boolean): Promise<void> {
    return vi.waitFor(
      () => {
        if (!holds(this.report)) throw new Error(JSON.stringify(this.report));
      },
      { timeout: 30_000, interval: 5 },
    );
  }
}
