import { type ReeveError, reeveError } from "@reeve/contract";
import type { CallRouter } from "../../call-router.ts";
import { readMeta } from "../../wire/call-meta.ts";
import { readEnvelope } from "../../wire/envelope.ts";
import { frameKind, isNumber, wholeMessage } from "../../wire/frame.ts";
import { malformed } from "../../wire/msgpack.ts";
import { readCallerHead } from "../../wire/read-caller-head.ts";
import { inboxOf } from "../../wire/subjects.ts";
import { errorToWire } from "../../wire/wire-error.ts";
import type { Answered } from "./answers.ts";
import { bindingOf, keyed, type OriginPort } from "./call-origin.ts";
import type { CallerWatch } from "./caller-watch.ts";
import type { CallingProcess } from "./calling-process.ts";
import type { CallingProcesses } from "./calling-processes.ts";
import type { Conversations } from "./conversations.ts";
import type { Endpoint, Entry } from "./endpoint.ts";
import { IncomingCall, type IncomingPort } from "./incoming-call.ts";
import { isMeant, type MessageReader, type ReceivedMessage } from "./intake.ts";
import type { OpenConversation } from "./open-conversation.ts";
import { refusal, takeOver, timeLeft } from "./received-call.ts";
import { ReplyLane, type ReplyPort } from "./reply-lane.ts";

export interface EnvelopeIntakeOptions {
  readonly replies: ReplyPort;
  readonly origins: OriginPort;
  readonly router: CallRouter;
  readonly processes: CallingProcesses;
  readonly conversations: Conversations<IncomingCall, Answered, OpenConversation>;
  readonly watch: Pick<CallerWatch, "began">;
  /** Whether that incarnation of a manager is in this process as well, beside the one that was asked. */
  isHere(key: string, incarnation: string): boolean;
}

/** One envelope while its frames are taken in, and what its calls are answered through. */
interface Arrival extends IncomingPort {
  readonly conversation: OpenConversation;
  readonly process: CallingProcess;
  readonly sentAt: number;
  /** What it spent on the way beyond the usual. */
  readonly excessMs: number;
  readonly takenAt: number;
}

type Frame = readonly unknown[];

/** Makes calls of the frames of envelopes. What becomes of each of them its {@link Conversation} decides. */
export class EnvelopeIntake implements MessageReader {
  readonly #options: EnvelopeIntakeOptions;

  constructor(options: EnvelopeIntakeOptions) {
    this.#options = options;
  }

  receive({ endpoint, entry, message, receivedAt, takenAt }: ReceivedMessage): void {
    const { replies, router, processes, conversations } = this.#options;
    const { reply, data } = message;
    const prefix = inboxOf(reply, entry.caller);
    if (prefix === undefined) throw malformed("its reply subject is not under its caller's inbox");
    const lane = new ReplyLane(replies, reply!, endpoint.head);
    try {
      const { head, elements } = readEnvelope(replies.msgpack, data);
      const { sentAt, incarnation, floor, acknowledged } = readCallerHead(head);
      // All or none: what a whole message is refused with says that nothing of it ran.
      for (let index = 1; index < elements.length; index++) checkFrame(elements[index]!);
      const process = processes.of(prefix, entry.caller);
      const excessMs = process.clock.excess(sentAt, receivedAt);
      const frames = elements.slice(1);
      // What it remembers went with it: a number that it has run would look new.
      if (incarnation !== undefined && (incarnation !== endpoint.incarnation || endpoint.released))
        return this.#notHere(endpoint, entry, incarnation, lane, frames);
      const conversation = conversations.heard(prefix, entry.caller, receivedAt);
      if (!conversation) return answerCalls(lane, entry, frames, callerFull(endpoint, entry));
      conversation.spokenTo(endpoint, incarnation !== undefined);
      conversation.calls.heard(floor, acknowledged, sentAt);
      const arrival: Arrival = {
        ...{ router, endpoint, entry, lane, conversation, process },
        ...{ sentAt, receivedAt, takenAt, excessMs },
      };
      for (const frame of frames) this.#take(arrival, frame);
    } catch (error) {
      lane.answer(wholeMessage, [frameKind.error, wholeMessage, errorToWire(error as ReeveError)], entry.operation);
      throw error;
    }
  }

