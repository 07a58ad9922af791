import { reeveError } from "@reeve/contract";
import { frameKind } from "../../wire/frame.ts";
import type { Answered } from "./answers.ts";
import type { CallerSuspicion } from "./caller-suspicion.ts";
import type { WatchedCaller } from "./caller-watch.ts";
import type { CallingProcess } from "./calling-process.ts";
import type { Conversation } from "./conversation.ts";
import type { KnownConversation } from "./conversations.ts";
import type { Endpoint } from "./endpoint.ts";
import type { IncomingCall } from "./incoming-call.ts";
import { ReplyLane, type ReplyPort } from "./reply-lane.ts";

/** A call as old as this is told of. */
const slowMs = 1_000;
/** And so often again. */
const everyMs = 2_000;
/** Numbers in one heartbeat frame. */
const numbersPerFrame = 512;
/** So long after a call's deadline, and after whatever was said, copies of it may still be on the way. */
const onTheWayMs = 60_000;

export type Calls = Conversation<IncomingCall, Answered>;

/** A conversation, and what this process knows of whoever leads it. */
export class OpenConversation implements WatchedCaller, KnownConversation<IncomingCall, Answered> {
  readonly prefix: string;
  readonly caller: string;
  readonly process: CallingProcess;
  readonly calls: Calls;
  heardAt = 0;
  #onlyWith: Endpoint | "several" | undefined;
  #copiesUntil = Number.NEGATIVE_INFINITY;
  readonly #port: ReplyPort;

  constructor(port: ReplyPort, prefix: string, caller: string, process: CallingProcess, calls: Calls) {
    this.#port = port;
    this.prefix = prefix;
    this.caller = caller;
    this.process = process;
    this.calls = calls;
  }

  /**
   * Whom every message was for by name: when that one is gone, none of the numbers can come to anybody. What names nobody may
   * come again to the next one that lives here, which has to know that the number is used.
   */
  get onlyWith(): Endpoint | undefined {
    return this.#onlyWith === "several" ? undefined : this.#onlyWith;
  }

  /** A message was taken. @param named whether it named the incarnation that it is for */
  spokenTo(endpoint: Endpoint, named: boolean): void {
    if (this.#onlyWith === endpoint && named) return;
    this.#onlyWith = named && this.#onlyWith === undefined ? endpoint : "several";
  }

  get suspicion(): CallerSuspicion {
    return this.process.suspicion;
  }

  get waits(): boolean {
    return this.calls.running.size > 0;
  }

  get copiesUntil(): number {
    return this.#copiesUntil;
  }

  expectCopies(until: number): void {
    this.#copiesUntil = Math.max(this.#copiesUntil, until + onTheWayMs);
  }

  heartbeat(now: number, reply: string): boolean {
    const due = new Map<Endpoint, number[]>();
    for (const incoming of this.calls.running.values()) {
      const { heartbeatAt, receivedAt, endpoint, number } = incoming;
      if (now - heartbeatAt < (heartbeatAt === receivedAt ? slowMs : everyMs)) continue;
      incoming.heartbeatAt = now;
      const numbers = due.get(endpoint);
      if (numbers) numbers.push(number);
      else due.set(endpoint, [number]);
    }
    for (const [{ heartbeatHead }, numbers] of due) {
      const lane = new ReplyLane(this.#port, `${this.prefix}.heartbeat`, heartbeatHead, reply);
      for (let at = 0; at < numbers.length; at += numbersPerFrame)
        lane.add(0, [frameKind.heartbeat, ...numbers.slice(at, at + numbersPerFrame)]);
    }
    return due.size > 0;
  }

  gone(): void {
    for (const incoming of this.calls.running.values()) {
      incoming.abandon(reeveError("CANCELLED", `${incoming.call.operation.name}: its caller is gone`));
    }
  }
}
