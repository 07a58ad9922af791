import { expect, test } from "vitest";
import { ManualClock } from "../base/manual-clock.ts";
import { memoryCounters, recordingLogger } from "../telemetry/index.ts";
import { InspectionBus } from "./bus.ts";
import type { FleetMessage, FleetTransport } from "./fleet-channel.ts";
import { FleetFeed } from "./fleet-feed.ts";
import { FleetWatch } from "./fleet-watch.ts";
import { HostFeed } from "./host-feed.ts";
import { HostPicture } from "./host-picture.ts";
import type { HostNews } from "./news.ts";
import { WatchedActor } from "./watched-actor.fixture.ts";

type Handler = (message: FleetMessage) => void;

/** Just enough of a broker: the real ones are in `tests/inspector`. */
class Wire {
  readonly subscriptions = new Set<{ readonly subject: string; readonly handler: Handler }>();
  loses: (subject: string) => boolean = () => false;
  maxPayloadBytes = 1_048_576;

  client(caller: string): FleetTransport & { connected: boolean } {
    const wire = this;
    return {
      connected: true,
      caller,
      inbox: `_INBOX.${caller}.1`,
      get maxPayloadBytes() {
        return wire.maxPayloadBytes;
      },
      publish: (subject, data, { reply } = {}) => this.#publish(subject, data, reply),
      flush: async () => {},
      onLink: () => () => {},
      subscribe: (subject, handler) => {
        const subscription = { subject, handler };
        this.subscriptions.add(subscription);
        return { unsubscribe: () => void this.subscriptions.delete(subscription) };
      },
    };
  }

  #publish(subject: string, data: Uint8Array, reply: string | undefined): void {
    if (data.length > this.maxPayloadBytes) throw new Error("too large");
    if (this.loses(subject)) return;
    const matching = [...this.subscriptions].filter((one) => one.subject === subject || matches(one.subject, subject));
    for (const { handler } of matching) handler({ subject, data, reply, noResponders: false });
    if (matching.length > 0 || reply === undefined) return;
    const notice = { subject: reply, data: new Uint8Array(), noResponders: true };
    for (const one of this.subscriptions) if (one.subject === reply) one.handler(notice);
  }
}

function matches(pattern: string, subject: string): boolean {
  const tokens = subject.split(".");
  const wanted = pattern.split(".");
  return wanted.length === tokens.length && wanted.every((token, at) => token === "*" || token === tokens[at]);
}

function fleet() {
  const clock = new ManualClock();
  const wire = new Wire();
  const bus = new InspectionBus();
  const [log, counters] = [recordingLogger(), memoryCounters()];
  const host = { host: "b", startedAt: 0, bus };
  const feed = new HostFeed({ host, clock, instance: "b-1" });
  const elsewhere = new FleetFeed({
    feed,
    transport: wire.client("b"),
    namespace: "reeve",
    clock,
    log,
    counters,
  });
  const picture = new HostPicture("b-1");
  const heard: HostNews[] = [];
  const watching = recordingLogger();
  const unreadable: (readonly [caller: string, instance: string | undefined, problem: string])[] = [];
  const watch = new FleetWatch({
    transport: wire.client("a"),
    namespace: "reeve",
    clock,
    watcher: "w",
    log: watching,
    receive: (news) => {
      heard.push(news);
      return news.instance !== "b-1" || picture.apply(news).whole;
    },
    forgotten: () => {},
    unreadable: (...told) => unreadable.push(told),
  });
  return { clock, wire, bus, feed, elsewhere, picture, heard, watch, log, counters, watching, unreadable };
}

test("a host tells its news elsewhere only while somebody there watches", async () => {
  const { clock, bus, picture, watch } = fleet();
  new WatchedActor(bus, "volume/b");
  expect(bus.watched).toBe(false);
  watch.begin();
  expect(bus.watched).toBe(true);
  expect(picture.facts?.host).toBe("b");
  expect([...picture.actors.keys()]).toEqual(["volume/b#1"]);
  await clock.advance(30_000);
  expect(bus.watched).toBe(true);
  watch.end();
  expect(bus.watched).toBe(false);
  expect(clock.pending).toBe(0);
});

