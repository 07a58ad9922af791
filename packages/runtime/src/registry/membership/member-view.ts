import { SenderView } from "../../gossip/index.ts";
import { isLagging } from "../presence/loop-lag.ts";
import type { MemberEntry } from "./member-entry.ts";

/**
 * How long nothing was heard of a process: `suspect` after 3 s, and `any` avoids it; `lost` after 5 s, for whoever looks; after
 * 10 s it is dead, and forgotten.
 */
export type Hearing = "heard" | "suspect" | "lost";

/** One process as its messages and heartbeats describe it. */
export class MemberView extends SenderView<MemberEntry> {
  /** Its longest silence, as it says. */
  everyMs = 0;
  /** When it last told what it has, or was met. */
  toldAt = this.heardAt;
  hearing: Hearing = "heard";
  /** Silent for so long that others may have its places: see `replaceableAfterMs`. */
  replaceable = false;
  #lagMs = 0;
  #aliveSequence = 0;

  /** When it was heard last, where it is replaceable. */
  get silentSince(): number | undefined {
    return this.replaceable ? this.heardAt : undefined;
  }

  /** Its event loop is held up: its managers are `degraded (LOOP_LAGGING)`, whatever they said before that. */
  get lagging(): boolean {
    return isLagging(this.#lagMs);
  }

  get lagMs(): number {
    return this.#lagMs;
  }

  /** False when the heartbeat is stale, or from after the end. */
  heartbeat({ sequence, everyMs, lagMs }: { sequence: number; everyMs: number; lagMs: number }, now: number): boolean {
    if (this.ended || sequence <= this.#aliveSequence) return false;
    this.#aliveSequence = sequence;
    this.everyMs = everyMs;
    this.#lagMs = lagMs;
    this.heardAt = now;
    return true;
  }
}
