import { type ReeveError, reeveError } from "@reeve/contract";
import type { Clock } from "../../../base/clock.ts";
import type { Logger } from "../../../telemetry/logger.ts";
import type { Message, Transport } from "../../../transport/transport.ts";
import type { CallRouter } from "../../call-router.ts";
import { readMeta } from "../../wire/call-meta.ts";
import { readEnvelope } from "../../wire/envelope.ts";
import { frameKind, isId, wholeMessage } from "../../wire/frame.ts";
import { jsonByte } from "../../wire/json-call.ts";
import { type Msgpack, malformed } from "../../wire/msgpack.ts";
import { inboxOf } from "../../wire/subjects.ts";
import { errorToWire } from "../../wire/wire-error.ts";
import { bindingOf, type OriginPort } from "./call-origin.ts";
import { type Endpoint, type EndpointPort, type Entry, late } from "./endpoint.ts";
import { IncomingCall, type IncomingPort } from "./incoming-call.ts";
import type { JsonIntake } from "./json-intake.ts";
import { KeptMessages } from "./kept-messages.ts";
import type { Peer } from "./peer.ts";
import type { Peers } from "./peers.ts";
import { ReplyLane, type ReplyPort } from "./reply-lane.ts";

export interface IntakeOptions extends ReplyPort, OriginPort {
  readonly clock: Clock;
  readonly router: CallRouter;
  readonly peers: Peers;
  readonly log: Logger;
  readonly json: JsonIntake;
  /**
   * Whether this process is known to live where its managers say; asked of every message, with the time of its receipt. What
   * comes meanwhile is kept until {@link Intake.release}. Default: it is.
   */
  admits?(receivedAt: number): boolean;
  /** A call has begun: somebody may have to be told that it still runs. */
  began(): void;
}

/** So many of the messages that were kept are taken in a turn of the loop; each may hold 32 calls. */
const keptPerTurn = 64;

/** No call is given longer, whatever its caller says: 24 days, as long as timers go. */
const longestMs = 2_147_483_647;

/** One envelope while its frames are taken in, and what its calls are answered through. */
interface Arrival extends IncomingPort {
  readonly endpoint: Endpoint;
  readonly entry: Entry;
  readonly sentAt: number;
  /** What it spent on the way beyond the usual. */
  readonly excessMs: number;
  /** Later than `receivedAt` where it was kept. */
  readonly takenAt: number;
}

/** Makes calls of the messages that come in. Nothing that a message holds makes it throw. */
export class Intake implements EndpointPort {
  readonly transport: Transport;
  readonly msgpack: Msgpack;
  readonly clock: Clock;
  readonly #options: IntakeOptions;
  readonly #kept: KeptMessages;
  #releasing = false;

  constructor(options: IntakeOptions) {
    this.transport = options.transport;
    this.msgpack = options.msgpack;
    this.clock = options.clock;
    this.#options = options;
    this.#kept = new KeptMessages(options.log);
  }

  receive(endpoint: Endpoint, message: Message): void {
    if (message.noResponders) return;
    const receivedAt = this.clock.now();
    // What comes later is not taken before what was kept.
    const keeps = this.#options.admits?.(receivedAt) === false || this.#kept.size > 0;
    if (keeps) this.#kept.add(endpoint, message, receivedAt);
    else this.#take(endpoint, message, receivedAt, receivedAt);
  }

