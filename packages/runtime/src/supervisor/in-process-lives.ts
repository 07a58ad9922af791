import { type LifecycleSelf, lifecycleLogic, startLifecycle } from "../lifecycle/lifecycle-logic.ts";
import type { GuardedObserver } from "../lifecycle/xstate-observer.ts";
import type { Environment } from "../manager/environment.ts";
import { Incarnation } from "../manager/incarnation.ts";
import type { ManagerSpec } from "../manager/spawn-options.ts";
import type { LifeObserver, Lives } from "./life.ts";

/** One logic for every manager; the incarnation comes with the input. */
const create = (create: (self: LifecycleSelf) => Incarnation, self: LifecycleSelf) => create(self);
const logic = lifecycleLogic(create);
const inspectedLogic = lifecycleLogic(create, { inspected: true });

/** Lives in this process: actors on what the host shares. */
export class InProcessLives implements Lives {
  readonly #environment: () => Environment;
  readonly #inspect: GuardedObserver | undefined;

  /**
   * @param environment asked at each life; the host is open by then
   * @param inspect sees the actor of each life. Default: nobody does
   */
  constructor(environment: () => Environment, inspect?: GuardedObserver) {
    this.#environment = environment;
    this.#inspect = inspect;
  }

  begin(spec: ManagerSpec, observer: LifeObserver, after: number | undefined): void {
    const environment = this.#environment();
    let self: LifecycleSelf | undefined;
    const create = (own: LifecycleSelf) => {
      self = own;
      return new Incarnation(spec, environment, own, observer, after);
    };
    const onCrash = (error: unknown) => self?.send({ type: "kill", error });
    startLifecycle(this.#inspect ? inspectedLogic : logic, create, environment.clock, onCrash, this.#inspect);
  }
}
