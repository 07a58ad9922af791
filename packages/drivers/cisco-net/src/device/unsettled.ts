import { DriverError } from "@reeve/driver-sdk";
import type { DeviceClock } from "../clock.ts";

/** What NX-API lets a command take before it ends it (Cisco's N9K programmability guide 10.x, NX-API CLI). */
const longestCommandMs = 300_000;

/**
 * VLANs that a request without an answer was to put ports into. Until the switch cannot run it any more, such a VLAN is not
 * removed: its id would go to another network, and the late command would put a port of the one into the other.
 *
 * Known to this session only, and bounded by the ids that there are.
 */
export class Unsettled {
  readonly #clock: DeviceClock;
  readonly #until = new Map<number, number>();

  constructor(clock: DeviceClock) {
    this.#clock = clock;
  }

  note(vlanId: number): void {
    this.#until.set(vlanId, this.#clock.now() + longestCommandMs);
  }

  has(vlanId: number): boolean {
    return (this.#until.get(vlanId) ?? 0) > this.#clock.now();
  }

  /** A switch that has restarted has no command left over. */
  clear(): void {
    this.#until.clear();
  }

  /** @throws DriverError `UNAVAILABLE` */
  requireSettled(vlanId: number): void {
    const left = (this.#until.get(vlanId) ?? 0) - this.#clock.now();
    if (left <= 0) return void this.#until.delete(vlanId);
    throw new DriverError(
      "UNAVAILABLE",
      `VLAN ${vlanId}: a command for it got no answer and may still be run, for ${Math.ceil(left / 1_000)} s at most; try again then`,
      { data: { retryAfterMs: Math.ceil(left) } },
    );
  }
}
