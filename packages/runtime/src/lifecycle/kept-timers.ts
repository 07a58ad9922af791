import type { EventObject } from "xstate";
import { type ActorPath, isWithin, samePath } from "./actor-path.ts";

/** An event that is to be delivered at its time. */
export interface KeptTimer {
  /** Who has set it: it goes with that actor. */
  readonly source: ActorPath;
  readonly target: ActorPath;
  /** What it is cancelled by; undefined where it cannot be, as in XState. */
  readonly id: string | undefined;
  readonly event: EventObject;
  /** Milliseconds since 1970; undefined until the turn that has set it is stamped. */
  readonly dueAt: number | undefined;
  readonly delayMs: number;
}

/** The delayed events of an actor and its children. A list is never changed: there is another one when there are others. */
export class KeptTimers {
  #list: readonly KeptTimer[];

  constructor(list: readonly KeptTimer[]) {
    this.#list = list;
  }

  get list(): readonly KeptTimer[] {
    return this.#list;
  }

  /** When the next is due; undefined without one, and where its time is none that a database can keep: it never fires. */
  get dueAt(): number | undefined {
    let earliest: number | undefined;
    for (const { dueAt = Infinity } of this.#list) if (dueAt < (earliest ?? Number.MAX_SAFE_INTEGER)) earliest = dueAt;
    return earliest;
  }

  /** Takes off the one that was due first; undefined while none is. */
  takeDue(now: number): KeptTimer | undefined {
    const first = this.dueAt;
    if (first === undefined || first > now) return undefined;
    const timer = this.#list.find(({ dueAt }) => dueAt === first)!;
    this.#list = this.#list.filter((other) => other !== timer);
    return timer;
  }

  add(timer: Omit<KeptTimer, "dueAt">): void {
    this.#list = [...this.#list, { ...timer, dueAt: undefined }];
  }

  /** @param now the time by which those count that were added since the last time */
  stamp(now: number): void {
    this.#list = this.#list.map((timer) => ({ ...timer, dueAt: timer.dueAt ?? Math.ceil(now + timer.delayMs) }));
  }

  /** Drops those that this actor has set under this id. */
  cancel(by: ActorPath, given: string): void {
    this.#drop(({ source, id }) => id === given && samePath(source, by));
  }

  /** Drops those that an actor, or one below it, has set. */
  dropOf(path: ActorPath): void {
    this.#drop(({ source }) => isWithin(source, path));
  }

  /** Drops those that an actor, or one below it, has set or would get. */
  dropAround(path: ActorPath): void {
    this.#drop(({ source, target }) => isWithin(source, path) || isWithin(target, path));
  }

  #drop(which: (timer: KeptTimer) => boolean): void {
    this.#list = this.#list.filter((timer) => !which(timer));
  }
}