test("a watcher that dies without a word is forgotten", async () => {
  const { clock, wire, bus, watch } = fleet();
  watch.begin();
  wire.loses = (subject) => subject.includes(".wanted.");
  await clock.advance(12_000);
  expect(bus.watched).toBe(false);
});

test("a host that comes back after its restart, or a watcher that comes late, is told everything", async () => {
  const { clock, wire, bus, feed, elsewhere, watch, picture } = fleet();
  new WatchedActor(bus, "volume/b");
  watch.begin();
  const other = new HostPicture("b-1");
  const late = new FleetWatch({
    transport: wire.client("c"),
    namespace: "reeve",
    clock,
    watcher: "late",
    receive: (news) => other.apply(news).whole,
    forgotten: () => {},
    unreadable: () => {},
  });
  await clock.advance(3_000);
  late.begin();
  await clock.advance(3_000);
  expect(other.actors).toEqual(picture.actors);
  feed.close();
  elsewhere.close();
  expect(bus.watched).toBe(false);
});

test("what the wire loses is asked for again", async () => {
  const { clock, wire, bus, picture, watch } = fleet();
  watch.begin();
  wire.loses = (subject) => subject === "reeve.sys.inspection.b";
  const actor = new WatchedActor(bus, "volume/b");
  await clock.advance(1_000);
  expect(picture.actors.size).toBe(0);
  wire.loses = () => false;
  actor.calls = 3;
  await clock.advance(5_000);
  expect(picture.actors.get("volume/b#1")?.snapshot.context.calls).toBe(3);
});

test("news too large for one message goes without its tables", async () => {
  const { clock, wire, bus, heard, watch } = fleet();
  const actor = new WatchedActor(bus, "volume/b");
  actor.own = { blob: Array.from({ length: 200 }, () => "x".repeat(100)) };
  wire.maxPayloadBytes = 6_000;
  watch.begin();
  watch.want({ focus: ["volume/b#1"], panels: [] });
  await clock.advance(2_000);
  expect(heard.every(({ details }) => details === undefined)).toBe(true);
  expect(heard.some(({ skipped }) => (skipped ?? 0) > 0)).toBe(true);
});

test("what is wanted closely is told to the host", async () => {
  const { clock, bus, heard, watch } = fleet();
  const actor = new WatchedActor(bus, "volume/b");
  actor.own = { exported: 3 };
  watch.begin();
  watch.want({ focus: ["volume/b#1"], panels: [] });
  await clock.advance(1_000);
  expect(heard.at(-1)!.details).toMatchObject([{ id: "volume/b#1", context: { own: { exported: 3 } } }]);
});

test("bytes that are no notice and no news harm nobody", async () => {
  const { wire, watch, picture, bus } = fleet();
  const stranger = wire.client("x");
  watch.begin();
  const bytes = ["", "null", "[]", '{"sender":1}', "\u0000", '{"watcher":{}}', '{"type":"reeve.inspection.v1"}'];
  for (const text of bytes) {
    const data = new TextEncoder().encode(text);
    stranger.publish("reeve.sys.wanted.inspection.x", data);
    stranger.publish("reeve.sys.inspection.x", data);
  }
  new WatchedActor(bus, "volume/b");
  expect(picture.facts?.host).toBe("b");
});

