import { type ReeveError, reeveError } from "@reeve/contract";
import type { Clock } from "../../../base/clock.ts";
import type { Transport } from "../../../transport/transport.ts";
import { type EnvelopeWriter, stampSentAt } from "../../wire/envelope.ts";
import type { Msgpack } from "../../wire/msgpack.ts";
import { TickBatcher } from "../tick-batcher.ts";
import { unsendable } from "../unsendable.ts";
import type { CallLane, LanePort } from "./call-lane.ts";
import { type DeniedSends, notPermitted } from "./denied-sends.ts";
import { Outbox } from "./outbox.ts";
import type { PendingCall } from "./pending-call.ts";

export interface OutgoingOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly msgpack: Msgpack;
  readonly denied: DeniedSends;
  /** A message has left. @param one of its calls */
  sent(batch: number, one: PendingCall): void;
  /** A call did not leave, and will not. */
  failed(pending: PendingCall, error: ReeveError): void;
}

type Calls = readonly (PendingCall | undefined)[];

/** Gives the messages that lanes have gathered to the transport, and keeps their calls while there is no link. */
export class Outgoing implements LanePort {
  readonly msgpack: Msgpack;
  readonly batcher = new TickBatcher();
  readonly #options: OutgoingOptions;
  readonly #outbox = new Outbox();
  #batches = 0;

  constructor(options: OutgoingOptions) {
    this.msgpack = options.msgpack;
    this.#options = options;
  }

  /** Messages are numbered in the order in which they leave. */
  get lastBatch(): number {
    return this.#batches;
  }

  get maxPayloadBytes(): number {
    return this.#options.transport.maxPayloadBytes;
  }

  dispatch(lane: CallLane, message: EnvelopeWriter, calls: Calls): void {
    const { transport, clock, denied } = this.#options;
    if (calls.some((pending) => pending?.over)) return withoutEnded(lane, message, calls);
    if (!transport.connected) return this.#keep(lane, message, calls);
    const refused = denied.refusal(lane.subject);
    if (refused !== undefined) return this.#refuse(calls, refused);
    this.#batches = (this.#batches + 1) % Number.MAX_SAFE_INTEGER;
    const batch = this.#batches;
    const bytes = message.finish();
    stampSentAt(bytes, clock.now());
    try {
      transport.publish(lane.subject, bytes, { reply: `${transport.inbox}.${batch.toString(36)}` });
    } catch (error) {
      return this.#unpublished(lane, message, calls, error as ReeveError);
    }
    denied.left(lane.subject, batch);
    let one: PendingCall | undefined;
    for (const pending of calls) {
      if (!pending || pending.over) continue;
      one ??= pending;
      pending.markSent(batch);
    }
    if (one) this.#options.sent(batch, one);
  }

  /** What was gathered leaves at once, because the transport is closed before the tick ends. */
  flush(): void {
    this.batcher.flushNow();
  }

  /** It has ended: it keeps nobody from waiting. */
  forget(pending: PendingCall): void {
    this.#outbox.forget(pending);
  }

  /** There is a link again. */
  release(): void {
    this.#outbox.release((pending, why) =>
      this.#options.failed(pending, unsendable(pending, why, this.maxPayloadBytes)),
    );
  }

  #keep(lane: CallLane, message: EnvelopeWriter, calls: Calls): void {
    for (const [index, pending] of calls.entries()) {
      // What broke with the link is asked about when there is one again, and takes no room meanwhile.
      if (!pending || pending.over || pending.broken || this.#outbox.add(lane, message.frame(index), pending)) continue;
      const outcome = pending.mayHaveRun ? "maybe-executed" : "never-sent";
      const { target } = pending;
      const text = `${target.key}: not connected, and ${this.#outbox.size} calls wait for it already`;
      this.#options.failed(pending, reeveError("LINK_LOST", text, { outcome, retryable: true }));
    }
  }

  #refuse(calls: Calls, why: string): void {
    for (const pending of calls) {
      if (pending && !pending.over) this.#options.failed(pending, notPermitted(pending, why, "not-executed"));
    }
  }

  #unpublished(lane: CallLane, message: EnvelopeWriter, calls: Calls, error: ReeveError): void {
    if (error.reason === "LINK_LOST") return this.#keep(lane, message, calls);
    for (const pending of calls) if (pending && !pending.over) this.#options.failed(pending, error);
  }
}

/** Some were cancelled before the message left: they were told that it did not. */
function withoutEnded(lane: CallLane, message: EnvelopeWriter, calls: Calls): void {
  for (const [index, pending] of calls.entries()) {
    if (!pending?.over) lane.addEncoded(message.frame(index), pending);
  }
}
