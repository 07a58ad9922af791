import { reeveError } from "@reeve/contract";
import { withTimeout } from "../../base/bounded-wait.ts";
import type { Clock } from "../../base/clock.ts";
import { InspectionBus } from "../../inspection/index.ts";
import type { Environment } from "../../manager/environment.ts";
import { managerSpec } from "../../manager/spawn-options.ts";
import type { Logger } from "../../telemetry/index.ts";
import { Child, type ChildHost } from "../child.ts";
import type { HostRuntime } from "../host-runtime.ts";
import { InProcessLives } from "../in-process-lives.ts";
import type { ManagerVerbs } from "../manager-verbs.ts";
import type { CompiledSupervisorOptions } from "../supervisor-options.ts";
import { cleanUpHost } from "./host-cleanup.ts";
import { hostManager } from "./host-manager.ts";
import { HostWork } from "./host-work.ts";
import { HostLogLevel } from "./log-level.ts";

/** The managers that are administered, and what is done to them. */
interface Administered {
  readonly children: { readonly all: readonly Child[] };
  readonly verbs: Pick<ManagerVerbs, "start" | "drain" | "restart" | "kill">;
}

/** The administration of one host: the manager that answers for it, and its log level. */
export class HostAdmin {
  /** It runs before the other managers of the host and until after them. */
  readonly child: Child;
  readonly #clock: Clock;
  readonly #logLevel: HostLogLevel;

  constructor(options: CompiledSupervisorOptions, runtime: HostRuntime, shared: ChildHost, administered: Administered) {
    const { host, clock, log, recentLines, remoteOperators, levelled } = options;
    const { children, verbs } = administered;
    this.#clock = clock;
    this.#logLevel = new HostLogLevel(clock, levelled);
    let work: HostWork | undefined;
    const definition = hostManager({
      ...{ host, remoteOperators, log, recentLines, verbs, logLevel: this.#logLevel },
      get cordons() {
        return runtime.cordons;
      },
      get casts() {
        return runtime.casts?.operated;
      },
      get work() {
        work ??= new HostWork(runtime.environment);
        return work;
      },
      managers: () => children.all,
      workers: () => runtime.workers.report(),
      counts: () => runtime.counters.snapshot(),
      cleanUpHost: (dead) => {
        const { casts, otherProcesses } = runtime.environment;
        return cleanUpHost({ host, casts, otherProcesses }, dead);
      },
      payload: (instance, seq) => runtime.payload(instance, seq),
    });
    // No operation of it means one of several hosts.
    this.child = new Child(managerSpec({ host, cluster: undefined }, definition), {
      ...shared,
      lives: new InProcessLives(unseen(runtime)),
      // The others go on: they are what the host is for.
      gaveUp: (_, err) => log.error({ err }, "the host's own manager has ended for good; nobody can operate this host"),
    });
  }

  /** After the managers that it tells of. What log level was set for a time goes back. Never rejects. */
  async stop(withinMs: number): Promise<void> {
    this.#logLevel.close();
    if (await withTimeout(this.#clock, withinMs, this.child.stop())) return;
    await this.child.terminate(reeveError("NOT_SERVING", `${this.child.key} did not stop in time`));
  }
}

/** Inspectors show the managers of a host, not who shows them; and what befalls a host, its managers log. */
function unseen(runtime: HostRuntime): () => Environment {
  const inspection = new InspectionBus();
  let environment: Environment | undefined;
  return () => {
    environment ??= { ...runtime.environment, inspection, log: quiet(runtime.environment.log) };
    return environment;
  };
}

function quiet(log: Logger): Logger {
  const debug = log.debug.bind(log);
  return {
    ...{ debug, info: debug, error: log.error.bind(log), child: (bindings) => quiet(log.child(bindings)) },
    warn: (first: object | string, message?: string) => {
      const method = isItsOwn(first) ? log.warn.bind(log) : debug;
      if (typeof first === "string") method(first);
      else method(first, message);
    },
  };
}

/** That nobody may call it no other manager tells. */
function isItsOwn(fields: object | string): boolean {
  const { causes } = fields as { readonly causes?: readonly { readonly reason: string }[] };
  return Array.isArray(causes) && causes.some(({ reason }) => reason === "LINK_REFUSED");
}
