import { type Outcome, type ReeveError, reeveError } from "@reeve/contract";
import type { Clock } from "../../../base/clock.ts";
import type { Transport } from "../../../transport/transport.ts";
import { CallerHeadWriter } from "../../wire/caller-head.ts";
import type { EnvelopeWriter } from "../../wire/envelope.ts";
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
  /** The link is not there, though nobody has said so yet. */
  linkLost(pending: PendingCall): void;
  /** A call did not leave, and will not. */
  unsendable(pending: PendingCall, error: ReeveError): void;
}

type Calls = readonly (PendingCall | undefined)[];

/** Gives the messages that lanes have gathered to the transport, and keeps their calls while there is no link. */
export class Outgoing implements LanePort {
  readonly msgpack: Msgpack;
  readonly batcher = new TickBatcher();
  readonly #options: OutgoingOptions;
  readonly #outbox = new Outbox();
  readonly #heads = new CallerHeadWriter();
  #batches = 0;

  constructor(options: OutgoingOptions) {
    this.msgpack = options.msgpack;
    this.#options = options;
  }

  get maxPayloadBytes(): number {
    return this.#options.transport.maxPayloadBytes;
  }

  dispatch(lane: CallLane, message: EnvelopeWriter, calls: Calls): void {
    const { transport, clock, denied } = this.#options;
    for (const pending of calls) if (pending && !pending.queued) return withoutOthers(lane, message, calls);
    if (!transport.connected) return this.#keep(lane, message, calls);
    const refused = denied.refusal(lane.subject);
    if (refused !== undefined) return this.#refuse(calls, refused);
    this.#batches = (this.#batches + 1) % Number.MAX_SAFE_INTEGER;
    const batch = this.#batches;
    const { conversation } = lane;
    const sentAt = clock.now();
    const bytes = message.finish(this.#heads.write(sentAt, conversation));
    try {
      transport.publish(lane.subject, bytes, { reply: `${conversation.prefix}.${batch.toString(36)}` });
    } catch (error) {
      return this.#unpublished(lane, message, calls, error as ReeveError);
    }
    denied.left(lane.subject, batch);
    for (const pending of calls) pending?.published(batch, sentAt);
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
      this.#options.unsendable(pending, unsendable(pending, why, this.maxPayloadBytes)),
    );
  }

  #keep(lane: CallLane, message: EnvelopeWriter, calls: Calls): void {
    for (const [index, pending] of calls.entries()) {
      if (!pending?.queued) continue;
      // What has left before is sent again when there is a link again, and takes no room meanwhile.
      if (pending.state.copies > 0) this.#options.linkLost(pending);
      else if (!this.#outbox.add(lane, message.frame(index), pending)) this.#noRoom(pending);
    }
  }

  #noRoom(pending: PendingCall): void {
    const message = `${pending.target.key}: not connected, and ${this.#outbox.size} calls wait for it already`;
    const details = { outcome: "never-sent" as Outcome, retryable: true };
    this.#options.unsendable(pending, reeveError("LINK_LOST", message, details));
  }

  #refuse(calls: Calls, why: string): void {
    for (const pending of calls) {
      if (pending?.queued) this.#options.unsendable(pending, notPermitted(pending, why, "not-executed"));
    }
  }

  #unpublished(lane: CallLane, message: EnvelopeWriter, calls: Calls, error: ReeveError): void {
    if (error.reason === "LINK_LOST") return this.#keep(lane, message, calls);
    for (const pending of calls) if (pending?.queued) this.#options.unsendable(pending, error);
  }
}

/** Some have ended since, or were withdrawn: they were told that they did not leave. */
function withoutOthers(lane: CallLane, message: EnvelopeWriter, calls: Calls): void {
  for (const [index, pending] of calls.entries()) {
    if (!pending || pending.queued) lane.addEncoded(message.frame(index), pending);
  }
}
