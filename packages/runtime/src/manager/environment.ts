import type { Clock } from "../base/clock.ts";
import type { DeadlineWheel } from "../base/deadline-wheel.ts";
import type { Ids } from "../base/ids.ts";
import type { Random } from "../base/random.ts";
import type { CapabilityActor, CapabilityReports } from "../capability/index.ts";
import type { InspectionBus } from "../inspection/index.ts";
import type { OpenCalls } from "../recovery/index.ts";
import type { Registry } from "../registry/index.ts";
import type { LocalDirectory } from "../registry/local-directory.ts";
import type { RefMaker } from "../rpc/callee/context.ts";
import type { Database } from "../store/index.ts";
import type { Logger } from "../telemetry/index.ts";
import type { Workers } from "../workers/index.ts";
import type { HostCauses } from "./host-causes.ts";
import type { Outside } from "./outside.ts";

/** What a supervisor's managers share. */
export interface Environment {
  readonly host: string;
  readonly cluster: string | undefined;
  readonly clock: Clock;
  readonly wheel: DeadlineWheel;
  readonly ids: Ids;
  readonly random: Random;
  readonly log: Logger;
  readonly refs: RefMaker;
  readonly database: Database;
  readonly registry: Registry;
  /** Driver calls of work that are under way, of all incarnations. */
  readonly openCalls: OpenCalls;
  /** Who can be called in this process. */
  readonly directory: LocalDirectory;
  readonly workers: Workers;
  readonly capabilities: CapabilityActor;
  readonly reports: CapabilityReports;
  /** Absent where no other process can be reached. */
  readonly outside: Outside | undefined;
  /** What is wrong here, whoever runs. */
  readonly hostCauses: HostCauses;
  /** Whether an operator has said that nothing is to be placed on that manager. */
  isCordoned(manager: string): boolean;
  readonly inspection: InspectionBus;
  /** Freeze results of local calls. */
  readonly freeze: boolean;
}
