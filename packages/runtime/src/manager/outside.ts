import type { LifecycleStatus } from "../lifecycle/status.ts";
import type { ServedManager } from "../rpc/remote/endpoint.ts";

/** The other processes, as an incarnation sees them: they are told of it, and may call it. */
export interface Outside {
  /** Makes it known as booting. Calls come once its status says that it is open. */
  announce(manager: ServedManager, load: () => { readonly inFlight: number; readonly queued: number }): Announced;
}

/** One incarnation's place outside. */
export interface Announced {
  changed(status: LifecycleStatus): void;
  /** Takes no more calls; resolves when those from outside have been answered. */
  drained(): Promise<void>;
  /** Says that it has stopped. Idempotent. */
  end(): void;
}