  #take(arrival: Arrival, frame: Frame): void {
    const { conversation } = arrival;
    const number = frame[1] as number;
    if (frame[0] === frameKind.call) {
      if (isMeant(arrival.endpoint, arrival.entry)) this.#call(arrival, number, frame);
    } else if (frame[0] === frameKind.cancel) cancel(conversation, number);
    else if (frame[0] === frameKind.credit && isNumber(frame[2]))
      conversation.calls.running.get(number)?.allow(frame[2]);
  }

  #call(arrival: Arrival, number: number, frame: Frame): void {
    const { conversation, lane, entry, endpoint } = arrival;
    const { calls } = conversation;
    const decision = calls.call(number, entry.served?.operation.idempotent === true);
    if (decision === "run") this.#run(arrival, number, frame);
    else if (decision === "runs") lane.add(number, [frameKind.heartbeat, number]);
    else if (decision === "answered") lane.repeat(number, calls.answerTo(number)!.answerTo(number), entry.operation);
    else lane.answer(number, errorFrame(number, forgotten(endpoint, entry)), entry.operation);
  }

  #run(arrival: Arrival, number: number, frame: Frame): void {
    const { conversation, entry, lane, receivedAt, takenAt, endpoint } = arrival;
    let incoming: IncomingCall;
    try {
      incoming = this.#callOf(arrival, number, frame);
    } catch (error) {
      const answers = lane.answer(number, errorFrame(number, error as ReeveError), entry.operation);
      // Its number is consumed: the same call must not run later, when it has been taken for refused.
      conversation.calls.ended(number, answers);
      entry.tally?.ended(receivedAt, error as ReeveError);
      return;
    }
    const { call } = incoming;
    call.startClock(receivedAt);
    conversation.expectCopies(call.deadlineAt);
    conversation.calls.began(number, incoming);
    this.#options.watch.began(conversation);
    takeOver(endpoint, call, takenAt);
  }

  /** @throws ReeveError when it is none that can run here */
  #callOf(arrival: Arrival, number: number, frame: Frame): IncomingCall {
    const { endpoint, entry, process, sentAt, excessMs, receivedAt, takenAt } = arrival;
    const { served } = entry;
    if (!served) throw endpoint.unservable(entry);
    const deadline = frame[2];
    if (typeof deadline !== "number" || !Number.isFinite(deadline)) throw malformed("deadline: expected a number");
    const timeoutMs = timeLeft(deadline - sentAt - excessMs, takenAt - receivedAt, endpoint, entry);
    if (frame[3] === null || frame[3] === undefined) {
      return new IncomingCall(arrival, number, served, process.binding, frame[4], timeoutMs);
    }
    const meta = readMeta(frame[3]);
    const own = process.binding.origin.principal;
    const binding = bindingOf(meta, endpoint, entry, own, this.#options.origins, frame[4]);
    const incoming = new IncomingCall(arrival, number, served, binding, frame[4], timeoutMs);
    keyed(incoming.call, meta);
    return incoming;
  }

  /** It is for another incarnation. Where that one may have it as well, only that one can say what became of it. */
  #notHere(endpoint: Endpoint, entry: Entry, wanted: string, lane: ReplyLane, frames: readonly Frame[]): void {
    const { key, address } = endpoint.manager;
    if (endpoint.suspended || this.#options.isHere(key, wanted)) return;
    const message = `${key}: incarnation ${wanted} is not here any more${endpoint.released ? "" : `; this is ${endpoint.incarnation}`}`;
    answerCalls(lane, entry, frames, reeveError("PEER_LOST", message, { address }));
  }
}

function cancel({ calls }: OpenConversation, number: number): void {
  if (calls.cancel(number) !== "cancels") return;
  const incoming = calls.running.get(number)!;
  incoming.abandon(reeveError("CANCELLED", `${incoming.call.operation.name}: cancelled by its caller`));
}

/** None of the calls of a message has been taken. */
function answerCalls(lane: ReplyLane, entry: Entry, frames: readonly Frame[], error: ReeveError): void {
  for (const [kind, number] of frames) {
    if (kind === frameKind.call) lane.answer(number as number, errorFrame(number as number, error), entry.operation);
  }
}

function errorFrame(number: number, error: ReeveError): Frame {
  return [frameKind.error, number, errorToWire(error)];
}

/** Kinds that are not known here may be anything. @throws ReeveError `MALFORMED_FRAME` */
function checkFrame([kind, number]: Frame): void {
  if (typeof kind !== "number") throw malformed("a frame has no kind");
  if (kind <= frameKind.credit && !isNumber(number)) throw malformed("a frame has no number");
}

function forgotten(endpoint: Endpoint, entry: Entry): ReeveError {
  return refusal("LINK_LOST", endpoint, entry, "it came before, and what became of it is not remembered");
}

function callerFull(endpoint: Endpoint, entry: Entry): ReeveError {
  return refusal("CALLER_FULL", endpoint, entry, `too many processes call as ${entry.caller}`);
}
