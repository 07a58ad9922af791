import { type NatsConnection, PermissionViolationError, type Status } from "@nats-io/transport-node";
import type { Alarms } from "../alarm.ts";
import type { ServerPool } from "./server-pool.ts";

/** Tells once when the connection is lost, and passes on what the broker says meanwhile. */
export function watch(connection: NatsConnection, pool: ServerPool, alarms: Alarms, onLost: () => void): void {
  pool.learn(connection.info?.connect_urls ?? []);
  connection.closed().then(onLost, onLost);
  void follow(connection, pool, alarms, onLost);
}

async function follow(connection: NatsConnection, pool: ServerPool, alarms: Alarms, onLost: () => void): Promise<void> {
  for await (const status of connection.status()) {
    switch (status.type) {
      case "disconnect":
      case "close":
      // nats.js now flushes before it closes, which a half-open socket with a full buffer never lets it.
      case "staleConnection":
        onLost();
        return;
      case "update":
        pool.learn(connection.info?.connect_urls ?? []);
        break;
      case "ldm":
        alarms.raise(
          "broker.leaving",
          `The broker ${status.server} is shutting down and will cut the link; another is looked for then`,
        );
        break;
      case "error":
        complain(status, alarms);
        break;
    }
  }
}

function complain({ error: cause }: Extract<Status, { type: "error" }>, alarms: Alarms): void {
  if (!(cause instanceof PermissionViolationError)) {
    alarms.raise("broker.error", `The broker complains: ${cause.message}`, { cause });
  } else if (cause.operation === "publish") {
    const { subject } = cause;
    alarms.raise("publish.denied", `The broker forbids publishing to ${subject}; allow it in the user's permissions`, {
      subject,
      cause,
    });
  }
  // A forbidden subscription is told by the subscription itself.
}
