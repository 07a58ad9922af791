import type { Linked } from "../base/entry-list.ts";
import type { ChainLink } from "./chain.ts";
import type { Placed } from "./running-set.ts";

/** A call as the mailbox sees it, which alone writes what can be written here. */
export interface QueuedCall extends ChainLink, Linked, Placed {
  /** Whether to wait for a manager that is not serving yet, or to be refused. */
  readonly waits: boolean;
  /** `lane`: waits behind others for its lane. `turn`: has its lane, waits for a slot or for the mailbox to open. */
  waiting: "lane" | "turn" | undefined;
  /** It counts against `maxInFlight`. False where its chain runs in the same manager already. */
  takesSlot: boolean;
  /** Its turn among those that wait. */
  arrival: number;
  /** Its turn has come: from here on it is `running`. */
  begin(): void;
  /** It has returned: it is `running` no longer. */
  leave(): void;
}
