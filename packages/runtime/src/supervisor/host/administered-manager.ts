import type { LifecycleStatus } from "../../lifecycle/status.ts";
import { unborn } from "../../lifecycle/status.ts";
import type { Incarnation } from "../../manager/incarnation.ts";
import type { ManagerSpec } from "../../manager/spawn-options.ts";
import type { Call } from "../../rpc/call.ts";
import { managerName } from "./manager-name.ts";

/** A supervised manager, as far as it is looked at: a child of the supervisor, or one that was drained. */
export interface ManagerLife {
  readonly spec: ManagerSpec;
  readonly status: LifecycleStatus;
  readonly incarnation: Incarnation | undefined;
}

const ended: LifecycleStatus = { ...unborn, state: "stopped" };

/** One manager of a host under the `host` contract. */
export class AdministeredManager {
  /** `manager/address`. */
  readonly name: string;
  readonly manager: string;
  readonly address: string;
  readonly version: string;
  readonly #life: Pick<ManagerLife, "status" | "incarnation">;

  constructor({ definition, address }: ManagerSpec, life: Pick<ManagerLife, "status" | "incarnation">) {
    const { name, version } = definition.contract;
    this.name = managerName(name, address);
    this.manager = name;
    this.address = address;
    this.version = version;
    this.#life = life;
  }

  /** One that was drained for good, and may be started again. */
  static drained(spec: ManagerSpec): AdministeredManager {
    return new AdministeredManager(spec, { status: ended, incarnation: undefined });
  }

  get status(): LifecycleStatus {
    return this.#life.status;
  }

  get incarnation(): Incarnation | undefined {
    return this.#life.incarnation;
  }

  /** Its calls that run or wait. */
  readonly entries = (): readonly Call[] => this.incarnation?.service.mailbox.entries() ?? [];
}
