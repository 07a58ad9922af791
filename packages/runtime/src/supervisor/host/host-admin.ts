import { InspectionBus } from "../../inspection/index.ts";
import type { Environment } from "../../manager/environment.ts";
import { type ManagerSpec, managerSpec } from "../../manager/spawn-options.ts";
import type { Logger } from "../../telemetry/index.ts";
import { Child, type ChildRuntime } from "../child.ts";
import type { HostRuntime } from "../host-runtime.ts";
import type { CompiledSupervisorOptions } from "../supervisor-options.ts";
import { AdministeredManager } from "./administered-manager.ts";
import { hostManager } from "./host-manager.ts";
import { HostLogLevel } from "./log-level.ts";

/** What a supervisor does to its children for whoever may ask for it. */
export interface SupervisorVerbs {
  children(): readonly Child[];
  /** Starts a manager that was drained; resolves when it is ready. */
  adopt(spec: ManagerSpec): Promise<void>;
  /** Resolves when it is ready again, and reached by others. */
  restart(child: Child): Promise<void>;
  drain(child: Child): Promise<void>;
  kill(child: Child): void;
}

/** The administration of one host: the manager that answers for it, and what outlasts the managers that it tells of. */
export class HostAdmin {
  /** It runs before the other managers of the host and until after them. */
  readonly child: Child;
  readonly #verbs: SupervisorVerbs;
  readonly #logLevel: HostLogLevel;
  /** By name: what a manager that was drained is started again by. */
  readonly #drained = new Map<string, ManagerSpec>();

  constructor(options: CompiledSupervisorOptions, runtime: HostRuntime, verbs: SupervisorVerbs) {
    const { host, cluster, clock, log, remoteOperators, levelled } = options;
    this.#verbs = verbs;
    this.#logLevel = new HostLogLevel(clock, levelled);
    const definition = hostManager({
      ...{ host, cluster, remoteOperators, log, logLevel: this.#logLevel },
      get cordons() {
        return runtime.cordons;
      },
      managers: () => this.#managers(),
      start: (name) => this.#start(name),
      drain: async (name) => {
        const child = this.#find(name);
        if (child) await verbs.drain(child);
      },
      restart: async (name) => {
        const child = this.#find(name);
        await (child ? verbs.restart(child) : this.#start(name));
      },
      reset: async (name) => this.#find(name)?.reset(),
      kill: (name) => {
        const child = this.#find(name);
        if (child) verbs.kill(child);
      },
      payload: (instance, seq) => runtime.payload(instance, seq),
    });
    this.child = new Child({
      spec: managerSpec(host, definition),
      runtime: unseen(runtime),
      policy: options,
      // The others go on: they are what the host is for.
      onGaveUp: (err) => log.error({ err }, "the host's own manager has ended for good; nobody can operate this host"),
    });
  }

  /** It was drained for good: it stays in the list, and may be started again. */
  drained({ spec, key }: Child): void {
    this.#drained.set(key, spec);
  }

  /** Somebody takes its place. */
  spawned({ key }: Child): void {
    this.#drained.delete(key);
  }

  /** What was set for a time goes back. */
  close(): void {
    this.#logLevel.close();
  }

  #managers(): readonly AdministeredManager[] {
    const children = this.#verbs.children();
    return [
      ...children.map((child) => new AdministeredManager(child.spec, child)),
      ...[...this.#drained.values()].map(AdministeredManager.drained),
    ];
  }

  #find(name: string): Child | undefined {
    return this.#verbs.children().find(({ key }) => key === name);
  }

  async #start(name: string): Promise<void> {
    const child = this.#find(name);
    const spec = this.#drained.get(name);
    // One that waits for its restart need not.
    if (child) return child.over && !child.leaving ? this.#verbs.restart(child) : child.ready();
    if (!spec) return;
    this.#drained.delete(name);
    try {
      await this.#verbs.adopt(spec);
    } catch (error) {
      this.#drained.set(name, spec);
      throw error;
    }
  }
}

/** Inspectors show the managers of a host, not who shows them; and what befalls a host, its managers log. */
function unseen(runtime: HostRuntime): ChildRuntime {
  const inspection = new InspectionBus();
  let environment: Environment | undefined;
  return {
    directory: runtime.directory,
    get conditions() {
      return runtime.conditions;
    },
    get environment() {
      environment ??= { ...runtime.environment, inspection, log: quiet(runtime.environment.log) };
      return environment;
    },
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
