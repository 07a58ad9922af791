import { canServe, listensElsewhere } from "../lifecycle/can-serve.ts";
import type { LifecycleStatus } from "../lifecycle/status.ts";
import type { AnnouncedIncarnation } from "../manager/other-processes.ts";
import type { Announcement } from "../registry/membership/index.ts";
import type { Endpoint } from "../rpc/remote/server/endpoint.ts";
import type { ListedManager } from "./listed-manager.ts";

interface ListeningParts {
  readonly announcement: Pick<Announcement, "setStatus" | "end">;
  readonly endpoint: Pick<Endpoint, "open" | "suspend" | "serve" | "close">;
  readonly listed: Pick<ListedManager, "status">;
  readonly decided: Promise<void>;
  /** Other processes are to forget it. */
  onEnd(): void;
}

/** One incarnation as other processes find it: what its status says is told to them, and decides where it is heard. */
export class ListeningIncarnation implements AnnouncedIncarnation {
  readonly decided: Promise<void>;
  readonly #parts: ListeningParts;
  #closing: Promise<void> | undefined;

  constructor(parts: ListeningParts) {
    this.decided = parts.decided;
    this.#parts = parts;
  }

  changed(status: LifecycleStatus): void {
    const { announcement, endpoint, listed } = this.#parts;
    const { state, phase, causes } = status;
    listed.status = status;
    const listens = listensElsewhere(status);
    if (!this.#closing && listens === "no") endpoint.suspend();
    if (!this.#closing && listens === "yes") endpoint.open();
    const serves = canServe(status, "elsewhere");
    endpoint.serve(serves);
    announcement.setStatus({ state, phase, causes, canServe: serves });
  }

  drained(): Promise<void> {
    this.#closing ??= this.#parts.endpoint.close();
    return this.#closing;
  }

  end(): void {
    void this.drained();
    this.#parts.announcement.end();
    this.#parts.onEnd();
  }
}
