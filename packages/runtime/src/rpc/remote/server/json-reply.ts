import { type ReeveError, reeveError } from "@reeve/contract";
import type { Transport } from "../../../transport/transport.ts";
import type { Refused } from "../../wire/envelope.ts";
import { jsonAnswer, jsonError } from "../../wire/json-call.ts";
import { unsendableOutput } from "../unsendable.ts";
import type { JsonAnswer } from "./json-calls.ts";

/** Room for the longest headers of an answer. */
const headersBytes = 2_048;

/** Answers a call that came as plain JSON, as NATS services answer. */
export class JsonReply {
  readonly #transport: Transport;
  readonly #subject: string | undefined;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #lost: (subject: string, error: unknown) => void;
  #last: JsonAnswer | undefined;

  /** @param subject none for a call that wants no answer */
  constructor(
    transport: Transport,
    subject: string | undefined,
    headers: Readonly<Record<string, string>>,
    lost: (subject: string, error: unknown) => void,
  ) {
    this.#transport = transport;
    this.#subject = subject;
    this.#headers = headers;
    this.#lost = lost;
  }

  /** What was answered, as it went. */
  get last(): JsonAnswer | undefined {
    return this.#last;
  }

  /** The same that was answered before. */
  repeat({ body, headers }: JsonAnswer): void {
    this.#publish(body, headers);
  }

  /** Returns the error that went instead, where the answer could not. */
  succeed(value: unknown): ReeveError | undefined {
    let body: Uint8Array;
    try {
      body = jsonAnswer(value);
    } catch (cause) {
      return this.fail(reeveError("INVALID_OUTPUT", `the answer is no JSON: ${String(cause)}`, { cause }));
    }
    if (body.length > this.#limitBytes) {
      return this.fail(unsendableOutput("the answer", { bytes: body.length }, this.#limitBytes));
    }
    this.#publish(body, this.#headers);
    return undefined;
  }

  /** Returns the error that went: where it could not travel, what went in its place says as much of what was done. */
  fail(error: ReeveError): ReeveError {
    const refused = this.#tryFail(error);
    if (refused === undefined) return error;
    const instead = unsendableOutput(`its error ${error.reason}`, refused, this.#limitBytes, error.outcome);
    this.#tryFail(instead);
    return instead;
  }

  /** Returns why it cannot travel where it cannot. */
  #tryFail(error: ReeveError): Exclude<Refused, "full"> | undefined {
    let answer: ReturnType<typeof jsonError>;
    try {
      answer = jsonError(error);
    } catch (cause) {
      return { problem: String(cause) };
    }
    const { body, headers } = answer;
    if (body.length > this.#limitBytes) return { bytes: body.length };
    this.#publish(body, { ...this.#headers, ...headers });
    return undefined;
  }

  /** What headers take beside the body is kept free. */
  get #limitBytes(): number {
    return this.#transport.maxPayloadBytes - headersBytes;
  }

  #publish(body: Uint8Array, headers: Readonly<Record<string, string>>): void {
    this.#last = { body, headers };
    if (this.#subject === undefined) return;
    try {
      this.#transport.publish(this.#subject, body, { headers });
    } catch (error) {
      this.#lost(this.#subject, error);
    }
  }
}
