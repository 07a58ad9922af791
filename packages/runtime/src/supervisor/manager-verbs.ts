import { reeveError } from "@reeve/contract";
import { type AbandonOptions, type AbandonReport, compileAbandonment } from "../manager/abandonment.ts";
import type { Logger } from "../telemetry/index.ts";
import type { Child } from "./child.ts";
import type { Children } from "./children.ts";
import { failuresOf, resetFailed } from "./host/failures.ts";
import { type ManagerReport, reportOf } from "./manager-report.ts";

interface ManagerVerbsOptions {
  readonly host: string;
  readonly log: Logger;
  readonly children: Children<Child>;
  /** @throws ReeveError `NOT_SERVING` where nothing may begin now */
  requireOpen(what: string): void;
  /** Resolves when others find what has opened. Never rejects. */
  reachable(): Promise<void>;
}

/** What an operator does to one manager of a host, by name and address: {@link Supervisor} has the promises. */
export class ManagerVerbs {
  readonly #options: ManagerVerbsOptions;

  constructor(options: ManagerVerbsOptions) {
    this.#options = options;
  }

  /** @throws ReeveError `NO_RESPONDERS` */
  find(manager: string, address: string): Child {
    const { children, host } = this.#options;
    const child = children.all.find(
      ({ spec }) => spec.definition.contract.name === manager && spec.address === address,
    );
    if (child) return child;
    throw reeveError("NO_RESPONDERS", `${manager} at ${address}: no such manager on ${host}`);
  }

  async start(manager: string, address: string): Promise<void> {
    const child = this.find(manager, address);
    this.#options.requireOpen("start");
    // Out of turn it might call one that waits for it.
    if (child.state === "absent") throw reeveError("NOT_SERVING", `start: ${child.key} is started in its turn`);
    await child.open();
    await child.ready();
    await this.#options.reachable();
  }

  async restart(manager: string, address: string): Promise<void> {
    const child = this.find(manager, address);
    this.#options.requireOpen("restart");
    await child.restart();
    await this.#options.reachable();
  }

  async drain(manager: string, address: string): Promise<void> {
    await this.find(manager, address).stop();
  }

  kill(manager: string, address: string): void {
    const child = this.find(manager, address);
    child.kill(reeveError("PEER_LOST", `${child.key} was killed`, { address }));
  }

  /** Every manager. */
  async reset(): Promise<void> {
    const byName = new Map(this.#options.children.all.map((child) => [child.key, child]));
    const failures = await failuresOf([...byName.keys()], (name) => byName.get(name)!.reset());
    if (failures.length > 0) throw resetFailed(failures);
  }

  abandon(manager: string, address: string, options: AbandonOptions): AbandonReport {
    const wanted = compileAbandonment(options);
    const { life, key } = this.find(manager, address);
    const report = life?.abandon(wanted) ?? { operations: [], resources: [], driverCalls: [] };
    const { resource, requestId, reason, by } = wanted;
    const what = resource === undefined ? `request ${requestId}` : `"${resource}"`;
    if (report.operations.length === 0 && report.resources.length === 0)
      throw reeveError("NOT_RUNNING", `abandon: ${key}: nothing runs or is held for ${what}`, { address });
    const line = {
      audit: true,
      action: "abandon",
      manager,
      address,
      resource,
      requestId,
      reason,
      by,
      abandoned: report,
    };
    this.#options.log.warn(line, `${by} abandoned ${what} at ${key}: ${reason}`);
    return report;
  }

  async until(manager: string, address: string, accepts: (report: ManagerReport) => boolean): Promise<ManagerReport> {
    const child = this.find(manager, address);
    let report = reportOf(child);
    await child.until(() => {
      report = reportOf(child);
      return accepts(report);
    });
    return report;
  }
}
