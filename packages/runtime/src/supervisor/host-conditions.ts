import type { Clock, Timer } from "../base/clock.ts";
import { loopTurnMs } from "../base/loop-lag.ts";
import type { Cause } from "../lifecycle/cause.ts";
import type { HostedManager } from "../manager/host-causes.ts";
import { storeCause } from "../manager/whole-store.ts";
import type { StoreFault, StoreHealth } from "../store/index.ts";
import type { Denial } from "../transport/denials.ts";
import type { Transport } from "../transport/transport.ts";
import { denialCauses } from "./denial-causes.ts";
import { LinkCondition, type LinkView } from "./link-condition.ts";
import { LoopLateness } from "./loop-lateness.ts";
import { Standstill } from "./standstill.ts";

interface HostConditionsOptions {
  readonly clock: Clock;
  readonly transport: Pick<Transport, "connected" | "onLink" | "onAlarm" | "denials">;
  readonly namespace: string;
  /** Something came or went; {@link HostConditions.causesOf} says what. */
  onChanged(): void;
  /** The event loop turns again after it stood still for so long; told before anything that came meanwhile is taken in. */
  onStoodStill?(ms: number): void;
}

/**
 * What impairs managers of a host from outside: there is no link, the broker does not permit what they need, their database
 * would lose what it acknowledges, the event loop was held up. Known from the first moment, before any of them has started.
 */
export class HostConditions {
  /** How late the event loop comes to what is due. */
  readonly lateness = new LoopLateness();
  readonly #options: HostConditionsOptions;
  readonly #closers: (() => void)[];
  readonly #standstill: Standstill;
  readonly #link: LinkCondition;
  #threadDenials: readonly Denial[] = [];
  #fault: StoreFault | undefined;
  #lagging: Cause | undefined;
  #timer: Timer;

  constructor(options: HostConditionsOptions) {
    const { clock, transport, onChanged } = options;
    this.#options = options;
    this.#standstill = new Standstill({ clock, turnMs: loopTurnMs });
    this.#link = new LinkCondition(transport, clock, onChanged);
    this.#closers = [() => this.#link.close(), transport.denials?.onChange(onChanged) ?? (() => {})];
    this.#watchLoop();
  }

  get link(): LinkView {
    return this.#link.view;
  }

  /** What a manager of the host should know now. */
  causesOf({ contract, stored }: HostedManager): readonly Cause[] {
    const { namespace, transport } = this.#options;
    const denials = [...(transport.denials?.all ?? []), ...this.#threadDenials];
    return [
      this.#link.cause,
      ...denialCauses(namespace, denials, contract),
      // A manager without tables loses nothing, and goes on.
      stored && this.#fault ? storeCause(this.#fault) : undefined,
      this.#lagging,
    ].filter((cause) => cause !== undefined);
  }

  /** Follows the health of the host's database. */
  watchStore(health: StoreHealth): void {
    this.#closers.push(
      health.onChange((fault) => {
        this.#fault = fault;
        this.#options.onChanged();
      }),
    );
    if (!health.fault) return;
    this.#fault = health.fault;
    this.#options.onChanged();
  }

  /** What the broker forbids the heartbeat thread. */
  denied(denials: readonly Denial[]): void {
    this.#threadDenials = denials;
    this.#options.onChanged();
  }

  /** Looks whether the event loop stood still until now. @param now of the clock */
  look(now: number): void {
    const lateMs = this.#standstill.lateMs(now);
    if (lateMs === 0) return;
    this.#standstill.turned();
    this.#lag({ reason: "LOOP_LAGGING", message: `the event loop was held up for ${Math.round(lateMs)} ms` });
    this.#options.onStoodStill?.(lateMs);
  }

  close(): void {
    for (const close of this.#closers) close();
    this.#options.clock.clearTimeout(this.#timer);
  }

  #watchLoop(): void {
    const { clock } = this.#options;
    const dueAt = clock.now() + loopTurnMs;
    this.#timer = clock.setTimeout(() => {
      const now = clock.now();
      this.lateness.add(now - dueAt);
      const stood = this.#standstill.lateMs(now) > 0;
      if (stood) this.look(now);
      else this.#standstill.turned();
      // The turn after: what held it up is over.
      if (!stood && now - dueAt <= loopTurnMs) this.#lag(undefined);
      this.#watchLoop();
    }, loopTurnMs);
  }

  #lag(cause: Cause | undefined): void {
    if (this.#lagging === cause) return;
    this.#lagging = cause;
    this.#options.onChanged();
  }
}
