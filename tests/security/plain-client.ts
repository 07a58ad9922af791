import { connect, type NatsConnection, PermissionViolationError } from "@nats-io/transport-node";
import { onTestFinished } from "vitest";
import type { GuardedBroker } from "./guarded-broker.ts";

/** A client that keeps no rule but the broker's, with the login of one of its processes. */
export interface PlainClient {
  readonly connection: NatsConnection;
  /** Whether the broker lets it. */
  mayPublish(subject: string, data?: string | Uint8Array, reply?: string): Promise<boolean>;
  maySubscribe(subject: string): Promise<boolean>;
}

export async function plainClient(broker: GuardedBroker, caller: string): Promise<PlainClient> {
  const { servers, user, password: pass } = broker.login(caller);
  const connection = await connect({ servers, user, pass, inboxPrefix: `_INBOX.${caller}` });
  onTestFinished(() => connection.close());
  const denied = new Set<string>();
  void (async () => {
    for await (const status of connection.status())
      if (status.type === "error" && status.error instanceof PermissionViolationError) denied.add(status.error.subject);
  })();
  // A refusal comes before the answer to what was sent after it, and is told a few microtasks later.
  const answered = async () => {
    await connection.flush();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return {
    connection,
    async mayPublish(subject, data = "", reply) {
      denied.delete(subject);
      connection.publish(subject, data, reply === undefined ? {} : { reply });
      await answered();
      return !denied.has(subject);
    },
    async maySubscribe(pattern) {
      const [subject = "", queue] = pattern.split(" ");
      let refused = false;
      const callback = (error: Error | null) => {
        refused ||= error !== null;
      };
      const subscription = connection.subscribe(subject, { callback, ...(queue === undefined ? {} : { queue }) });
      await answered();
      if (!subscription.isClosed()) subscription.unsubscribe();
      return !refused;
    },
  };
}
