import { systemClock } from "../base/clock.ts";
import { DeadlineWheel } from "../base/deadline-wheel.ts";
import { Disposers } from "../base/disposers.ts";
import { ulids } from "../base/ids.ts";
import { LoopTurn } from "../base/loop-turn.ts";
import { knownKeys, readName, requirePort } from "../config/index.ts";
import { LocalDirectory } from "../registry/local-directory.ts";
import { Caller } from "../rpc/caller/caller.ts";
import { Client } from "../rpc/caller/client.ts";
import { makeRef } from "../rpc/caller/ref.ts";
import { createLogging, type Logger, type Observer } from "../telemetry/index.ts";
import type { Transport } from "../transport/transport.ts";
import { logAlarms } from "./alarm-log.ts";
import { Fleet } from "./fleet.ts";
import { readObserver, transportPort } from "./supervisor-options.ts";

export interface ConnectOptions {
  readonly transport: Transport;
  /** First token of every subject. Default `reeve`. */
  readonly namespace?: string | undefined;
  /** Default: warnings and errors on stderr. */
  readonly log?: Logger | undefined;
  /** Sees the calls that are made here. Default: nobody does. */
  readonly observer?: Observer | undefined;
  /** Ends the wait for a broker that is not up yet; the transport is closed then. */
  readonly signal?: AbortSignal | undefined;
}

/** Of each thing that {@link Connection.close} closes. */
const closeTimeoutMs = 5_000;

/** A process that calls managers and hosts none. */
export interface Connection extends Pick<Caller, "ref" | "as">, AsyncDisposable {
  /** Ends what is outstanding and closes the transport: within seconds, whatever hangs. Idempotent. */
  close(): Promise<void>;
}

/**
 * Gives refs to a process where no manager lives: `(await connect({ transport: nats() })).ref(volumes)`. Resolves once
 * connected. It waits without end for a broker that is not up yet or refuses the credentials, which the log says; the
 * error after `signal` says it too.
 *
 * @throws ReeveError `INVALID_OPTION` naming the option; the signal's reason
 *
 * @example
 * ```ts
 * await using connection = await connect({ transport: inProcess().client({ caller: "web-1" }) });
 * const volume = connection.ref(volumes);
 * ```
 */
export async function connect(options: ConnectOptions): Promise<Connection> {
  knownKeys("connect", options, ["transport", "namespace", "log", "observer", "signal"]);
  const { transport, signal } = options;
  requirePort("connect: transport", transport, ...transportPort);
  if (options.log !== undefined) requirePort("connect: log", options.log, ["warn", "child"], "a Logger");
  const namespace = options.namespace === undefined ? "reeve" : readName("connect: namespace", options.namespace);
  const log = options.log ?? createLogging({ level: "warn" }).log;
  const clock = systemClock;
  const observing = readObserver("connect: observer", options.observer, clock, log);
  const wheel = new DeadlineWheel(clock);
  const turn = new LoopTurn(clock);
  const ids = ulids();
  const near = new LocalDirectory();
  const disposers = new Disposers(log, clock);
  const close = () => disposers.run(closeTimeoutMs);
  disposers.add("wheel", () => wheel.close());
  disposers.add("alarms", logAlarms(transport, log));
  disposers.add("transport", () => transport.close());
  try {
    await transport.connect(signal);
  } catch (error) {
    await close();
    throw error;
  }
  const { caller: host } = transport;
  const shared = { transport, namespace, clock, wheel, turn, ids, log, host, near };
  const fleet = new Fleet({ ...shared, random: Math.random, trustedForwarders: [] });
  disposers.add("fleet", () => fleet.close());
  const discover = (manager: string, major: number, waits: boolean) => fleet.discover(manager, major, waits);
  const client = new Client({
    ...{ clock, wheel, turn, ids, discover, observing },
    ...{ locals: fleet.targets, unknown: () => fleet.unknown() },
  });
  disposers.add("client", () => client.close());
  const root = new Caller((contract, origin) => makeRef(client, contract, origin), host);
  return {
    ref: (contract) => root.ref(contract),
    as: (principal) => root.as(principal),
    close,
    [Symbol.asyncDispose]: close,
  };
}
