import type { ReeveError } from "@reeve/contract";
import type { Cause, CauseReason } from "../lifecycle/cause.ts";
import type { LifecycleStatus } from "../lifecycle/status.ts";
import type { ServedManager } from "../rpc/remote/server/endpoint.ts";
import type { LinkView, PeerSource } from "../takeover/index.ts";

/** The other processes, as an incarnation sees them: they are told of it, and may call it. */
export interface OtherProcesses {
  /** Who is heard of there. */
  readonly peers: PeerSource;
  /** What they are heard over. */
  readonly link: LinkView;
  /** Makes it known as booting. Calls come once its status says that it is open. */
  announce(manager: ServedManager, port: AnnouncedPort): AnnouncedIncarnation;
}

/** What is asked of an incarnation that was announced, and told to it. */
export interface AnnouncedPort {
  load(): { readonly inFlight: number; readonly queued: number };
  /** Whether its store knows of no newer incarnation: what others only say is looked up there. */
  isCurrent(): Promise<boolean>;
  /** A newer incarnation is at this address, in another process. May be told before `announce` returns. */
  onFenced(error: ReeveError): void;
  /** It may not take calls, and why: another process holds its address, or may have taken it. */
  onRefused(cause: Cause): void;
  /** It may again, as far as that was the reason. */
  onAllowed(reason: CauseReason): void;
}

/** One incarnation as other processes know it. */
export interface AnnouncedIncarnation {
  /** Resolves when it is known whether another process holds the address; told before, if one does. Never rejects. */
  readonly decided: Promise<void>;
  changed(status: LifecycleStatus): void;
  /** Takes no more calls; resolves when those from elsewhere have been answered. */
  drained(): Promise<void>;
  /** Says that it has stopped. Idempotent. */
  end(): void;
}
