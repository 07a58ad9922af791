import type { Cause } from "../lifecycle/cause.ts";
import type { Transport } from "../transport/transport.ts";

/** Why attempts fail; credentials that are refused tell more than another server that is away. */
const weights = { "broker.unreachable": 1, "broker.refused": 2 } as const;

const isProblem = (kind: string): kind is keyof typeof weights => kind in weights;

/**
 * Whether there is a link, and why not. The message changes only where the kind of trouble does: attempts at several servers
 * fail in turn for ever, and each change is a line in every manager's log.
 */
export class LinkCondition {
  readonly #transport: Pick<Transport, "connected">;
  readonly #closers: readonly (() => void)[];
  #wasUp: boolean;
  #problem: { readonly kind: keyof typeof weights; readonly message: string } | undefined;

  constructor(transport: Pick<Transport, "connected" | "onLink" | "onAlarm">, onChanged: () => void) {
    this.#transport = transport;
    this.#wasUp = transport.connected;
    this.#closers = [
      transport.onLink((up) => {
        this.#problem = undefined;
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

  close(): void {
    for (const close of this.#closers) close();
  }
}
