import { durationMs, type ReeveError, reeveError } from "@reeve/contract";
import type { Clock } from "../../../base/clock.ts";
import type { Message, Transport } from "../../../transport/transport.ts";
import { Call } from "../../call.ts";
import type { CallRouter } from "../../call-router.ts";
import { isIdempotencyKey, longestIdempotencyKey } from "../../idempotency-key.ts";
import { type CallMeta, readMeta } from "../../wire/call-meta.ts";
import { parseJsonCall } from "../../wire/json-call.ts";
import { malformed } from "../../wire/msgpack.ts";
import { bindingOf, type OriginPort } from "./call-origin.ts";
import { type Endpoint, type Entry, late } from "./endpoint.ts";
import { JsonReply } from "./json-reply.ts";
import { peerPrincipal } from "./peer.ts";

export interface JsonIntakeOptions extends OriginPort {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly router: CallRouter;
  lost(subject: string, error: unknown): void;
}

/** Takes in calls that are plain JSON, as `nats req` sends them. Their metadata is in `Reeve-*` headers. */
export class JsonIntake {
  readonly #options: JsonIntakeOptions;

  constructor(options: JsonIntakeOptions) {
    this.#options = options;
  }

  /**
   * @param receivedAt when it came: its time runs from then
   * @throws ReeveError `MALFORMED_FRAME` where the answer would go to somewhere that is no inbox
   */
  receive(endpoint: Endpoint, entry: Entry, { data, reply, headers = {} }: Message, receivedAt: number): void {
    if (reply !== undefined && !reply.startsWith("_INBOX.")) throw malformed("its reply subject is no inbox");
    const { transport, lost } = this.#options;
    const { address } = endpoint.manager;
    const answer = new JsonReply(
      transport,
      reply,
      { "Reeve-Address": address, "Reeve-Epoch": String(endpoint.epoch) },
      (subject, error) => lost.call(this.#options, subject, error),
    );
    try {
      this.#begin(endpoint, entry, receivedAt, parseJsonCall(data), headers, answer);
    } catch (error) {
      const refusal = answer.fail(error as ReeveError);
      entry.tally?.ended(receivedAt, refusal);
    }
  }

  #begin(
    endpoint: Endpoint,
    entry: Entry,
    receivedAt: number,
    input: unknown,
    headers: Readonly<Record<string, string>>,
    answer: JsonReply,
  ): void {
    const { router, clock } = this.#options;
    const { served, tally } = entry;
    if (!served) throw endpoint.unknown(entry);
    const timeout = headers["Reeve-Timeout"];
    const timeoutMs =
      timeout === undefined ? served.operation.timeoutMs : durationMs("Reeve-Timeout", timeoutOf(timeout));
    const now = clock.now();
    if (timeoutMs <= now - receivedAt) throw late(endpoint, entry);
    const meta = metaOf(headers);
    let answered = false;
    const once = (end: () => ReeveError | undefined) => {
      // A cast is answered when it was taken in, and ends once more.
      if (answered) return;
      answered = true;
      const failure = end();
      tally?.ended(receivedAt, failure);
      endpoint.ended();
    };
    const call = new Call(
      router,
      served,
      bindingOf(meta, endpoint, entry, peerPrincipal(entry.caller), this.#options),
      input,
      timeoutMs,
      (value) => once(() => answer.succeed(value)),
      (error) => once(() => answer.fail(error)),
    );
    call.idempotencyKey = meta.key;
    call.startClock(receivedAt);
    endpoint.began();
    endpoint.manager.deliver(call);
    if (!call.running && !call.settled) call.watchDeadline(now);
  }
}

function metaOf(headers: Readonly<Record<string, string>>): CallMeta {
  const principal = headers["Reeve-Principal"];
  const key = headers["Reeve-Idempotency-Key"];
  if (key !== undefined && !isIdempotencyKey(key)) {
    const { length } = key as string;
    throw malformed(`Reeve-Idempotency-Key: expected text of 1 to ${longestIdempotencyKey} characters, got ${length}`);
  }
  return readMeta({
    key,
    request: headers["Reeve-Request-Id"],
    principal: principal === undefined ? undefined : parsePrincipal(principal),
  });
}

function parsePrincipal(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw reeveError("MALFORMED_FRAME", "Reeve-Principal is no JSON text; see docs/wire.md");
  }
}

/** Milliseconds where it is a bare number. */
function timeoutOf(text: string): Parameters<typeof durationMs>[1] {
  return (/^\d+$/.test(text) ? Number(text) : text) as Parameters<typeof durationMs>[1];
}
