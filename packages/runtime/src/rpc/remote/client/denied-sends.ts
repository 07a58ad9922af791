import { type Outcome, type ReeveError, reeveError } from "@reeve/contract";
import type { Clock } from "../../../base/clock.ts";
import type { Transport } from "../../../transport/transport.ts";
import type { PendingCall } from "./pending-call.ts";

interface DeniedSendsOptions {
  readonly transport: Pick<Transport, "denials" | "flush" | "onLink">;
  readonly clock: Clock;
  /** Where this process gets its answers. */
  readonly inbox: string;
  /** The calls that have no answer yet. */
  pending(): readonly PendingCall[];
  /** What it was sent with last did not get through. */
  denied(pending: PendingCall, error: ReeveError): void;
}

interface Sent {
  /** Messages on this link. */
  count: number;
  /** The numbers of the last of them. */
  readonly batches: number[];
  refusals: number;
  /** When the broker refused one last. */
  refusedAt: number;
  judging: boolean;
}

/** A call that comes later than this after a refusal tries whether the broker permits it by now. */
const retryMs = 5_000;
/** Subjects and, of each, messages that are remembered. What is forgotten is told as `maybe-executed`. */
const mostSubjects = 16_384;
const mostBatches = 64;

/**
 * Ends the calls that the broker does not let through, or whose answers it would not let come, instead of leaving them to
 * their deadlines. The broker names the subject of a refused message, not the message; it refuses in order, so that those
 * refused are the last ones.
 *
 * | of the messages on this link for that subject | the last as many as were refused |
 * |---|---|
 * | all were refused | `not-executed` |
 * | some were | `maybe-executed`: rules may have changed in between |
 */
export class DeniedSends {
  readonly #options: DeniedSendsOptions;
  readonly #sent = new Map<string, Sent>();
  readonly #closers: readonly (() => void)[];

  constructor(options: DeniedSendsOptions) {
    const { transport, inbox } = options;
    this.#options = options;
    const { denials } = transport;
    this.#closers = denials
      ? [
          transport.onLink((up) => up && this.#sent.clear()),
          denials.onRefused(({ right, subject }) => {
            if (right === "publish") this.#refused(subject);
            else if (subject === inbox) this.#deaf();
          }),
        ]
      : [];
  }

  close(): void {
    for (const close of this.#closers) close();
  }

  /** Why nothing is sent there now. */
  refusal(subject: string): string | undefined {
    const { transport, inbox, clock } = this.#options;
    if (!transport.denials || transport.denials.size === 0) return undefined;
    if (transport.denials.has("subscribe", inbox)) return mayNot("subscribing", inbox);
    const sent = this.#sent.get(subject);
    const stands = sent && sent.refusals > 0 && clock.now() - sent.refusedAt < retryMs;
    return stands ? mayNot("publishing", subject) : undefined;
  }

  /** A message has left. */
  left(subject: string, batch: number): void {
    if (!this.#options.transport.denials) return;
    let sent = this.#sent.get(subject);
    if (!sent) {
      if (this.#sent.size >= mostSubjects) return;
      sent = { count: 0, batches: [], refusals: 0, refusedAt: Number.NEGATIVE_INFINITY, judging: false };
      this.#sent.set(subject, sent);
    }
    sent.count += 1;
    sent.batches.push(batch);
    if (sent.batches.length > mostBatches) sent.batches.shift();
  }

  #refused(subject: string): void {
    const sent = this.#sent.get(subject);
    if (!sent) return;
    sent.refusals += 1;
    sent.refusedAt = this.#options.clock.now();
    if (!sent.judging) void this.#judge(subject, sent);
  }

  async #judge(subject: string, sent: Sent): Promise<void> {
    sent.judging = true;
    // By then each refusal of what was sent before has come.
    await this.#options.transport.flush().catch(() => undefined);
    await new Promise((resolve) => setImmediate(resolve));
    sent.judging = false;
    // A link that was lost meanwhile is told of by itself.
    if (this.#sent.get(subject) !== sent) return;
    const all = sent.refusals >= sent.count;
    const refused = new Set(sent.batches.slice(-sent.refusals));
    const outcome = all ? "not-executed" : "maybe-executed";
    const why = mayNot("publishing", subject);
    for (const pending of this.#options.pending()) {
      if (pending.state.copies > 0 && refused.has(pending.batch) && pending.subject === subject)
        this.#options.denied(pending, notPermitted(pending, why, outcome));
    }
  }

  /** Answers cannot come: what was sent may run. */
  #deaf(): void {
    const why = mayNot("subscribing", this.#options.inbox);
    for (const pending of this.#options.pending()) {
      if (pending.state.copies > 0) this.#options.denied(pending, notPermitted(pending, why, "maybe-executed"));
    }
  }
}

function mayNot(doing: string, subject: string): string {
  return `the broker forbids ${doing} to ${subject}; allow it in the user's permissions`;
}

/** The broker does not let it, or its answer, through. */
export function notPermitted({ target, call }: PendingCall, why: string, outcome: Outcome): ReeveError {
  return reeveError("NOT_PERMITTED", `${target.key}: ${call.operation.name}: ${why}`, {
    outcome,
    address: target.address,
  });
}
