import type { NatsConnection } from "@nats-io/transport-node";
import type { Denial } from "@reeve/runtime/transport";

/** Tries rights with nothing at all: an empty message, a subscription that ends at once. What is refused is no denial. */
export class RightTrial {
  /** Subjects whose publishing is being tried, and whether it was refused. */
  readonly #published = new Map<string, boolean>();

  /**
   * Whether the broker permits it.
   *
   * @param confirm resolves when the broker has said what it has to say of all that was sent before
   * @throws ReeveError as `confirm` does
   */
  async permits(
    connection: NatsConnection,
    { right, subject }: Denial,
    confirm: () => Promise<void>,
  ): Promise<boolean> {
    if (right === "publish") {
      this.#published.set(subject, false);
      try {
        connection.publish(subject);
        await confirm();
        return this.#published.get(subject) === false;
      } finally {
        this.#published.delete(subject);
      }
    }
    let refused = false;
    const subscription = connection.subscribe(subject, {
      callback: (error) => {
        refused ||= error !== null;
      },
    });
    try {
      await confirm();
      return !refused;
    } finally {
      if (!subscription.isClosed()) subscription.unsubscribe();
    }
  }

  /** The broker refuses a publish. Returns whether that was a trial. */
  refused(subject: string): boolean {
    if (!this.#published.has(subject)) return false;
    this.#published.set(subject, true);
    return true;
  }
}
