import type { Linked } from "../base/entry-list.ts";
import type { MailboxEntry } from "./mailbox-entry.ts";

/** An entry of a mailbox and nothing else. */
export class TestEntry implements MailboxEntry {
  readonly manager: string;
  readonly lane: string | undefined;
  readonly parent: TestEntry | undefined;
  readonly waits: boolean;
  readonly name: string;
  running = false;
  waiting: MailboxEntry["waiting"] = undefined;
  takesSlot = false;
  arrival = 0;
  runIndex = 0;
  listPrevious: Linked | undefined = undefined;
  listNext: Linked | undefined = undefined;

  constructor(
    name: string,
    {
      lane,
      parent,
      waits = true,
      manager = "volume/a",
    }: { lane?: string | undefined; parent?: TestEntry | undefined; waits?: boolean; manager?: string } = {},
  ) {
    this.name = name;
    this.lane = lane;
    this.parent = parent;
    this.waits = waits;
    this.manager = manager;
  }
}
