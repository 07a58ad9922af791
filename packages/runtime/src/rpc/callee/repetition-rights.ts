import { type ReeveError, reeveError } from "@reeve/contract";
import { ownCopy } from "../copy-shared.ts";
import type { ReceivedCall } from "./received-call.ts";
import type { Served, Validated } from "./served.ts";
import { Unrun } from "./unrun.ts";

/** The service that the calls came to. */
interface RepetitionPort {
  /** @throws Unrun where the manager does not allow it, or what it acknowledges cannot be dropped */
  requireRepeatable(call: ReceivedCall, offered: Served): Promise<void>;
  invalid(offered: Served, issues: NonNullable<Validated["issues"]>): ReeveError;
  unrun(call: ReceivedCall, error: ReeveError, elsewhere: boolean): void;
  /** The schema threw. */
  broken(call: ReceivedCall, thrown: unknown): void;
  /** It may join now. */
  take(call: ReceivedCall): void;
}

/**
 * Asks the manager about calls that only repeat an earlier one: they join it and never come to the runner, and somebody's right
 * may have ended since the first ran. What such a call acknowledges is dropped before it joins. Nothing runs because of them, so there is no order to keep, and no lane is held.
 */
export class RepetitionRights {
  readonly #key: string;
  readonly #most: number;
  readonly #port: RepetitionPort;
  readonly #allowed = new WeakSet<ReceivedCall>();
  #asking = 0;

  /** @param most that are asked about at once; more are refused */
  constructor(key: string, most: number, port: RepetitionPort) {
    this.#key = key;
    this.#most = most;
    this.#port = port;
  }

  allows(call: ReceivedCall): boolean {
    return this.#allowed.has(call);
  }

  async ask(call: ReceivedCall, offered: Served): Promise<void> {
    const port = this.#port;
    if (this.#asking >= this.#most) return port.unrun(call, this.#full(), true);
    this.#asking++;
    try {
      const parsed = await offered.input.validate(call.input);
      if (parsed.issues) throw new Unrun(port.invalid(offered, parsed.issues), false);
      call.parsed = ownCopy(parsed.value, call.input, offered.flatInput);
      await port.requireRepeatable(call, offered);
    } catch (thrown) {
      if (thrown instanceof Unrun) port.unrun(call, thrown.error, thrown.elsewhere);
      else port.broken(call, thrown);
      return;
    } finally {
      this.#asking--;
    }
    this.#allowed.add(call);
    if (!call.settled) port.take(call);
  }

  #full(): ReeveError {
    const queued = this.#asking;
    return reeveError("MAILBOX_FULL", `${this.#key} has ${queued} repeated calls to decide on; try again later`, {
      data: { queued, retryAfterMs: 100 },
      // What it repeats may run: nobody else may be asked for the same.
      outcome: "maybe-executed",
    });
  }
}
