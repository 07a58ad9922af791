import { type LifecycleSelf, lifecycleLogic, startLifecycle } from "../lifecycle/lifecycle-logic.ts";
import type { Environment } from "../manager/environment.ts";
import { Incarnation } from "../manager/incarnation.ts";
import type { ManagerSpec } from "../manager/spawn-options.ts";
import type { LifeObserver, Lives } from "./life.ts";

/** One logic for every manager; the incarnation comes with the input. */
const logic = lifecycleLogic((create: (self: LifecycleSelf) => Incarnation, self) => create(self));

/** Lives in this process: actors on what the host shares. */
export class InProcessLives implements Lives {
  readonly #environment: () => Environment;

  /** @param environment asked at each life; the host is open by then */
  constructor(environment: () => Environment) {
    this.#environment = environment;
  }

  begin(spec: ManagerSpec, observer: LifeObserver, after: number | undefined): void {
    const environment = this.#environment();
    let self: LifecycleSelf | undefined;
    const create = (own: LifecycleSelf) => {
      self = own;
      return new Incarnation(spec, environment, own, observer, after);
    };
    startLifecycle(logic, create, environment.clock, (error) => self?.send({ type: "kill", error }));
  }
}
