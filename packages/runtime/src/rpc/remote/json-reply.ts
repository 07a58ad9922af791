import { type ReeveError, reeveError } from "@reeve/contract";
import type { Transport } from "../../transport/transport.ts";
import { jsonAnswer, jsonError } from "../wire/json-call.ts";

/** Answers a call that came as plain JSON, as NATS services answer. */
export class JsonReply {
  readonly #transport: Transport;
  readonly #subject: string | undefined;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #lost: (subject: string, error: unknown) => void;

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

  /** Returns the error that went instead, where the answer could not. */
  succeed(value: unknown): ReeveError | undefined {
    let body: Uint8Array;
    try {
      body = jsonAnswer(value);
    } catch (cause) {
      return this.fail(reeveError("INVALID_OUTPUT", `the answer is no JSON: ${String(cause)}`, { cause }));
    }
    const limitBytes = this.#transport.maxPayloadBytes - 1_024;
    if (body.length <= limitBytes) {
      this.#publish(body, this.#headers);
      return undefined;
    }
    const message = `the answer of ${body.length} bytes exceeds the transport's ${limitBytes}`;
    return this.fail(
      reeveError("PAYLOAD_TOO_LARGE", message, { outcome: "executed", data: { bytes: body.length, limitBytes } }),
    );
  }

  fail(error: ReeveError): ReeveError {
    const { body, headers } = jsonError(error);
    this.#publish(body, { ...this.#headers, ...headers });
    return error;
  }

  #publish(body: Uint8Array, headers: Readonly<Record<string, string>>): void {
    if (this.#subject === undefined) return;
    try {
      this.#transport.publish(this.#subject, body, { headers });
    } catch (error) {
      this.#lost(this.#subject, error);
    }
  }
}