  /** It is known again who lives here: what was kept is taken in, in order, and the loop turns meanwhile. */
  release(): void {
    if (!this.#releasing) this.#takeKept();
  }

  /** Takes in nothing that was kept. */
  close(): void {
    this.#kept.clear();
  }

  #takeKept(): void {
    const now = this.clock.now();
    this.#releasing = false;
    // Released once more when that is known again.
    if (this.#options.admits?.(now) === false) return;
    for (const { endpoint, message, receivedAt } of this.#kept.take(keptPerTurn))
      this.#take(endpoint, message, receivedAt, now);
    this.#releasing = this.#kept.size > 0;
    if (this.#releasing) setImmediate(() => this.#takeKept());
  }

  #take(endpoint: Endpoint, message: Message, receivedAt: number, takenAt: number): void {
    const { log, json } = this.#options;
    try {
      const entry = endpoint.entryOf(message.subject);
      if (!entry) throw malformed("the subject has a token that is not escaped");
      if (message.data[0] !== jsonByte) this.#receiveEnvelope(endpoint, entry, message, receivedAt, takenAt);
      else if (isMeant(endpoint, entry)) json.receive(endpoint, entry, message, receivedAt);
    } catch (error) {
      log.warn({ err: error, subject: message.subject }, "a message was dropped");
    }
  }

  #receiveEnvelope(
    endpoint: Endpoint,
    entry: Entry,
    { data, reply }: Message,
    receivedAt: number,
    takenAt: number,
  ): void {
    const { peers } = this.#options;
    const inbox = inboxOf(reply, entry.caller);
    if (inbox === undefined) throw malformed("its reply subject is not under its caller's inbox");
    const lane = new ReplyLane(this.#options, reply!, endpoint.head);
    try {
      const { head, elements } = readEnvelope(this.msgpack, data);
      const [sentAt] = head;
      if (typeof sentAt !== "number" || !Number.isFinite(sentAt)) throw malformed("its head has no time");
      const peer = peers.get(inbox, entry.caller, receivedAt);
      const excessMs = peer.clock.excess(sentAt, receivedAt);
      const arrival: Arrival = {
        router: this.#options.router,
        endpoint,
        entry,
        peer,
        lane,
        sentAt,
        receivedAt,
        takenAt,
        excessMs,
        ended: endpoint.ended,
      };
      // All or none: what a whole message is refused with says that nothing of it ran.
      for (let index = 1; index < elements.length; index++) checkFrame(elements[index]!);
      for (let index = 1; index < elements.length; index++) this.#takeFrame(arrival, elements[index]!);
    } catch (error) {
      lane.answer(wholeMessage, [frameKind.error, wholeMessage, errorToWire(error as ReeveError)], entry.operation);
      throw error;
    }
  }

  #takeFrame(arrival: Arrival, frame: readonly unknown[]): void {
    const kind = frame[0] as number;
    const id = frame[1] as number;
    const { peer } = arrival;
    if (kind > frameKind.ask) return;
    if (kind === frameKind.ask) return tellAgain(arrival, id);
    if (kind === frameKind.cancel) return this.#cancel(peer, id);
    if (kind === frameKind.credit) {
      if (typeof frame[2] === "number") peer.running.get(id)?.allow(frame[2]);
      return;
    }
    if (!isMeant(arrival.endpoint, arrival.entry)) return;
    if (this.#repeats(arrival, id, frame)) return;
    let incoming: IncomingCall;
    try {
      incoming = this.#callOf(arrival, id, frame);
    } catch (error) {
      return refuse(arrival, id, error as ReeveError);
    }
    this.#deliver(arrival, incoming);
  }

  /** Delivered twice: the first one's answer is told again, or will be. */
  #repeats({ peer, lane, entry }: Arrival, id: number, frame: readonly unknown[]): boolean {
    if (entry.served?.operation.idempotent) {
      // Its answers are not remembered, and what still runs must not be begun again beside itself.
      const runs = peer.running.has(id);
      if (runs) lane.add(id, [frameKind.beat, id]);
      return runs;
    }
    const earlier = peer.answers.get(id);
    if (earlier === undefined) return false;
    // Its caller was only away: what has a key joins its run where that goes on, and else its store knows.
    if (earlier === "given up" && entry.served?.operation.dedupe === "store") return !hasKey(frame);
    if (typeof earlier === "object") lane.repeat(id, earlier.answerTo(id), entry.operation);
    return true;
  }

  /** @throws ReeveError when it is none that can run here */
  #callOf(arrival: Arrival, id: number, frame: readonly unknown[]): IncomingCall {
    const { endpoint, entry, peer, sentAt, excessMs, receivedAt, takenAt } = arrival;
    const { served, operation } = entry;
    if (!served) throw endpoint.unknown(entry);
    const { kind } = served.operation;
    if (frame[0] !== frameKind[kind]) throw malformed(`${operation} is a ${kind}`);
    const deadline = frame[2];
    if (typeof deadline !== "number" || !Number.isFinite(deadline)) throw malformed("a call has no deadline");
    const timeoutMs = Math.min(deadline - sentAt - excessMs, longestMs);
    if (timeoutMs <= takenAt - receivedAt) throw late(endpoint, entry);
    if (frame[3] === null || frame[3] === undefined) {
      return new IncomingCall(arrival, id, served, peer.binding, frame[4], timeoutMs);
    }
    const meta = readMeta(frame[3]);
    if (meta.epoch !== undefined && meta.epoch !== endpoint.epoch) throw replaced(endpoint, meta.epoch);
    const binding = bindingOf(meta, endpoint, entry, peer.binding.origin.principal, this.#options, frame[4]);
    const incoming = new IncomingCall(arrival, id, served, binding, frame[4], timeoutMs);
    incoming.call.idempotencyKey = meta.key;
    return incoming;
  }

  #deliver({ endpoint, peer, receivedAt }: Arrival, incoming: IncomingCall): void {
    const { began } = this.#options;
    const { call, id } = incoming;
    call.startClock(receivedAt);
    // An idempotent one may run twice: it is not worth remembering.
    if (!call.operation.idempotent) {
      peer.answers.began(id);
      peer.asksUntil = Math.max(peer.asksUntil, call.deadlineAt);
    }
    peer.running.set(id, incoming);
    endpoint.began();
    began.call(this.#options);
    endpoint.manager.deliver(call);
    if (!call.running && !call.settled) call.watchDeadline(receivedAt);
  }

  #cancel(peer: Peer, id: number): void {
    const incoming = peer.running.get(id);
    if (!incoming) return;
    incoming.abandon(reeveError("CANCELLED", `${incoming.operation.name}: cancelled by its caller`));
  }
}

