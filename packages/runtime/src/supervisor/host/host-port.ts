import type { CleanupRefusal, CleanupReport } from "../../manager/cleanup.ts";
import type { Count, Logger, RecentLines } from "../../telemetry/index.ts";
import type { AdministeredManager } from "./administered-manager.ts";
import type { CastsPort } from "./casts-port.ts";
import type { Cordons } from "./cordons.ts";
import type { HostLogLevel } from "./log-level.ts";
import type { WorkPort } from "./work-port.ts";

/** What the host's own manager needs of its supervisor. */
export interface HostPort {
  readonly host: string;
  /** The roles that other processes may act by; none where they may not. */
  readonly remoteOperators: readonly string[];
  readonly logLevel: HostLogLevel;
  /** What the host logged lately; undefined where it was given a logger that tells nobody. */
  readonly recentLines: RecentLines | undefined;
  /** For audit lines. */
  readonly log: Logger;
  readonly cordons: Cordons;
  /** Undefined where the host keeps none. */
  readonly casts?: CastsPort | undefined;
  readonly work: WorkPort;
  /** What the host has ignored, refused or not answered since it began. */
  counts(): readonly Count[];
  /** What runs in its worker threads. */
  workers(): { readonly running: number; readonly queued: number; readonly size: number };
  /** In order of spawning, without the host's own. */
  managers(): readonly AdministeredManager[];
  /** Each resolves when it is done, and rejects with what failed. */
  readonly verbs: {
    start(manager: string, address: string): Promise<void>;
    drain(manager: string, address: string): Promise<void>;
    restart(manager: string, address: string): Promise<void>;
    kill(manager: string, address: string): void;
  };
  /** Finishes what another host has left itself, and not its managers. */
  cleanUpHost(dead: string): Promise<CleanupReport | CleanupRefusal>;
  /** What a message that an inspector shows carried, where this is that host's instance and still has it. */
  payload(instance: string, seq: number): { readonly payload: unknown } | undefined;
}
