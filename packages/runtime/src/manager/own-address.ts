import type { ReeveError } from "@reeve/contract";
import type { Clock } from "../base/clock.ts";
import type { Disposers } from "../base/disposers.ts";
import type { Cause, CauseReason } from "../lifecycle/cause.ts";
import type { LifecycleStatus } from "../lifecycle/status.ts";
import type { ServedManager } from "../rpc/remote/server/endpoint.ts";
import { AddressHold } from "./address-hold.ts";
import type { Boot, BootingAddress, BootingLife } from "./boot.ts";
import type { AnnouncedIncarnation, AnnouncedPort, OtherProcesses } from "./other-processes.ts";

interface OwnAddressOptions {
  readonly life: BootingLife & ServedManager;
  readonly clock: Clock;
  /** Absent where no other process can be reached. */
  readonly otherProcesses: OtherProcesses | undefined;
  readonly hasDriver: boolean;
  /** How long what runs may take to come to rest when the address is lost. */
  readonly restMs: number;
  readonly boot: Boot;
  readonly disposers: Disposers;
  load(): { readonly inFlight: number; readonly queued: number };
  /** Whether its own store knows of no later life at its address. */
  isCurrent(): Promise<boolean>;
  /** Resolves when all that runs now has come to rest. */
  rested(): Promise<unknown>;
}

/**
 * The address of one life: other processes are told of it there, and say when it is another's. What lies below the manager is
 * open only while the address is its own.
 */
export class OwnAddress implements BootingAddress, AnnouncedPort {
  readonly #options: OwnAddressOptions;
  readonly #hold: AddressHold;
  #announced: AnnouncedIncarnation | undefined;

  constructor(options: OwnAddressOptions) {
    this.#options = options;
    const { life, clock, restMs, hasDriver, boot, rested } = options;
    this.#hold = new AddressHold({
      ...{ key: life.key, clock, restMs, leaving: life.leaving, rested },
      driver: () => (hasDriver ? boot.resources : undefined),
      isClaimed: () => life.claimed,
      onOwn: () => {
        boot.retryNow();
        boot.periodic?.resume();
      },
    });
  }

  announce(): void {
    const { otherProcesses, life, disposers } = this.#options;
    this.#announced = otherProcesses?.announce(life, this);
    if (this.#announced) disposers.add("announcement", () => this.end());
  }

  /** Other processes are told that it is over, before what it has opened is closed. Idempotent. */
  end(): void {
    this.#announced?.end();
  }

  /** Whoever holds the address may hold what lies below it. */
  async open(signal: AbortSignal): Promise<void> {
    await this.#announced?.decided;
    await this.#hold.open(signal);
  }

  async booted(signal: AbortSignal): Promise<void> {
    await this.#hold.booted(signal);
  }

  changed(status: LifecycleStatus): void {
    this.#announced?.changed(status);
  }

  /** Takes no more calls from elsewhere; resolves when those have been answered. */
  async drained(): Promise<void> {
    await this.#announced?.drained();
  }

  load(): { readonly inFlight: number; readonly queued: number } {
    return this.#options.load();
  }

  isCurrent(): Promise<boolean> {
    return this.#options.isCurrent();
  }

  onFenced(error: ReeveError): void {
    this.#options.life.fenced(error);
  }

  onRefused({ reason, message }: Cause): void {
    this.#options.life.raise({ reason, message });
    if (reason === "ADDRESS_CLAIMED") void this.#hold.lost(message);
  }

  onAllowed(reason: CauseReason): void {
    const { life } = this.#options;
    if (reason === "ADDRESS_CLAIMED") void this.#hold.regained(() => life.clear(reason));
    else life.clear(reason);
  }
}
