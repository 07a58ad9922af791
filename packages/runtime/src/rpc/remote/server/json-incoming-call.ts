import { type ReeveError, reeveError } from "@reeve/contract";
import type { Transport } from "../../../transport/transport.ts";
import type { Call } from "../../call.ts";
import type { SettlePort } from "../../call-router.ts";
import { CallerSuspicion } from "./caller-suspicion.ts";
import type { WatchedCaller } from "./caller-watch.ts";
import type { Endpoint, Entry } from "./endpoint.ts";
import { type JsonRecord, keptAnswer } from "./json-calls.ts";
import type { JsonReply } from "./json-reply.ts";

export interface JsonCallPort {
  readonly transport: Transport;
  /** The link broke, or refused it. */
  readonly lost: (subject: string, error: unknown) => void;
  readonly endpoint: Endpoint;
  readonly entry: Entry;
  readonly reply: JsonReply;
  readonly receivedAt: number;
  /** Where it is remembered, if it is. */
  readonly record: JsonRecord | undefined;
  /** Where its caller listens for as long as it wants an answer; undefined where it has not said. */
  readonly heartbeats: string | undefined;
}

/** So often its caller is told that it runs. */
const everyMs = 2_000;
const nothing = new Uint8Array(0);

/** A JSON call while it is here: it is answered once. */
export class JsonIncomingCall implements SettlePort, WatchedCaller {
  readonly suspicion = new CallerSuspicion();
  readonly #port: JsonCallPort;
  #call: Call | undefined;
  #heartbeatAt: number;
  #ended = false;

  constructor(port: JsonCallPort) {
    this.#port = port;
    this.#heartbeatAt = port.receivedAt;
  }

  /** What is cancelled when its caller is gone. */
  began(call: Call): void {
    this.#call = call;
  }

  get waits(): boolean {
    return !this.#ended;
  }

  resolve(value: unknown): void {
    if (!this.#ended) this.#end(this.#port.reply.succeed(value));
  }

  reject(error: ReeveError): void {
    if (!this.#ended) this.#end(this.#port.reply.fail(error));
  }

  heartbeat(now: number, reply: string): boolean {
    const { transport, heartbeats, lost } = this.#port;
    if (heartbeats === undefined || now - this.#heartbeatAt < everyMs) return false;
    this.#heartbeatAt = now;
    try {
      transport.publish(heartbeats, nothing, { reply });
    } catch (error) {
      lost(heartbeats, error);
    }
    return true;
  }

  gone(): void {
    const call = this.#call;
    if (!call || this.#ended) return;
    const reason = reeveError("CANCELLED", `${call.operation.name}: its caller is gone`);
    this.#ended = true;
    call.depart(reason);
    this.#over(reason, "forgotten");
  }

  /** A cast is answered when it was taken in, and ends once more. */
  #end(failure: ReeveError | undefined): void {
    this.#ended = true;
    this.#over(failure, keptAnswer(this.#port.reply.last!));
  }

  #over(failure: ReeveError | undefined, state: JsonRecord["state"]): void {
    const { entry, endpoint, receivedAt, record } = this.#port;
    if (record) record.state = state;
    entry.tally?.ended(receivedAt, failure);
    endpoint.ended();
  }
}
