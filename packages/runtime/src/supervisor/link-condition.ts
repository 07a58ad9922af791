import type { Clock } from "../base/clock.ts";
import type { Cause } from "../lifecycle/cause.ts";
import type { Transport } from "../transport/transport.ts";

/** Why attempts fail; credentials that are refused tell more than another server that is away. */
const weights = { "broker.unreachable": 1, "broker.refused": 2 } as const;

const isProblem = (kind: string): kind is keyof typeof weights => kind in weights;

/** The link to the broker, for people. */
export interface LinkView {
  readonly up: boolean;
  /** Since when it is up, or is not; in milliseconds since 1970. */
  readonly since: number;
  /** How often it was lost and came back. */
  readonly reconnects: number;
  /** Why it is not up; undefined while it is. */
  readonly cause: Cause | undefined;
}

/**
 * Whether there is a link, and why not. The message changes only where the kind of trouble does: attempts at several servers
 * fail in turn for ever, and each change is a line in every manager's log.
 */
export class LinkCondition {
  readonly #transport: Pick<Transport, "connected">;
  readonly #closers: readonly (() => void)[];
  readonly #clock: Pick<Clock, "wallNow">;
  #wasUp: boolean;
  #since: number;
  #reconnects = 0;
  #problem: { readonly kind: keyof typeof weights; readonly message: string } | undefined;

  constructor(
    transport: Pick<Transport, "connected" | "onLink" | "onAlarm">,
    clock: Pick<Clock, "wallNow">,
    onChanged: () => void,
  ) {
    this.#transport = transport;
    this.#clock = clock;
    this.#wasUp = transport.connected;
    this.#since = clock.wallNow();
    this.#closers = [
      transport.onLink((up) => {
        this.#problem = undefined;
        this.#since = this.#clock.wallNow();
        if (up && this.#wasUp) this.#reconnects += 1;
        this.#wasUp ||= up;
        onChanged();
      }),
      transport.onAlarm(({ kind, message }) => {
        if (transport.connected || !isProblem(kind)) return;
        if (this.#problem && weights[this.#problem.kind] >= weights[kind]) return;
        this.#problem = { kind, message };
        onChanged();
      }),
    ];
  }

  get cause(): Cause | undefined {
    if (this.#transport.connected) return undefined;
    const what = this.#wasUp ? "the link to the broker is down" : "there was no link to the broker yet";
    return { reason: "LINK_LOST", message: this.#problem ? `${what}: ${this.#problem.message}` : what };
  }

  get view(): LinkView {
    const { connected } = this.#transport;
    return { up: connected, since: this.#since, reconnects: this.#reconnects, cause: this.cause };
  }

  close(): void {
    for (const close of this.#closers) close();
  }
}
