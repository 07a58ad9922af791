import { type NatsConnection, PermissionViolationError, type Status } from "@nats-io/transport-node";
import type { Alarms, Clock } from "@reeve/runtime/transport";
import type { NatsSettings } from "./options.ts";
import type { ServerPool } from "./server-pool.ts";

/** The last ping is given this part of the interval, so that silence is noticed within 12 s of 5 s pings. */
const lastPingShare = 0.4;

export interface WatchOptions {
  readonly pool: ServerPool;
  readonly alarms: Alarms;
  readonly clock: Clock;
  readonly settings: Pick<NatsSettings, "pingIntervalMs" | "maxPingsOut">;
  /** The broker forbids what was published there. */
  onPublishRefused(subject: string, cause: unknown): void;
  /** The broker has ended a subscription that it used to permit. */
  onRevoked(subscriptionId: number, cause: unknown): void;
}

/** Tells when the connection is lost, and passes on what the broker says meanwhile. */
export function watch(connection: NatsConnection, options: WatchOptions, onLost: () => void): void {
  options.pool.learn(connection.info?.connect_urls ?? []);
  connection.closed().then(onLost, onLost);
  void follow(connection, options, onLost);
}

/**
 * Counts pings in silence. Not only their answers break it, which may have to wait behind megabytes that are still to be read: a link that
 * brings messages is none that is lost.
 */
class Silence {
  readonly #connection: NatsConnection;
  #heardBytes = 0;
  #pings = 0;

  constructor(connection: NatsConnection) {
    this.#connection = connection;
  }

  /**
   * @param unanswered pings, this one included, as nats.js counts them
   * @returns how many were sent since something came, this one included
   */
  pinged(unanswered: number): number {
    if (this.broken() || unanswered === 1) this.#pings = 0;
    this.#pings += 1;
    return this.#pings;
  }

  /** Whether a message has come since it was last asked: the count begins anew. nats.js counts the bytes of messages alone. */
  broken(): boolean {
    const before = this.#heardBytes;
    this.#heardBytes = this.#connection.stats().inBytes;
    if (this.#heardBytes === before) return false;
    this.#pings = 0;
    return true;
  }
}

async function follow(connection: NatsConnection, options: WatchOptions, onLost: () => void): Promise<void> {
  const { pool, alarms, settings } = options;
  const silence = new Silence(connection);
  for await (const status of connection.status()) {
    switch (status.type) {
      case "disconnect":
      case "close":
      // nats.js now flushes before it closes, which a half-open socket with a full buffer never lets it.
      case "staleConnection":
        onLost();
        return;
      case "ping":
        if (silence.pinged(status.pendingPings) === settings.maxPingsOut)
          awaitLastPing(connection, silence, options, onLost);
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
        complain(status, options);
        break;
    }
  }
}

function awaitLastPing(
  connection: NatsConnection,
  silence: Silence,
  { clock, settings }: WatchOptions,
  onLost: () => void,
): void {
  let answered = false;
  const heard = () => {
    answered = true;
    clock.clearTimeout(timer);
  };
  const timer = clock.setTimeout(() => {
    // After a blocked event loop the timer comes before what has arrived meanwhile: that is read first.
    setImmediate(() => {
      if (!answered && !silence.broken()) onLost();
    });
  }, settings.pingIntervalMs * lastPingShare);
  // One that is closed meanwhile may throw.
  Promise.resolve()
    .then(() => connection.flush())
    .then(heard, heard);
}

function complain({ error: cause }: Extract<Status, { type: "error" }>, options: WatchOptions): void {
  if (!(cause instanceof PermissionViolationError)) {
    options.alarms.raise("broker.error", `The broker complains: ${cause.message}`, { cause });
  } else if (cause.operation === "publish") {
    options.onPublishRefused(cause.subject, cause);
  } else {
    // One that is forbidden is told by the subscription itself; of one that is revoked nats.js looks for the queue in the
    // message, where it is not, and tells nobody.
    const [, id] = /\(sid "(\d+)"\)/.exec(cause.message) ?? [];
    if (id !== undefined) options.onRevoked(Number(id), cause);
  }
}
