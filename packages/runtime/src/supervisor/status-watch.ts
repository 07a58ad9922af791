import { type LifecycleStatus, unborn } from "../lifecycle/status.ts";

/** The latest status of a child, and who waits for a certain one. */
export class StatusWatch {
  status: LifecycleStatus = unborn;
  readonly #waiters = new Set<(status: LifecycleStatus) => void>();

  set(status: LifecycleStatus): void {
    this.status = status;
    for (const waiter of [...this.#waiters]) waiter(status);
  }

  /** Resolves at once when the present status is the one. */
  until(accepts: (status: LifecycleStatus) => boolean): Promise<LifecycleStatus> {
    if (accepts(this.status)) return Promise.resolve(this.status);
    return new Promise((resolve) => {
      const waiter = (status: LifecycleStatus) => {
        if (!accepts(status)) return;
        this.#waiters.delete(waiter);
        resolve(status);
      };
      this.#waiters.add(waiter);
    });
  }
}
