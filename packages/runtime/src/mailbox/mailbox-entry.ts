import type { Linked } from "../base/entry-list.ts";
import type { ChainLink } from "./chain.ts";
import type { Placed } from "./running-set.ts";

/** What a mailbox queues and runs. But for `waits`, its own fields are the mailbox's. */
export interface MailboxEntry extends ChainLink, Linked, Placed {
  /** Whether to wait for a manager that is not serving yet, or to be refused. */
  readonly waits: boolean;
  running: boolean;
  /** `lane`: waits behind others for its lane. `turn`: has its lane, waits for a slot or for the mailbox to open. */
  waiting: "lane" | "turn" | undefined;
  /** It counts against `maxInFlight`. False where its chain runs in the same manager already. */
  takesSlot: boolean;
  /** Its turn among those that wait. */
  arrival: number;
}
