import { type ReeveError, reeveError } from "@reeve/contract";
import type { AnyDriverPort, Driver, DriverOwner } from "@reeve/driver-sdk";
import { withTimeout } from "../base/bounded-wait.ts";
import type { Clock } from "../base/clock.ts";
import type { Random } from "../base/random.ts";
import { type AttachedDriver, attachDriver, type CallNotes, type CompiledDriverLimits } from "../driver/index.ts";
import type { Logger, ManagerObserving } from "../telemetry/index.ts";

interface DriverGateOptions {
  readonly port: AnyDriverPort;
  readonly driver: Driver;
  /** For whom it is set up. */
  readonly owner: DriverOwner;
  readonly limits: CompiledDriverLimits;
  readonly startTimeoutMs: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly epoch: number;
  readonly work: CallNotes | undefined;
  readonly observing: ManagerObserving | undefined;
  onReady(): void;
  /** Told again when the cause is another one. */
  onLost(cause: ReeveError): void;
}

/** Brings a driver up for an incarnation: waits for it for a bounded time, and tells of every change after that. */
export class DriverGate {
  readonly driver: AttachedDriver<AnyDriverPort>;
  readonly #options: DriverGateOptions;
  /** Of the present opening: it is ready, or was let go of. */
  #firstReady = Promise.withResolvers<void>();
  /** Its loss was told, and its return was not. */
  #lost = false;

  /** @throws ReeveError `INVALID_OPTION` when the driver does not fit the port */
  constructor(options: DriverGateOptions) {
    this.#options = options;
    const { port, driver, owner, limits, clock, random, log, epoch, work, observing } = options;
    this.driver = attachDriver({
      port,
      driver,
      owner,
      limits,
      clock,
      random,
      log,
      epoch,
      work,
      observing,
      events: {
        onReady: () => {
          this.#firstReady.resolve();
          this.#lost = false;
          options.onReady();
        },
        onLost: (cause) => this.#tellLost(cause),
        onStillLost: (cause) => {
          // Within its start timeout the set-up may yet come through.
          if (this.#lost) this.#tellLost(cause);
        },
      },
    });
  }

  /**
   * Starts the set-up. Resolves when the driver is up or when its start timeout is over; then it counts as lost until it comes.
   * @param signal ends the waiting
   */
  async open(signal: AbortSignal): Promise<void> {
    const { clock, startTimeoutMs } = this.#options;
    this.driver.start();
    if ((await withTimeout(clock, startTimeoutMs, this.#firstReady.promise, signal)) || signal.aborted) return;
    this.#tellLost(
      this.driver.cause ?? reeveError("DRIVER_LOST", `the driver was not set up within ${startTimeoutMs} ms`),
    );
  }

  /** Closes it until it is opened again; its loss is not told. Bounded, never rejects. */
  async rest(cause: ReeveError): Promise<void> {
    this.#firstReady.resolve();
    this.#firstReady = Promise.withResolvers();
    await this.driver.rest(cause);
  }

  #tellLost(cause: ReeveError): void {
    this.#lost = true;
    this.#options.onLost(cause);
  }
}