test("news of a shape that no page knows costs its sender alone, and is told once", async () => {
  const { clock, wire, bus, heard, watch, watching, picture } = fleet();
  const actor = new WatchedActor(bus, "volume/b");
  watch.begin();
  await clock.advance(1_000);
  const [told] = heard;
  const stranger = wire.client("x");
  const tell = (sequence: number, body: object) => {
    const head = { type: "reeve.inspection.v1", sender: "X1", host: "x", sequence, whole: sequence === 1 };
    const text = JSON.stringify({ ...head, entries: [{ at: 0, ...body }] });
    stranger.publish("reeve.sys.inspection.x", new TextEncoder().encode(text));
  };
  const before = heard.length;
  tell(1, { host: told!.host!, actors: [{ ...told!.actors![0]!, snapshot: { status: "active" } }] });
  tell(2, { messages: [{ seq: 1, at: 0, to: { id: 1 }, type: "call", count: 1 }] });
  expect(heard).toHaveLength(before);
  expect(watching.lines).toMatchObject([{ level: "warn", fields: { kind: "malformed", caller: "x" } }]);
  // It says that it is another host, under its own token, and is shown as what its messages say.
  tell(3, { host: { ...told!.host!, host: "b" } });
  expect(heard.at(-1)).toMatchObject({ instance: "X1", host: { host: "x" } });
  actor.calls = 3;
  await clock.advance(2_000);
  expect(picture.actors.get("volume/b#1")?.snapshot.context.calls).toBe(3);
});

test("whoever watches is told which caller token cannot be understood, and as whom it was heard before", async () => {
  const { clock, wire, bus, watch, unreadable } = fleet();
  new WatchedActor(bus, "volume/b");
  watch.begin();
  await clock.advance(1_000);
  const say = (caller: string, message: object) =>
    wire.client(caller).publish(`reeve.sys.inspection.${caller}`, new TextEncoder().encode(JSON.stringify(message)));
  const head = { type: "reeve.inspection.v1", sender: "b-1", host: "b", sequence: 9_999, whole: true };
  say("b", { ...head, entries: [{ at: "noon" }] });
  say("x", { type: "reeve.inspection.v9" });
  expect(unreadable).toEqual([
    ["b", "b-1", expect.stringContaining("entries.0.at")],
    ["x", undefined, expect.stringContaining("type")],
  ]);
  // Another's token cannot make it look so.
  say("x", { ...head, entries: [{ at: 0, left: true }] });
  expect(unreadable).toHaveLength(2);
});

test("nobody tells of a host that another caller token tells of, nor in the name of its instance", async () => {
  const { clock, wire, bus, heard, watch, watching } = fleet();
  new WatchedActor(bus, "volume/b");
  watch.begin();
  await clock.advance(1_000);
  const stranger = wire.client("x");
  const before = heard.length;
  for (const sender of ["X1", "b-1"]) {
    const head = { type: "reeve.inspection.v1", sender, host: "b", sequence: 9_999, whole: true };
    const text = JSON.stringify({ ...head, entries: [{ at: 0, left: true }] });
    stranger.publish("reeve.sys.inspection.x", new TextEncoder().encode(text));
  }
  expect(heard).toHaveLength(before);
  expect(watching.lines.map(({ fields }) => (fields as { kind: string }).kind)).toEqual(["claimed", "foreign"]);
});

test.each(["reeve.sys.members.victim", "_INBOX.victim.1"])(
  "a watcher that wants its answers at %s gets none, and that is told once",
  (reply) => {
    const { wire, bus, log } = fleet();
    new WatchedActor(bus, "volume/b");
    const stranger = wire.client("x");
    const answers: string[] = [];
    for (const subject of ["reeve.sys.members.*", "_INBOX.victim.*", "reeve.sys.found.inspection.x.*"])
      stranger.subscribe(subject, (message) => answers.push(message.subject));
    const notice = { watcher: "w", interest: { focus: [], panels: [] } };
    const data = new TextEncoder().encode(JSON.stringify(notice));
    for (let times = 0; times < 2; times++) stranger.publish("reeve.sys.wanted.inspection.x", data, { reply });
    expect(answers).toEqual([]);
    expect(log.lines).toMatchObject([{ level: "warn", fields: { kind: "reply", caller: "x", what: reply } }]);
  },
);
