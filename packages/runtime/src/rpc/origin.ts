import type { ChainLink } from "../mailbox/mailbox.ts";
import type { Principal } from "./principal.ts";

/** Where a call comes from: what it inherits. A running {@link Call} is the origin of the calls its handler makes. */
export interface Origin {
  /** Who calls, as the transport knows it: an address, or a host. */
  readonly peer: string;
  readonly principal: Principal;
  readonly requestId: string | undefined;
  /** No nested call may outlive it; infinite where nothing bounds it. */
  readonly deadlineAt: number;
  /** The running call, where there is one. */
  readonly link: ChainLink | undefined;
  /** Whether its calls wait for a manager that is not serving yet. False while the caller itself boots: two managers that start would wait for each other. */
  readonly waits: boolean;
  /** Takes note of a nested call, to cancel it together with this one. Returns how to forget it. */
  adopt(nested: { cancel(reason: unknown): void }): () => void;
}
