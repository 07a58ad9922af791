import { reeveError } from "@reeve/contract";
import type { Clock } from "@reeve/runtime";
import { seededRandom } from "@reeve/runtime/internal";
import {
  type Message,
  type MessageHandler,
  type PublishOptions,
  type SubscribeOptions,
  type Subscription,
  systemClock,
  type Transport,
  type TransportAlarm,
} from "@reeve/runtime/transport";
import { FaultPlan, type FaultScope, type InjectedFault } from "./fault-plan.ts";

export interface FaultTransportOptions {
  /** Repeats a run. Default: `REEVE_FAULT_SEED` of the environment, else a random one. */
  readonly seed?: number;
  /** Times the delays. Default the system's. */
  readonly clock?: Clock;
  /** Where the seed is told. Default stderr. */
  readonly print?: (line: string) => void;
}

/** A transport on which things go wrong as they are told to; each fault lasts until it is stopped or all are healed. */
export interface FaultTransport extends Transport {
  readonly seed: number;
  /** Messages vanish. */
  drop(scope?: FaultScope): InjectedFault;
  /** Messages come later: by `ms`, or by something between two bounds. Equal delays keep the order. */
  delay(ms: number | readonly [number, number], scope?: FaultScope): InjectedFault;
  /** Messages come this often more. Default once more. */
  duplicate(scope?: FaultScope & { readonly copies?: number }): InjectedFault;
  /** Messages that follow each other within `withinMs` come in any order. */
  reorder(withinMs: number, scope?: FaultScope): InjectedFault;
  /** The link is lost, as a client sees it: refused publishes, no messages, its listeners told; until {@link heal}. */
  cut(): void;
  /** Ends every fault, a cut too. What delays hold back still comes. */
  heal(): void;
}

/**
 * Wraps any transport; prints the seed, so that a failure can be repeated.
 *
 * @example
 * ```ts
 * const transport = faultTransport(inProcess().client({ caller: "web-1" }), { seed: 17 });
 * const loss = transport.drop({ subject: "reeve.call.>", probability: 0.1 });
 * loss.stop();
 * ```
 */
export function faultTransport(
  inner: Transport,
  {
    seed = Number(process.env.REEVE_FAULT_SEED ?? Math.floor(Math.random() * 2 ** 32)),
    clock = systemClock,
    print = (line) => process.stderr.write(`${line}\n`),
  }: FaultTransportOptions = {},
): FaultTransport {
  if (!Number.isSafeInteger(seed)) throw new RangeError(`seed: expected a whole number, got ${seed}`);
  print(`fault seed ${seed}; REEVE_FAULT_SEED=${seed} repeats the run`);
  return new FaultyTransport(inner, seed, clock);
}

class FaultyTransport implements FaultTransport {
  readonly seed: number;
  readonly #inner: Transport;
  readonly #clock: Clock;
  readonly #plan: FaultPlan;
  readonly #listeners = new Set<{ readonly listener: (connected: boolean) => void }>();
  #cut = false;
  #told: boolean;

