import type { Linked } from "../base/entry-list.ts";
import type { QueuedCall } from "./queued-call.ts";

/** A call of a mailbox and nothing else. */
export class TestCall implements QueuedCall {
  readonly manager: string;
  readonly lane: string | undefined;
  readonly parent: TestCall | undefined;
  readonly waits: boolean;
  readonly name: string;
  running = false;
  waiting: QueuedCall["waiting"] = undefined;
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
    }: { lane?: string | undefined; parent?: TestCall | undefined; waits?: boolean; manager?: string } = {},
  ) {
    this.name = name;
    this.lane = lane;
    this.parent = parent;
    this.waits = waits;
    this.manager = manager;
  }
  begin(): void {
    this.running = true;
  }

  leave(): void {
    this.running = false;
  }
}
