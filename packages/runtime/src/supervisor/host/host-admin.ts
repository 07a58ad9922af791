import { InspectionBus } from "../../inspection/index.ts";
import type { Environment } from "../../manager/environment.ts";
import { managerSpec } from "../../manager/spawn-options.ts";
import type { Logger } from "../../telemetry/index.ts";
import { Child, type ChildHost } from "../child.ts";
import type { HostRuntime } from "../host-runtime.ts";
import { InProcessLives } from "../in-process-lives.ts";
import type { CompiledSupervisorOptions } from "../supervisor-options.ts";
import { hostManager } from "./host-manager.ts";
import { HostLogLevel } from "./log-level.ts";

/** What a supervisor does to its children for whoever may ask for it. */
export interface SupervisorVerbs {
  children(): readonly Child[];
  /** Resolves when it is ready, and reached by others. */
  start(child: Child): Promise<void>;
  restart(child: Child): Promise<void>;
  kill(child: Child): void;
}

/** The administration of one host: the manager that answers for it, and its log level. */
export class HostAdmin {
  /** It runs before the other managers of the host and until after them. */
  readonly child: Child;
  readonly #logLevel: HostLogLevel;

  constructor(options: CompiledSupervisorOptions, runtime: HostRuntime, shared: ChildHost, verbs: SupervisorVerbs) {
    const { host, cluster, clock, log, remoteOperators, levelled } = options;
    this.#logLevel = new HostLogLevel(clock, levelled);
    const find = (name: string) => verbs.children().find(({ key }) => key === name);
    const doing = async (name: string, act: (child: Child) => Promise<void>) => {
      const child = find(name);
      if (child) await act(child);
    };
    const definition = hostManager({
      ...{ host, cluster, remoteOperators, log, logLevel: this.#logLevel },
      get cordons() {
        return runtime.cordons;
      },
      managers: () => verbs.children(),
      start: (name) => doing(name, verbs.start),
      drain: (name) => doing(name, (child) => child.stop()),
      restart: (name) => doing(name, verbs.restart),
      reset: (name) => doing(name, (child) => child.reset()),
      kill: (name) => {
        const child = find(name);
        if (child) verbs.kill(child);
      },
      payload: (instance, seq) => runtime.payload(instance, seq),
    });
    this.child = new Child(managerSpec(host, definition), {
      ...shared,
      lives: new InProcessLives(unseen(runtime)),
      // The others go on: they are what the host is for.
      gaveUp: (_, err) => log.error({ err }, "the host's own manager has ended for good; nobody can operate this host"),
    });
  }

  /** What was set for a time goes back. */
  close(): void {
    this.#logLevel.close();
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
