import { type Duration, reeveError } from "@reeve/contract";
import { type Clock, systemClock } from "../base/clock.ts";
import type { Random } from "../base/random.ts";
import { knownKeys, readDuration, readInteger, readName, requirePort, shown } from "../config/index.ts";
import type { Inspector } from "../inspection/index.ts";
import { type GuardedObserver, guarded, type XStateObserver } from "../lifecycle/xstate-observer.ts";
import type { StoreBackend } from "../store/index.ts";
import {
  createLogging,
  keepingLines,
  type Logger,
  type Logging,
  type LoggingOptions,
  type LogLevel,
  type Observer,
  Observing,
  RecentLines,
} from "../telemetry/index.ts";
import { anonymous } from "../transport/anonymous.ts";
import { inProcess } from "../transport/in-process/index.ts";
import type { Transport } from "../transport/transport.ts";
import { defaultStore } from "./default-store.ts";
import { type RemoteOperators, readRemoteOperators } from "./host/remote-operators.ts";

export interface RestartOptions {
  /** Restarts of one manager within `within`; one more, and the supervisor stops everything. 0: never restart. Default 5. */
  readonly maxRestarts?: number | undefined;
  /** Default `"60s"`. */
  readonly within?: Duration | undefined;
  /** Wait before the first restart; it doubles, with jitter. Default `"100ms"`. */
  readonly initialBackoff?: Duration | undefined;
  /** No wait is longer. Default `"10s"`. */
  readonly maxBackoff?: Duration | undefined;
}

export interface SupervisorOptions {
  /** This process's name: letters, digits, `-` and `_`. Part of every address. */
  readonly host: string;
  /**
   * The cluster this host belongs to: hosts that share store and backends, and finish each other's work. Its managers can be
   * called at the cluster's address as well, `rack-a@ssd`. No host may have its name. Default: none.
   */
  readonly cluster?: string | undefined;
  /** How processes reach each other: as this host, where the transport was given no caller. Default: within this process only. */
  readonly transport?: Transport | undefined;
  /** Where the managers' tables are. Default: the SQLite file `<host>.sqlite` in the working directory. */
  readonly store?: StoreBackend | undefined;
  /** First token of every subject. Default `reeve`. */
  readonly namespace?: string | undefined;
  /**
   * Callers, as the broker names them, whose word on whose behalf they call is taken: gateways, and the hosts of this
   * deployment, so that a handler that calls on is believed to do so for its own caller. A `*` at the end stands for any
   * rest: `["block-*", "sched-*"]`; alone it is everybody with a name. What others say is refused with `NOT_PERMITTED`.
   * Default: none.
   */
  readonly trustedForwarders?: readonly string[] | undefined;
  /**
   * A logger, what `createLogging` made, or how to make one. Logging of one's own is reopened at SIGHUP and not closed.
   * Default: JSON lines on stderr from level `info`.
   */
  readonly log?: Logger | Logging | LoggingOptions | undefined;
  readonly restart?: RestartOptions | undefined;
  /** How long a stop may take in all. Default `"60s"`. */
  readonly stopTimeout?: Duration | undefined;
  /** Between two capability messages. Default `"10s"`. */
  readonly capabilityInterval?: Duration | undefined;
  /** Threads of the worker pool. Default: as many as there are processors. */
  readonly maxThreads?: number | undefined;
  /** Shows what runs here: `inspector()` of `@reeve/inspector`. Default: nothing is shown. */
  readonly inspector?: Inspector | undefined;
  /**
   * Sees the managers' actors as XState 5 tells of them, `@xstate.actor`, `@xstate.event` and `@xstate.snapshot`: a function or an
   * observer, as XState's own `createActor(logic, { inspect })` takes it. A call is an event of its operation's name, `volume.create`;
   * what a schema marks as secret is redacted, and no configuration is shown. One that throws or rejects is warned of once and
   * harms nobody. Each call costs what inspection costs, several times its own. Default: nobody sees them, and that costs nothing.
   *
   * @example
   * ```ts
   * import { createWebSocketInspector } from "@statelyai/inspect";
   *
   * const { inspect } = createWebSocketInspector({ url: "ws://127.0.0.1:8080" });
   * const supervisor = createSupervisor({ host: "block-01", inspect });
   * ```
   */
  readonly inspect?: XStateObserver | undefined;
  /**
   * Whether callers of other processes may operate this host through the `host` contract: `true`, or the roles that they may act
   * by; their roles are believed from `trustedForwarders` only. Without it they may look, with the role `viewer`, and neither act
   * nor read the payloads of messages or the log. Default: `true` where there is an `inspector`, else `false`.
   */
  readonly remoteOperators?: RemoteOperators | undefined;
  /**
   * It is known that the broker lets every client act as any other, as on a machine of one's own: nothing is said of it at
   * start. Default `false`: it is tried, and the log warns once.
   */
  readonly openBroker?: boolean | undefined;
  /** Sees the calls that are made and run here, calls into drivers, transactions and journalled work. Default: nobody does, and nothing is made for it. */
  readonly observer?: Observer | undefined;
  /** For tests. */
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
}

