import { reeveError } from "@reeve/contract";
import { withTimeout } from "../base/bounded-wait.ts";
import type { Clock } from "../base/clock.ts";
import type { Periodic } from "../periodic/index.ts";
import type { WorkJournal } from "../recovery/index.ts";
import type { Service } from "../rpc/callee/service.ts";
import type { Logger } from "../telemetry/index.ts";
import type { EffectsInFlight } from "./effects-in-flight.ts";

interface Draining {
  /** `manager/address`. */
  readonly key: string;
  readonly service: Service;
  readonly effects: EffectsInFlight;
  /** Where calls from elsewhere come in. */
  readonly address: { drained(): Promise<void> } | undefined;
  readonly journal: WorkJournal | undefined;
  readonly periodic: Periodic | undefined;
  /** Sends nothing new; what is under way is awaited. */
  readonly outbox: { drained(): Promise<void> } | undefined;
  /** Calls may still send to them. */
  readonly kept: { drained(): Promise<void> } | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Waits for all that an incarnation has in flight. What has not ended in time is aborted, and left to the next one.
 *
 * @param signal ends the waiting; then nothing is aborted here
 */
export async function drainWithin(timeoutMs: number, signal: AbortSignal, draining: Draining): Promise<void> {
  const { key, service, effects, address, journal, periodic, outbox, kept, clock, log } = draining;
  const drained = Promise.all([
    service.mailbox.idle().then(() => kept?.drained()),
    address?.drained(),
    effects.settled(),
    journal?.settled(),
    periodic?.stop(timeoutMs),
    outbox?.drained(),
  ]);
  if ((await withTimeout(clock, timeoutMs, drained, signal)) || signal.aborted) return;
  const left = service.mailbox.inFlight;
  log.warn({ left, drainTimeoutMs: timeoutMs }, "drain timed out; aborting remaining work");
  const late = reeveError("NOT_SERVING", `${key} stopped before its work ended`, { outcome: "maybe-executed" });
  journal?.abort(late);
  effects.leave();
  for (const call of service.mailbox.entries()) call.abort(late);
}
