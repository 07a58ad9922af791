import { type NatsConnection, PermissionViolationError, type Status } from "@nats-io/transport-node";
import type { Clock } from "../../base/clock.ts";
import type { Alarms } from "../alarm.ts";
import type { NatsSettings } from "./options.ts";
import type { ServerPool } from "./server-pool.ts";

/** nats.js gives a ping the whole interval; the last is given this part of it, so that silence is noticed within 12 s of 5 s pings. */
const lastPingShare = 0.4;

export interface WatchOptions {
  readonly pool: ServerPool;
  readonly alarms: Alarms;
  readonly clock: Clock;
  readonly settings: Pick<NatsSettings, "pingIntervalMs" | "maxPingsOut">;
}

/** Tells when the connection is lost, and passes on what the broker says meanwhile. */
export function watch(connection: NatsConnection, options: WatchOptions, onLost: () => void): void {
  options.pool.learn(connection.info?.connect_urls ?? []);
  connection.closed().then(onLost, onLost);
  void follow(connection, options, onLost);
}

async function follow(connection: NatsConnection, options: WatchOptions, onLost: () => void): Promise<void> {
  const { pool, alarms, settings } = options;
  for await (const status of connection.status()) {
    switch (status.type) {
      case "disconnect":
      case "close":
      // nats.js now flushes before it closes, which a half-open socket with a full buffer never lets it.
      case "staleConnection":
        onLost();
        return;
      case "ping":
        if (status.pendingPings === settings.maxPingsOut) awaitLastPing(connection, options, onLost);
        break;
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

function awaitLastPing(connection: NatsConnection, { clock, settings }: WatchOptions, onLost: () => void): void {
  let silent = true;
  const heard = () => {
    silent = false;
    clock.clearTimeout(timer);
  };
  const timer = clock.setTimeout(() => {
    // After a blocked event loop the timer comes before what has arrived meanwhile: that is read first.
    setImmediate(() => {
      if (silent) onLost();
    });
  }, settings.pingIntervalMs * lastPingShare);
  // One that is closed meanwhile may throw.
  Promise.resolve()
    .then(() => connection.flush())
    .then(heard, heard);
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