export interface CompiledSupervisorOptions {
  readonly host: string;
  readonly cluster: string | undefined;
  readonly transport: Transport;
  /** The transport ends at this process. */
  readonly alone: boolean;
  readonly trustedForwarders: readonly string[];
  readonly store: StoreBackend;
  readonly namespace: string;
  readonly log: Logger;
  /** What `log` wrote lately; undefined where the host was given a logger that tells nobody. */
  readonly recentLines: RecentLines | undefined;
  /** Flushes the log when the supervisor made it itself. */
  readonly closeLog: () => Promise<void>;
  /** Opens a log file by its name again. */
  readonly reopenLog: () => void;
  readonly maxRestarts: number;
  readonly withinMs: number;
  readonly initialBackoffMs: number;
  readonly maxBackoffMs: number;
  readonly stopTimeoutMs: number;
  readonly capabilityIntervalMs: number;
  readonly maxThreads: number | undefined;
  readonly inspector: Inspector | undefined;
  readonly inspect: GuardedObserver | undefined;
  /** The roles that other processes may act by; none where they may not. */
  readonly remoteOperators: readonly string[];
  /** Whose log level can be set; undefined where the host was given a logger. */
  readonly levelled: { level: LogLevel } | undefined;
  readonly openBroker: boolean;
  readonly observing: Observing | undefined;
  readonly clock: Clock;
  readonly random: Random;
}

const optionNames = [
  "host",
  "cluster",
  "transport",
  "store",
  "namespace",
  "trustedForwarders",
  "log",
  "restart",
  "stopTimeout",
  "capabilityInterval",
  "maxThreads",
  "inspector",
  "inspect",
  "remoteOperators",
  "openBroker",
  "observer",
  "clock",
  "random",
];
const restartNames = ["maxRestarts", "within", "initialBackoff", "maxBackoff"];

/** What a transport is known by, and what to give. */
export const transportPort = [
  ["connect", "publish", "subscribe", "onLink", "onAlarm"],
  "the result of nats() or inProcess().client()",
] as const;

const logNames = ["level", "destination", "bindings", "clock"];
/** By option: what its port is known by, and what to give. */
const ports = {
  transport: transportPort,
  store: [["open"], "the result of sqlite()"],
  inspector: [["attach"], "the result of inspector()"],
  clock: [["now", "wallNow", "setTimeout", "clearTimeout"], "a Clock"],
} as const;

/** @throws ReeveError `INVALID_OPTION` naming the option and the value */
export function compileSupervisorOptions(options: SupervisorOptions): CompiledSupervisorOptions {
  knownKeys("createSupervisor", options, optionNames);
  for (const name of ["transport", "store", "inspector", "clock"] as const) {
    const [methods, advice] = ports[name];
    if (options[name] !== undefined) requirePort(`createSupervisor: ${name}`, options[name], methods, advice);
  }
  if (options.random !== undefined && typeof options.random !== "function")
    throw reeveError("INVALID_OPTION", `createSupervisor: random: expected a function, got ${shown(options.random)}`);
  const host = readName("createSupervisor: host", options.host);
  const restart = options.restart ?? {};
  knownKeys("createSupervisor: restart", restart, restartNames);
  const clock = options.clock ?? systemClock;
  const cluster = options.cluster === undefined ? undefined : readName("createSupervisor: cluster", options.cluster);
  if (cluster === host)
    throw reeveError(
      "INVALID_OPTION",
      `createSupervisor: cluster: expected another name than the host's, got ${shown(cluster)}`,
    );
  const transport = options.transport ?? inProcess().client({ caller: host });
  transport.callAs?.(host);
  if (transport.caller === anonymous) throw anonymousSupervisor();
  const opened = openLog(options.log, { host, ...(cluster === undefined ? {} : { cluster }) });
  const recent = new RecentLines();
  const kept = keepingLines(opened.log, recent);
  const log = kept ?? opened.log;
  return {
    host,
    cluster,
    alone: options.transport === undefined,
    trustedForwarders: readForwarders("createSupervisor: trustedForwarders", options.trustedForwarders ?? []),
    transport,
    store: options.store ?? defaultStore(host),
    namespace: options.namespace === undefined ? "reeve" : readName("createSupervisor: namespace", options.namespace),
    ...opened,
    log,
    recentLines: kept && recent,
    remoteOperators: readRemoteOperators(
      "createSupervisor: remoteOperators",
      options.remoteOperators,
      options.inspector !== undefined,
    ),
    maxRestarts: readInteger("createSupervisor: restart.maxRestarts", restart.maxRestarts, 5, { min: 0 }),
    withinMs: readDuration("createSupervisor: restart.within", restart.within, "60s", { minMs: 1 }),
    initialBackoffMs: readDuration("createSupervisor: restart.initialBackoff", restart.initialBackoff, "100ms"),
    maxBackoffMs: readDuration("createSupervisor: restart.maxBackoff", restart.maxBackoff, "10s"),
    stopTimeoutMs: readDuration("createSupervisor: stopTimeout", options.stopTimeout, "60s", { minMs: 1 }),
    capabilityIntervalMs: readDuration("createSupervisor: capabilityInterval", options.capabilityInterval, "10s", {
      minMs: 1,
    }),
    maxThreads:
      options.maxThreads === undefined ? undefined : readInteger("createSupervisor: maxThreads", options.maxThreads, 1),
    inspector: options.inspector,
    inspect: readXStateObserver("createSupervisor: inspect", options.inspect, log),
    openBroker: readSwitch("createSupervisor: openBroker", options.openBroker),
    observing: readObserver("createSupervisor: observer", options.observer, clock, log),
    clock,
    random: options.random ?? Math.random,
  };
}

