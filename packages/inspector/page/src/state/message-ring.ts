import type { CallFailure, MessageNews, ReplyNews } from "@reeve/runtime/internal/inspection";

/** How a call has ended, for whoever waited for it. */
export interface CallEnd {
  readonly durationMs: number;
  /** Absent when it did what was asked. */
  readonly error?: CallFailure;
}

/** A message as the page keeps it; `gap` marks where some may be missing. */
export interface ShownMessage extends MessageNews {
  readonly key: string;
  readonly instance: string;
  readonly fromName: string | undefined;
  readonly toName: string;
  /** Where it stands: its own time, or that of the call that it follows from where that is later by its host's clock. */
  readonly order: number;
  /** How many calls it follows from, as far as they are shown. */
  readonly depth: number;
  /** Absent while it is not known to have ended. */
  readonly end?: CallEnd;
  /** Its end may have been among what is missing. */
  readonly endMissed?: true;
  readonly gap?: string;
}

export const mostMessages = 5_000;
/** Hosts tell ten times a second, and their clocks differ: what follows from a message is looked for among so many. */
const nearby = 400;
const deepest = 8;

/** The newest messages of all hosts in the order of time, a call before those that follow from it whatever their clocks say. */
export class MessageRing {
  #messages: ShownMessage[] = [];
  #keys = new Set<string>();
  /** How many were ever shown or counted by one shown. */
  total = 0;
  /** How many the hosts saw but could not even count by kind. */
  skipped = 0;

  add(instance: string, messages: readonly MessageNews[]): void {
    for (const message of messages) {
      const { from, to, seq } = message;
      const key = `${instance} ${seq}`;
      // After a connection was lost, what was told last is told again.
      if (this.#keys.has(key)) continue;
      this.#keys.add(key);
      this.total += message.count;
      const fromName = from === undefined ? undefined : nameOf(from);
      this.#insert({
        ...message,
        instance,
        key,
        fromName,
        toName: nameOf(to),
        order: message.at,
        depth: 0,
      });
    }
    this.#trim();
  }

  end(instance: string, replies: readonly ReplyNews[]): void {
    for (const { of, durationMs, end } of replies) {
      // A cast that was taken in goes on.
      if (end === "accepted") continue;
      const key = `${instance} ${of}`;
      const index = this.#messages.findLastIndex((message) => message.key === key);
      const told = end === "done" ? { durationMs } : { durationMs, error: end };
      if (index >= 0) this.#messages[index] = { ...this.#messages[index]!, end: told };
    }
  }

  /** Something may be missing here. */
  mark(gap: string, at: number): void {
    this.#messages = this.#messages.map((one) => (one.end ? one : { ...one, endMissed: true }));
    this.#messages.push({
      key: `gap ${at} ${this.total}`,
      instance: "",
      fromName: undefined,
      toName: "",
      order: at,
      depth: 0,
      gap,
      seq: 0,
      at,
      to: "",
      type: "",
      count: 0,
    });
    this.#trim();
  }

  get all(): readonly ShownMessage[] {
    return this.#messages;
  }

  clear(): void {
    this.#messages = [];
  }

  #insert(message: ShownMessage): void {
    const { requestId, type } = message;
    if (requestId === undefined || type !== "call") return this.#put(message);
    const from = Math.max(0, this.#messages.length - nearby);
    const request: ShownMessage[] = [message];
    for (let index = from; index < this.#messages.length; index++) {
      const other = this.#messages[index]!;
      if (other.requestId === requestId && other.type === "call") request.push(other);
    }
    for (const one of request) {
      const { order, depth } = placeOf(one, request);
      if (one !== message) {
        if (one.order === order && one.depth === depth) continue;
        this.#messages.splice(this.#messages.lastIndexOf(one), 1);
      }
      this.#put({ ...one, order, depth });
    }
  }

  #put(message: ShownMessage): void {
    const isEarlier = ({ order, depth }: ShownMessage) =>
      order < message.order || (order === message.order && depth <= message.depth);
    this.#messages.splice(this.#messages.findLastIndex(isEarlier) + 1, 0, message);
  }

  #trim(): void {
    if (this.#messages.length <= mostMessages * 1.2) return;
    this.#messages = this.#messages.slice(-mostMessages);
    this.#keys = new Set(this.#messages.map(({ key }) => key));
  }
}

/** Below the call that it follows from: of several, the one that came last before it. */
function placeOf(message: ShownMessage, request: readonly ShownMessage[]): { order: number; depth: number } {
  const { at: order } = message;
  const above = [message];
  for (let one = message; above.length <= deepest; one = above.at(-1)!) {
    const makers = request.filter((other) => other.toName === one.fromName && !above.includes(other));
    const maker = makers.filter(({ at }) => at <= one.at).sort((a, b) => b.at - a.at)[0] ?? makers[0];
    if (!maker) break;
    above.push(maker);
  }
  return { order: Math.max(order, ...above.map(({ at }) => at)), depth: above.length - 1 };
}

/** `volume/block-01#3` → `volume/block-01`. */
export function nameOf(id: string): string {
  return id.replace(/#\d+$/, "");
}
