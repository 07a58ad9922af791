import { ManualClock } from "../base/manual-clock.ts";
import { memoryCounters, recordingLogger } from "../telemetry/index.ts";
import { Complaints } from "./complaints.ts";
import { readFields, readText, readWhole } from "./fields.ts";
import type { GossipDelivery, GossipLink } from "./link.ts";
import { SenderView } from "./sender-view.ts";
import { gossipSubjects } from "./subjects.ts";
import { Subscriber, type SubscriberOptions } from "./subscriber.ts";

export const subjects = gossipSubjects("t", "capabilities");
export const type = "t.v1";

/** What these tests gossip about: numbers by key. */
export interface Item {
  readonly key: string;
  readonly value: number;
}

export const textOf = (key: string, value: number): string => JSON.stringify({ key, value });

interface Sent {
  readonly subject: string;
  readonly data: Uint8Array;
}

/** A link that keeps what is published; a test delivers it. */
export class TestLink implements GossipLink {
  readonly caller: string;
  maxPayloadBytes = 1_024;
  /** Publishing throws while it is not. */
  up = true;
  readonly sent: Sent[] = [];
  readonly handlers = new Map<string, (message: GossipDelivery) => void>();
  readonly #listeners = new Set<(up: boolean) => void>();

  constructor(caller: string) {
    this.caller = caller;
  }

  publish(subject: string, data: Uint8Array): void {
    if (!this.up) throw new Error("down");
    this.sent.push({ subject, data });
  }

  subscribe(subject: string, handler: (message: GossipDelivery) => void) {
    this.handlers.set(subject, handler);
    return { unsubscribe: () => void this.handlers.delete(subject) };
  }

  onLink(listener: (up: boolean) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  setUp(up: boolean): void {
    this.up = up;
    for (const listener of this.#listeners) listener(up);
  }
}

/** Something that hears, with what it was told. */
export function hearing(
  options: Partial<
    Pick<SubscriberOptions<Item, Item, SenderView<Item>>, "maxSenders" | "maxEntries" | "lapsesMs">
  > = {},
) {
  const clock = new ManualClock();
  const link = new TestLink("ours");
  const log = recordingLogger();
  const counters = memoryCounters();
  const evicted: string[] = [];
  const told: string[] = [];
  const subscriber = new Subscriber<Item, Item, SenderView<Item>>({
    ...{ clock, link, subjects, type, nobody: "anonymous", own: "OWN", maxSenders: 100, maxEntries: 1_000 },
    ...options,
    complaints: new Complaints({ topic: "things", log, counters }),
    port: {
      begin: (...view) => new SenderView(...view),
      read: ({ entries }) =>
        entries.map((entry, index) => {
          const { key, value } = readFields(`entries.${index}`, entry);
          return { key: readText(`entries.${index}.key`, key), value: readWhole(`entries.${index}.value`, value, -1) };
        }),
      key: ({ key }) => key,
      merge: (_, raw) => raw,
      isOver: ({ value }) => value < 0,
      told: (view, { said, missing }) => {
        for (const { key, value } of said) told.push(`${view.id} ${key} ${value}`);
        for (const { key } of missing) told.push(`${view.id} ${key} gone`);
      },
      evicted: (view, { key }) => evicted.push(`${view.id} ${key}`),
      scopeOf: () => [],
    },
  });
  const known = (sender: string) =>
    Object.fromEntries([...(subscriber.view(sender)?.entries() ?? [])].map(({ key, value }) => [key, value]));
  return { clock, link, log, counters, evicted, told, subscriber, known };
}
