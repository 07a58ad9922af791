import type { InspectableRuntime } from "@reeve/runtime/inspection";
import type { FleetTransport } from "@reeve/runtime/internal/inspection";
import { type HearingEvent, nextHearing } from "./hearing.ts";
import type { KnownHost } from "./known-host.ts";

/** As members do: suspect after 3 s, lost after 5 s. News comes once a second at least. */
const quietAfterMs = 3_000;
const lostAfterMs = 5_000;
const lookEveryMs = 250;
/** A broker that takes longer to confirm may be away, for others as well. */
const confirmWithinMs = 1_000;

export interface SilenceWatchOptions {
  readonly clock: InspectableRuntime["clock"];
  readonly transport: Pick<FleetTransport, "connected" | "flush">;
  /** Whether a process of that host shows that it lives, though it tells no news. */
  alive(host: string): boolean;
  hosts(): readonly KnownHost[];
  hear(host: KnownHost, event: HearingEvent): void;
}

/**
 * Tells which hosts have fallen silent, and only when it is sure that it would hear them: the broker has confirmed that all it
 * had for this process was handed over. Without a broker every host is cut off, and none lost.
 */
export class SilenceWatch {
  readonly #options: SilenceWatchOptions;
  #timer: unknown;
  #probing = false;
  /** Up to then nobody could be heard. */
  #deafUntilMs = Number.NEGATIVE_INFINITY;

  constructor(options: SilenceWatchOptions) {
    this.#options = options;
  }

  begin(): void {
    this.#deafUntilMs = this.#options.clock.now();
    this.#schedule();
  }

  end(): void {
    this.#options.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #schedule(): void {
    this.#timer = this.#options.clock.setTimeout(() => {
      this.#schedule();
      this.#look();
    }, lookEveryMs);
  }

  #look(): void {
    const { transport, hosts } = this.#options;
    if (!transport.connected) this.#deaf();
    else if (!this.#probing && hosts().some((host) => this.#isWorse(host))) void this.#probe();
  }

  async #probe(): Promise<void> {
    const { hosts, hear } = this.#options;
    this.#probing = true;
    const confirmed = await this.#confirmed();
    this.#probing = false;
    if (this.#timer === undefined) return;
    if (!confirmed) return this.#deaf();
    for (const host of hosts()) {
      const event = this.#eventOf(host);
      if (event) hear(host, event);
    }
  }

  async #confirmed(): Promise<boolean> {
    const { transport, clock } = this.#options;
    let timer: unknown;
    const late = new Promise<boolean>((resolve) => {
      timer = clock.setTimeout(() => resolve(false), confirmWithinMs);
    });
    const confirmed = transport.flush().then(
      () => true,
      () => false,
    );
    return await Promise.race([confirmed, late]).finally(() => clock.clearTimeout(timer));
  }

  #deaf(): void {
    const { clock, hosts, hear } = this.#options;
    this.#deafUntilMs = clock.now();
    for (const host of hosts()) hear(host, { type: "cut", at: host.heardAt });
  }

  #isWorse(host: KnownHost): boolean {
    const event = this.#eventOf(host);
    return event !== undefined && nextHearing(host.hearing, event) !== host.hearing;
  }

  #eventOf(host: KnownHost): HearingEvent | undefined {
    const { clock, alive } = this.#options;
    const silentMs = clock.now() - Math.max(host.heardAtMs, this.#deafUntilMs);
    if (silentMs < quietAfterMs) return undefined;
    // A process whose loop is held up tells no news, and is not gone.
    const lost = silentMs >= lostAfterMs && !alive(host.name);
    return { type: lost ? "silence" : "quiet", at: host.heardAt };
  }
}
