import type { ReeveError } from "@reeve/contract";
import type { LifecycleStatus } from "../lifecycle/status.ts";
import type { ServedManager } from "../rpc/remote/endpoint.ts";

/** The other processes, as an incarnation sees them: they are told of it, and may call it. */
export interface Outside {
  /** Makes it known as booting. Calls come once its status says that it is open. */
  announce(manager: ServedManager, port: OutsidePort): Announced;
}

/** What the outside asks and tells an incarnation. */
export interface OutsidePort {
  load(): { readonly inFlight: number; readonly queued: number };
  /** A newer incarnation is at this address, in another process. May be told before `announce` returns. */
  onFenced(error: ReeveError): void;
}

/** One incarnation's place outside. */
export interface Announced {
  changed(status: LifecycleStatus): void;
  /** Takes no more calls; resolves when those from outside have been answered. */
  drained(): Promise<void>;
  /** Says that it has stopped. Idempotent. */
  end(): void;
}