const observerMethods = ["call", "run", "driverCall", "transaction", "work"] as const;

/** @throws ReeveError `INVALID_OPTION` naming the method */
export function readObserver(
  field: string,
  given: Observer | undefined,
  clock: Clock,
  log: Logger,
): Observing | undefined {
  if (given === undefined) return undefined;
  if (typeof given !== "object" || given === null)
    throw reeveError(
      "INVALID_OPTION",
      `${field}: expected an object with some of ${observerMethods.join(", ")}, got ${shown(given)}`,
    );
  for (const name of observerMethods) {
    if (given[name] !== undefined && typeof given[name] !== "function")
      throw reeveError("INVALID_OPTION", `${field}.${name}: expected a function, got ${shown(given[name])}`);
  }
  return new Observing(given, clock, log);
}

/** Its faults are warned of once. */
function readXStateObserver(field: string, given: unknown, log: Logger): GuardedObserver | undefined {
  if (given === undefined) return undefined;
  const next = typeof given === "object" ? (given as { readonly next?: unknown } | null)?.next : given;
  if (typeof next !== "function")
    throw reeveError("INVALID_OPTION", `${field}: expected a function or an object with next, got ${shown(given)}`);
  let warned = false;
  return guarded(given as XStateObserver, (err) => {
    if (!warned) log.warn({ err }, "the observer given as `inspect` threw; further faults of it are not logged");
    warned = true;
  });
}

function readSwitch(field: string, value: unknown): boolean {
  if (value === undefined || typeof value === "boolean") return value ?? false;
  throw reeveError("INVALID_OPTION", `${field}: expected true or false, got ${shown(value)}`);
}

function readForwarders(field: string, entries: unknown): readonly string[] {
  if (!Array.isArray(entries))
    throw reeveError("INVALID_OPTION", `${field}: expected an array of names, got ${shown(entries)}`);
  return entries.map((entry) => readForwarder(field, entry));
}

/** A name, or its beginning and a `*`. */
function readForwarder(field: string, entry: unknown): string {
  const refuse = (why: string): never => {
    throw reeveError("INVALID_OPTION", `${field}: ${shown(entry)}: ${why}`);
  };
  if (entry === anonymous) throw anybody(field);
  if (typeof entry !== "string" || !entry.includes("*")) return readName(field, entry);
  if (entry === "*") return entry;
  if (entry.indexOf("*") < entry.length - 1) refuse('expected "*" at the end only, as in "block-*"');
  readName(field, entry.slice(0, -1));
  return entry;
}

function anybody(field: string): Error {
  const message = `${field}: "${anonymous}" is every process that gives no name; name the processes that may speak for others`;
  return reeveError("INVALID_OPTION", message);
}

function anonymousSupervisor(): Error {
  const message = `createSupervisor: transport: its caller is "${anonymous}", under which nobody announces managers; leave the caller out, or name it after the host`;
  return reeveError("INVALID_OPTION", message);
}

function openLog(
  given: SupervisorOptions["log"],
  bindings: object,
): Pick<CompiledSupervisorOptions, "log" | "closeLog" | "reopenLog" | "levelled"> {
  const leave = async () => {};
  if (isLogger(given)) return { log: given.child(bindings), closeLog: leave, reopenLog: () => {}, levelled: undefined };
  if (isLogging(given))
    return { log: given.log.child(bindings), closeLog: leave, reopenLog: () => given.reopen(), levelled: given };
  knownKeys("createSupervisor: log", given ?? {}, logNames);
  const logging = createLogging({ ...given, bindings: { ...given?.bindings, ...bindings } });
  const { log } = logging;
  return { log, closeLog: () => logging.close(), reopenLog: () => logging.reopen(), levelled: logging };
}

function isLogger(given: SupervisorOptions["log"]): given is Logger {
  return typeof given === "object" && given !== null && "child" in given;
}

function isLogging(given: SupervisorOptions["log"]): given is Logging {
  return typeof given === "object" && given !== null && "reopen" in given;
}
