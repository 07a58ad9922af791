import { type Input, reeveError, type Schema } from "@reeve/contract";
import type { AnyDriverPort, Driver } from "@reeve/driver-sdk";
import { requireDriverOf } from "@reeve/driver-sdk/internal";
import { type ConfigSource, formatAddress, knownKeys, type LastGood, readName, shown } from "../config/index.ts";
import { isDefinition, type ManagerDefinition } from "./definition.ts";
import type { DriverSource } from "./driver-source.ts";
import { compileLimits, type ManagerLimits } from "./limits.ts";

/** What is decided where a manager is spawned, not where it is written. */
export interface SpawnOptions<P extends AnyDriverPort = any, Conf extends Schema = any> {
  /** Distinguishes managers of one kind on one host; part of the address: `host@backend`. */
  readonly backend?: string | undefined;
  /** `false` keeps the manager out of its host's cluster: its backend is the host's own. Default: it is a member where its host is in one. */
  readonly cluster?: false | undefined;
  /**
   * The driver, or a function that makes it: asked when the manager starts and again at each reset. Calls that run then finish
   * on the driver they began on; one that cannot be made or set up leaves the old one serving.
   *
   * @example
   * ```ts
   * supervisor.spawn(volumeManager, { driver: () => fileVolumes(JSON.parse(readFileSync("ssd.json", "utf8"))) });
   * ```
   */
  readonly driver?: DriverSource<P> | undefined;
  /** The configuration, or a function that is asked again at each reset. */
  readonly config?: ConfigSource<Input<Conf>> | undefined;
  /** Default, each: what the definition says. */
  readonly limits?: ManagerLimits | undefined;
}

/** What a host gives to the addresses of its managers. */
export interface HostNames {
  readonly host: string;
  /** Undefined where the host is in none. */
  readonly cluster: string | undefined;
}

/** One manager to run, checked. */
export interface ManagerSpec {
  /** With the limits given at spawn in the place of its own. */
  readonly definition: ManagerDefinition;
  readonly address: string;
  /** The address that the members of its cluster share, `rack-a@ssd`; undefined where it is in none. */
  readonly cluster: string | undefined;
  readonly driver: DriverSource | undefined;
  readonly config: ConfigSource<unknown>;
  /** What one life found good and the next goes on with, where its source has gone bad meanwhile. */
  readonly lastGood: { readonly config: LastGood<unknown>; driver: Driver | undefined };
}

/**
 * Checks what is given at spawn, before anything runs.
 *
 * @throws ReeveError `INVALID_OPTION` naming the manager and what is wrong: not a manager, or a copy of one, an unknown option, a
 * malformed name of a backend, a limit that is malformed, a driver that is missing, not wanted, incomplete or of the wrong version
 */
export function managerSpec(
  { host, cluster }: HostNames,
  definition: ManagerDefinition,
  options: SpawnOptions = {},
): ManagerSpec {
  if (!isDefinition(definition)) {
    const wanted = "the result of defineManager(), not a copy (limits, driver and configuration are given at spawn)";
    throw reeveError("INVALID_OPTION", `spawn: expected ${wanted}, got ${shown(definition)}`);
  }
  const field = `spawn ${definition.contract.name}`;
  knownKeys(field, options, ["backend", "cluster", "driver", "config", "limits"]);
  const backend = options.backend === undefined ? undefined : readName(`${field}: backend`, options.backend);
  if (options.cluster !== undefined && options.cluster !== false)
    throw reeveError("INVALID_OPTION", `${field}: cluster: expected false or nothing, got ${shown(options.cluster)}`);
  if (definition.driver) {
    if (!options.driver)
      throw reeveError("INVALID_OPTION", `${field}: driver: expected one of port ${definition.driver.name}, got none`);
    // What a function makes is looked at when it has.
    if (typeof options.driver !== "function") requireDriverOf(definition.driver, options.driver);
  } else if (options.driver) {
    throw reeveError("INVALID_OPTION", `${field}: driver: expected none, as this manager declares no driver port`);
  }
  if (options.config !== undefined && !definition.config) {
    throw reeveError("INVALID_OPTION", `${field}: config: expected none, as this manager declares no configuration`);
  }
  return {
    definition:
      options.limits === undefined
        ? definition
        : { ...definition, limits: compileLimits(`${field}: limits`, options.limits, definition.limits) },
    address: formatAddress({ host, backend }),
    cluster: cluster === undefined || options.cluster === false ? undefined : formatAddress({ host: cluster, backend }),
    driver: options.driver,
    config: options.config ?? {},
    lastGood: { config: { read: undefined }, driver: undefined },
  };
}
