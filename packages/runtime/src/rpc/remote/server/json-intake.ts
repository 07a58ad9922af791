import type { ReeveError } from "@reeve/contract";
import type { Transport } from "../../../transport/transport.ts";
import { Call } from "../../call.ts";
import type { CallRouter } from "../../call-router.ts";
import { parseJsonCall } from "../../wire/json-call.ts";
import { readJsonHeaders } from "../../wire/json-headers.ts";
import { malformed } from "../../wire/msgpack.ts";
import { bindingOf, keyed, type OriginPort } from "./call-origin.ts";
import type { CallerWatch } from "./caller-watch.ts";
import { callerPrincipal } from "./calling-process.ts";
import type { CallingProcesses } from "./calling-processes.ts";
import type { Endpoint, Entry } from "./endpoint.ts";
import type { MessageReader, ReceivedMessage } from "./intake.ts";
import { JsonCalls, type JsonRecord, jsonCallId } from "./json-calls.ts";
import { JsonIncomingCall } from "./json-incoming-call.ts";
import { JsonReply } from "./json-reply.ts";
import { refusal, takeOver, timeLeft } from "./received-call.ts";

export interface JsonIntakeOptions {
  readonly transport: Transport;
  readonly lost: (subject: string, error: unknown) => void;
  readonly origins: OriginPort;
  readonly router: CallRouter;
  readonly processes: CallingProcesses;
  readonly watch: Pick<CallerWatch, "began">;
}

/** Takes in calls that are plain JSON, as `nats req` sends them. Their metadata is in `Reeve-*` headers. */
export class JsonIntake implements MessageReader {
  readonly #options: JsonIntakeOptions;
  readonly #calls = new JsonCalls();

  constructor(options: JsonIntakeOptions) {
    this.#options = options;
  }

  /** @throws ReeveError `MALFORMED_FRAME` where the answer would go to somewhere that is no inbox */
  receive(received: ReceivedMessage): void {
    const { endpoint, entry, message, receivedAt } = received;
    const { reply: subject } = message;
    if (subject !== undefined && !subject.startsWith("_INBOX.")) throw malformed("its reply subject is no inbox");
    const reply = this.#reply(endpoint, subject);
    const id = jsonCallId(message);
    const earlier = id === undefined ? undefined : this.#calls.earlier(id);
    if (earlier) return repeat(earlier, reply, endpoint, entry);
    const record = id === undefined ? undefined : this.#calls.begin(id, entry.caller);
    try {
      this.#begin(received, reply, record);
    } catch (error) {
      const failure = reply.fail(error as ReeveError);
      // What was refused must not run later.
      if (record) record.state = reply.last!;
      entry.tally?.ended(receivedAt, failure);
    }
  }

  #reply({ manager, incarnation }: Endpoint, subject: string | undefined): JsonReply {
    const { address, epoch } = manager;
    const named = incarnation === undefined ? {} : { "Reeve-Incarnation": incarnation };
    const headers = { "Reeve-Address": address, ...named, "Reeve-Epoch": String(epoch) };
    return new JsonReply(this.#options.transport, subject, headers, this.#options.lost);
  }

  #begin(received: ReceivedMessage, reply: JsonReply, record: JsonRecord | undefined): void {
    const { transport, lost, router, origins, watch } = this.#options;
    const { endpoint, entry, message, receivedAt, takenAt } = received;
    const input = parseJsonCall(message.data);
    const { served } = entry;
    if (!served) throw endpoint.unservable(entry);
    const { timeoutMs = served.operation.timeoutMs, sentAt, heartbeats, meta } = readJsonHeaders(message.headers);
    const excessMs = this.#excess(received, sentAt);
    const leftMs = timeLeft(timeoutMs - excessMs, takenAt - receivedAt, endpoint, entry);
    const binding = bindingOf(meta, endpoint, entry, callerPrincipal(entry.caller), origins, input);
    const incoming = new JsonIncomingCall({
      ...{ transport, lost, endpoint, entry, reply, receivedAt, record, heartbeats },
    });
    const call = new Call(
      router,
      served,
      binding,
      input,
      leftMs,
      (value) => incoming.resolve(value),
      (error) => incoming.reject(error),
    );
    keyed(call, meta);
    call.startClock(receivedAt);
    incoming.began(call);
    if (heartbeats !== undefined) watch.began(incoming);
    takeOver(endpoint, call, takenAt);
  }

  /** What it spent on the way beyond the usual: of a process whose reply subjects differ in their last token only. */
  #excess({ entry, message, receivedAt }: ReceivedMessage, sentAt: number | undefined): number {
    const prefix = message.reply?.slice(0, message.reply.lastIndexOf("."));
    if (sentAt === undefined || prefix === undefined || prefix === "_INBOX") return 0;
    return this.#options.processes.get(`json ${entry.caller} ${prefix}`, entry.caller).clock.excess(sentAt, receivedAt);
  }
}

/** The same message once more. What still runs is answered when it has ended. */
function repeat({ state }: JsonRecord, reply: JsonReply, endpoint: Endpoint, entry: Entry): void {
  if (typeof state === "object") reply.repeat(state);
  else if (state === "forgotten")
    reply.fail(refusal("LINK_LOST", endpoint, entry, "it came before, and its answer is not remembered"));
}
