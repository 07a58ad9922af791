import type { NatsConnection } from "@nats-io/transport-node";
import type { Denial } from "@reeve/runtime/transport";

/** A publish that is being tried. */
interface Published {
  readonly subject: string;
  refused: boolean;
}

/**
 * Tries rights with nothing at all: an empty message, a subscription that ends at once. What is refused is no denial. Several
 * may try the same at once.
 */
export class RightTrial {
  readonly #published = new Set<Published>();

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
    return right === "publish"
      ? this.#mayPublish(connection, subject, confirm)
      : maySubscribe(connection, subject, confirm);
  }

  /** The broker refuses a publish. Returns whether that was a trial. */
  refused(subject: string): boolean {
    const tried = [...this.#published].filter((one) => one.subject === subject);
    for (const one of tried) one.refused = true;
    return tried.length > 0;
  }

  async #mayPublish(connection: NatsConnection, subject: string, confirm: () => Promise<void>): Promise<boolean> {
    const published: Published = { subject, refused: false };
    this.#published.add(published);
    try {
      connection.publish(subject);
      await confirm();
      return !published.refused;
    } finally {
      this.#published.delete(published);
    }
  }
}

async function maySubscribe(
  connection: NatsConnection,
  subject: string,
  confirm: () => Promise<void>,
): Promise<boolean> {
  let refused = false;
  const callback = (error: Error | null) => {
    refused ||= error !== null;
  };
  const subscription = connection.subscribe(subject, { callback });
  try {
    await confirm();
    return !refused;
  } finally {
    if (!subscription.isClosed()) subscription.unsubscribe();
  }
}
