import { type LifecycleStatus, unborn } from "../lifecycle/status.ts";

/** The latest status of a child, and who waits for a certain one. */
export class StatusWatch {
  status: LifecycleStatus = unborn;
  readonly #waiters = new Set<() => void>();

  set(status: LifecycleStatus): void {
    this.status = status;
    this.recheck();
  }

  /** Asks everybody again: what they wait for may hang on more than the status. */
  recheck(): void {
    for (const waiter of [...this.#waiters]) waiter();
  }

  /** Resolves at once when the present status is the one. Rejects with what the condition throws. */
  until(accepts: (status: LifecycleStatus) => boolean): Promise<LifecycleStatus> {
    return new Promise((resolve, reject) => {
      const waiter = () => {
        // A condition of the user's that throws must not reach the lifecycle that told of the change.
        try {
          if (!accepts(this.status)) return;
          resolve(this.status);
        } catch (error) {
          reject(error);
        }
        this.#waiters.delete(waiter);
      };
      this.#waiters.add(waiter);
      waiter();
    });
  }
}