  constructor(inner: Transport, seed: number, clock: Clock) {
    this.#inner = inner;
    this.seed = seed;
    this.#clock = clock;
    this.#plan = new FaultPlan(seededRandom(seed));
    this.#told = inner.connected;
    inner.onLink(() => this.#tell());
  }

  get connected(): boolean {
    return !this.#cut && this.#inner.connected;
  }

  get maxPayloadBytes(): number {
    return this.#inner.maxPayloadBytes;
  }

  get denials(): Transport["denials"] {
    return this.#inner.denials;
  }

  get caller(): string {
    return this.#inner.caller;
  }

  get inbox(): string {
    return this.#inner.inbox;
  }

  drop(scope: FaultScope = {}): InjectedFault {
    return this.#plan.add(scope, () => () => []);
  }

  delay(ms: number | readonly [number, number], scope: FaultScope = {}): InjectedFault {
    const [least, most] = typeof ms === "number" ? [ms, ms] : ms;
    return this.#plan.add(scope, (random) => (due) => due.map((at) => at + least + random() * (most - least)));
  }

  duplicate({ copies = 1, ...scope }: FaultScope & { readonly copies?: number } = {}): InjectedFault {
    return this.#plan.add(scope, () => (due) => due.flatMap((at) => Array.from({ length: copies + 1 }, () => at)));
  }

  reorder(withinMs: number, scope: FaultScope = {}): InjectedFault {
    return this.delay([0, withinMs], scope);
  }

  cut(): void {
    this.#cut = true;
    this.#tell();
  }

  heal(): void {
    this.#plan.clear();
    this.#cut = false;
    this.#tell();
  }

  async connect(signal?: AbortSignal): Promise<void> {
    await this.#inner.connect(signal);
    if (this.connected) return;
    await new Promise<void>((resolve, reject) => {
      const settle = (settled: () => void) => {
        stop();
        signal?.removeEventListener("abort", onAbort);
        settled();
      };
      const onAbort = () =>
        settle(() => reject(reeveError("CANCELLED", "connect: aborted", { outcome: "never-sent" })));
      const stop = this.onLink((connected) => connected && settle(resolve));
      if (signal?.aborted) onAbort();
      else signal?.addEventListener("abort", onAbort);
    });
  }

  /** One that is cut is known not to connect. */
  async attempted(): Promise<void> {
    if (!this.#cut) await this.#inner.attempted?.();
  }

  publish(subject: string, data: Uint8Array, options?: PublishOptions): void {
    this.#refuseWhenCut(`publish to ${subject}`);
    for (const dueMs of this.#plan.due("out", subject)) {
      if (dueMs === 0) this.#inner.publish(subject, data, options);
      else this.#clock.setTimeout(() => this.#publishLate(subject, data, options), dueMs);
    }
  }

  subscribe(subject: string, handler: MessageHandler, options?: SubscribeOptions): Subscription {
    let open = true;
    const deliver = (message: Message) => (open && !this.#cut ? handler(message) : undefined);
    const inner = this.#inner.subscribe(
      subject,
      (message) => {
        const due = this.#plan.due("in", message.subject);
        if (due.length === 1 && due[0] === 0) return deliver(message);
        return Promise.all(due.map((dueMs) => this.#later(dueMs, () => deliver(message)))).then(() => undefined);
      },
      options,
    );
    return {
      unsubscribe() {
        open = false;
        inner.unsubscribe();
      },
      drain: () => inner.drain(),
    };
  }

  async flush(): Promise<void> {
    this.#refuseWhenCut("flush");
    await this.#inner.flush();
  }

  onLink(listener: (connected: boolean) => void): () => void {
    const entry = { listener };
    this.#listeners.add(entry);
    return () => this.#listeners.delete(entry);
  }

  onAlarm(listener: (alarm: TransportAlarm) => void): () => void {
    return this.#inner.onAlarm(listener);
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  async #later(dueMs: number, deliver: () => void | PromiseLike<void>): Promise<void> {
    if (dueMs > 0) await new Promise<void>((resolve) => this.#clock.setTimeout(resolve, dueMs));
    await deliver();
  }

  /** Whoever published was told long ago that it went well: a link lost since means a message lost. */
  #publishLate(subject: string, data: Uint8Array, options: PublishOptions | undefined): void {
    if (this.connected) this.#inner.publish(subject, data, options);
  }

  #refuseWhenCut(what: string): void {
    if (!this.#cut) return;
    throw reeveError("LINK_LOST", `${what}: the fault transport was cut`, { outcome: "never-sent", retryable: true });
  }

  #tell(): void {
    if (this.connected === this.#told) return;
    this.#told = this.connected;
    for (const { listener } of [...this.#listeners]) listener(this.#told);
  }
}
