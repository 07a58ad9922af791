import type { Duration } from "@reeve/contract";
import { type Clock, systemClock } from "../base/clock.ts";
import type { Random } from "../base/random.ts";
import { knownKeys, readDuration, readInteger, readName } from "../config/index.ts";
import type { Inspector } from "../inspection/index.ts";
import type { StoreBackend } from "../store/index.ts";
import { sqlite } from "../store/sqlite/index.ts";
import { createLogging, type Logger, type LoggingOptions } from "../telemetry/index.ts";
import { inProcess } from "../transport/in-process/index.ts";
import type { Transport } from "../transport/transport.ts";

export interface RestartOptions {
  /** Restarts of one manager within `within`; one more, and the supervisor stops everything. 0: never restart. Default 5. */
  readonly maxRestarts?: number;
  /** Default `"60s"`. */
  readonly within?: Duration;
  /** Wait before the first restart; it doubles, with jitter. Default `"100ms"`. */
  readonly initialBackoff?: Duration;
  /** No wait is longer. Default `"10s"`. */
  readonly maxBackoff?: Duration;
}

export interface SupervisorOptions {
  /** This process's name: letters, digits, `-` and `_`. Part of every address. */
  readonly host: string;
  /** The cluster this host belongs to. Default: none. */
  readonly cluster?: string | undefined;
  /** How processes reach each other. Default: within this process only. */
  readonly transport?: Transport | undefined;
  /** Where the managers' tables are. Default: the SQLite file `<host>.sqlite` in the working directory. */
  readonly store?: StoreBackend | undefined;
  /** First token of every subject. Default `reeve`. */
  readonly namespace?: string | undefined;
  /** Callers, as the broker names them, whose word on whose behalf they call is taken: gateways. Default: none. */
  readonly trustedForwarders?: readonly string[] | undefined;
  /** A logger, or how to make one. Default: JSON lines on stderr from level `info`. */
  readonly log?: Logger | LoggingOptions | undefined;
  readonly restart?: RestartOptions | undefined;
  /** How long a stop may take in all. Default `"60s"`. */
  readonly stopTimeout?: Duration | undefined;
  /** Between two capability messages. Default `"10s"`. */
  readonly capabilityInterval?: Duration | undefined;
  /** Threads of the worker pool. Default: as many as there are processors. */
  readonly maxThreads?: number | undefined;
  /** Shows what runs here: `inspector()` of `@reeve/inspector`. Default: nothing is shown. */
  readonly inspector?: Inspector | undefined;
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
  /** Flushes the log when the supervisor made it itself. */
  readonly closeLog: () => Promise<void>;
  readonly maxRestarts: number;
  readonly withinMs: number;
  readonly initialBackoffMs: number;
  readonly maxBackoffMs: number;
  readonly stopTimeoutMs: number;
  readonly capabilityIntervalMs: number;
  readonly maxThreads: number | undefined;
  readonly inspector: Inspector | undefined;
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
  "clock",
  "random",
];
const restartNames = ["maxRestarts", "within", "initialBackoff", "maxBackoff"];

/** @throws ReeveError `INVALID_OPTION` naming the option and the value */
export function compileSupervisorOptions(options: SupervisorOptions): CompiledSupervisorOptions {
  knownKeys("createSupervisor", options, optionNames);
  const host = readName("createSupervisor: host", options.host);
  const restart = options.restart ?? {};
  knownKeys("createSupervisor: restart", restart, restartNames);
  const clock = options.clock ?? systemClock;
  const cluster = options.cluster === undefined ? undefined : readName("createSupervisor: cluster", options.cluster);
  const { log, close } = openLog(options.log, { host, ...(cluster === undefined ? {} : { cluster }) });
  return {
    host,
    cluster,
    alone: options.transport === undefined,
    trustedForwarders: (options.trustedForwarders ?? []).map((caller) =>
      readName("createSupervisor: trustedForwarders", caller),
    ),
    transport: options.transport ?? inProcess().client({ caller: host }),
    store: options.store ?? sqlite({ path: `${host}.sqlite` }),
    namespace: options.namespace === undefined ? "reeve" : readName("createSupervisor: namespace", options.namespace),
    log,
    closeLog: close,
    maxRestarts: readInteger("restart.maxRestarts", restart.maxRestarts, 5, { min: 0 }),
    withinMs: readDuration("restart.within", restart.within, "60s", { minMs: 1 }),
    initialBackoffMs: readDuration("restart.initialBackoff", restart.initialBackoff, "100ms"),
    maxBackoffMs: readDuration("restart.maxBackoff", restart.maxBackoff, "10s"),
    stopTimeoutMs: readDuration("createSupervisor: stopTimeout", options.stopTimeout, "60s", { minMs: 1 }),
    capabilityIntervalMs: readDuration("createSupervisor: capabilityInterval", options.capabilityInterval, "10s", {
      minMs: 1,
    }),
    maxThreads:
      options.maxThreads === undefined ? undefined : readInteger("createSupervisor: maxThreads", options.maxThreads, 1),
    inspector: options.inspector,
    clock,
    random: options.random ?? Math.random,
  };
}

function openLog(
  given: Logger | LoggingOptions | undefined,
  bindings: object,
): { log: Logger; close: () => Promise<void> } {
  if (given && "child" in given) return { log: given.child(bindings), close: async () => {} };
  const logging = createLogging({ ...given, bindings: { ...given?.bindings, ...bindings } });
  return { log: logging.log, close: () => logging.close() };
}