/** Who else lives at this address got the call as well, and answers it: a refusal from here would be believed. */
function isMeant({ suspended }: Endpoint, { picked }: Entry): boolean {
  return picked || !suspended;
}

function refuse({ lane, entry, receivedAt }: Arrival, id: number, error: ReeveError): void {
  lane.answer(id, [frameKind.error, id, errorToWire(error)], entry.operation);
  entry.tally?.ended(receivedAt, error);
}

/**
 * The caller's link broke after it had sent that call, and is back: it may have missed the answer. Nothing runs because of
 * this: of a call that is not known here, nobody can tell whether it came and was forgotten, is on its way, or is lost.
 */
function tellAgain({ peer, lane, entry, endpoint }: Arrival, id: number): void {
  const earlier = peer.answers.get(id);
  if (typeof earlier === "object") return lane.repeat(id, earlier.answerTo(id), entry.operation);
  if (peer.running.has(id)) {
    lane.add(id, [frameKind.beat, id]);
    return;
  }
  // Who lives at this address now may have it.
  if (earlier === undefined && endpoint.suspended) return;
  const { key, address } = endpoint.manager;
  const what = earlier === "given up" ? "gave it up while its caller was away" : "does not remember it";
  const message = `${key}: ${entry.operation}: the link broke after the call was sent, and its callee ${what}; it may have run`;
  lane.answer(id, [frameKind.error, id, errorToWire(reeveError("LINK_LOST", message, { address }))], entry.operation);
}

/** Kinds that are not known here may be anything. @throws ReeveError `MALFORMED_FRAME` */
function checkFrame(frame: readonly unknown[]): void {
  const kind = frame[0];
  if (typeof kind !== "number") throw malformed("a frame has no kind");
  if (kind <= frameKind.ask && !isId(frame[1])) throw malformed("a frame has no id");
}

function hasKey([, , , meta]: readonly unknown[]): boolean {
  return typeof meta === "object" && meta !== null && "key" in meta;
}

function replaced({ manager, epoch }: Endpoint, wanted: number): ReeveError {
  return reeveError("PEER_LOST", `${manager.key}: incarnation ${wanted} is gone; this is ${epoch}`, {
    address: manager.address,
  });
}
