import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { HostFeed, InspectionBus, ShownChildren } from "@reeve/runtime/internal/inspection";
import { systemClock } from "@reeve/runtime/transport";
import type { StatelyInspectionEvent } from "@statelyai/inspect";
import { expect, onTestFinished, test } from "vitest";
import { createActor, createMachine } from "xstate";
import { Fleet } from "./fleet.ts";
import { operatorToken, stage } from "./stage.fixture.ts";
import type { StatelyFrame } from "./stately-frame.ts";
import { StatelyViewer } from "./stately-viewer.ts";

/** What the official receiver has received. */
function receive(port: number) {
  const script = fileURLToPath(new URL("./stately-receiver.fixture.ts", import.meta.url));
  const address = `ws://127.0.0.1:${port}/inspect?token=${operatorToken}`;
  const child = spawn(process.execPath, [script, address], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill());
  const frames: any[] = [];
  let look = (): void => {};
  createInterface({ input: child.stdout }).on("line", (line) => {
    frames.push(JSON.parse(line));
    look();
  });
  const until = (fits: (frame: any) => boolean): Promise<any> =>
    new Promise((resolve) => {
      look = () => {
        const found = frames.find(fits);
        if (found) resolve(found);
      };
      look();
    });
  return { frames, until };
}

const begins = (name: string) => (frame: any) => frame.type === "@xstate.actor" && frame.name === name;
const took = (type: string) => (frame: any) => frame.type === "@xstate.event" && frame.event.type === type;

test("the official receiver gets hosts and every live actor first, then events and snapshots as they come", async () => {
  const { port, move, call } = await stage();
  const { frames, until } = receive(port);
  const actor = await until(begins("volume/a"));
  expect(actor).toMatchObject({ sessionId: "a-1/volume/a#1", rootId: "a-1", parentId: "a-1" });
  for (const text of [actor._version, actor.id]) expect(typeof text).toBe("string");
  expect(actor.createdAt).toMatch(/^\d+$/);
  expect(actor.snapshot).toMatchObject({
    status: "active",
    value: "serving",
    context: { epoch: 1, own: { exported: 3 } },
  });
  await until(({ type, sessionId }) => type === "@xstate.snapshot" && sessionId === actor.sessionId);
  expect(frames.map(({ type, sessionId }) => [type, sessionId])).toEqual([
    ["@xstate.actor", "a-1"],
    ["@xstate.snapshot", "a-1"],
    ["@xstate.actor", actor.sessionId],
    ["@xstate.snapshot", actor.sessionId],
  ]);
  expect(frames[0]).not.toHaveProperty("parentId");
  call("create", "volume/a#1");
  move("degraded", "cause.raised");
  expect(await until(took("volume.create"))).toMatchObject({
    sessionId: actor.sessionId,
    sourceId: actor.sessionId,
    event: { type: "volume.create", requestId: "r1" },
  });
  expect(
    await until((frame) => frame.type === "@xstate.snapshot" && frame.event.type === "cause.raised"),
  ).toMatchObject({ sessionId: actor.sessionId, snapshot: { value: "degraded" } });
});

test("the definitions are machines', so that the official tools can draw them", async () => {
  const { port } = await stage();
  const { until } = receive(port);
  const states = async (name: string) =>
    Object.keys(createMachine(JSON.parse((await until(begins(name))).definition)).states);
  expect(await states("volume/a")).toEqual(["serving", "degraded"]);
  expect(await states("a")).toEqual(["heard", "silent", "gone"]);
});

test("a caller named without its incarnation is the actor of that name, and one that is none is left out", async () => {
  const { port, call } = await stage();
  const { until } = receive(port);
  const { sessionId } = await until(begins("volume/a"));
  call("create", "volume/a");
  expect(await until(took("volume.create"))).toMatchObject({ sourceId: sessionId });
  call("get", "network/z");
  expect(await until(took("volume.get"))).not.toHaveProperty("sourceId");
});

test("payloads stay on this machine: what shows these frames may be somebody else's page", async () => {
  const { port, call } = await stage();
  const { frames, until } = receive(port);
  await until(begins("volume/a"));
  call("create", undefined, { name: "confidential" });
  await until(took("volume.create"));
  expect(JSON.stringify(frames)).not.toContain("confidential");
});

const disk = createMachine({
  id: "disk",
  initial: "idle",
  context: { key: "31-41-59", blocks: 0 },
  states: { idle: { on: { rebuild: "rebuilding" } }, rebuilding: { on: { done: "whole" } }, whole: { type: "final" } },
});

/** A viewer whose socket takes what it is given while it is not held up, on a bus with one manager. */
function viewer() {
  const bus = new InspectionBus();
  const feed = new HostFeed({ host: { host: "a", startedAt: 0, bus }, clock: systemClock, instance: "a-1" });
  const fleet = new Fleet({ feed, clock: systemClock });
  const frames: (StatelyFrame & StatelyInspectionEvent)[] = [];
  const socket = { bufferedAmount: 0, send: (text: string) => void frames.push(JSON.parse(text)) };
  const id = bus.newId("volume/a");
  const children = new ShownChildren({
    ...{ id, key: "volume/a", bus, clock: systemClock },
    secrets: { names: new Set(["key"]), hide: (text) => text },
  });
  const context = { causes: [], epoch: 1, inFlight: 0, queued: 0, calls: 0, errors: 0, startedAt: 0 };
  const snapshot = { status: "active", value: "serving", context } as const;
  bus.add({
    describe: () => ({
      ...{ type: "actor", id, name: "volume/a", host: "a", parentId: undefined },
      ...{ definition: { id: "manager" }, snapshot, at: 1 },
    }),
    children: () => children.describe(),
    load: () => ({ id, inFlight: 0, queued: 0, calls: 0, errors: 0 }),
  });
  const watch = () => {
    const watching = new StatelyViewer(socket, fleet, () => 1);
    onTestFinished(() => watching.leave());
  };
  /** Resolves once what has happened so far was told to whoever watches, and whoever began to before. */
  const passed = async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const watching = feed.watch(({ messages = [] }) => messages.some(({ type }) => type === "passed") && resolve());
    bus.emit({ type: "event", id, sourceId: undefined, event: { type: "passed" }, at: 1 });
    await promise;
    watching.end();
  };
  const spawn = (name: string, parent?: string) => {
    const actor = createActor(disk);
    const life = children.began({
      ...{ id: name, parent, definition: disk.config },
      snapshot: () => actor.getSnapshot() as never,
    });
    actor.start();
    return {
      life,
      send: (type: "rebuild" | "done") => {
        life.took({ type }, parent);
        actor.send({ type });
        if (actor.getSnapshot().status === "active") life.changed({ type });
        else life.ended({ type });
      },
    };
  };
  const lines = () =>
    frames.map((frame) => {
      const name = frame.sessionId.replace(/^a-1\/?(volume\/a)?\/?/, "").replace(/#\d+$/, "");
      if (frame.type === "@xstate.actor") return `${name} begins below ${frame.parentId?.replace(/.*\//, "")}`;
      if (frame.type === "@xstate.event") return `${name} takes ${frame.event.type}`;
      const { status, value } = frame.snapshot as { status: string; value?: unknown };
      return `${name} is ${value} (${status})`;
    });
  const own = () => lines().filter((line) => line.startsWith("disk"));
  return {
    bus,
    socket,
    frames,
    children,
    watch,
    spawn,
    passed,
    lines,
    own,
    until: (line: string) => expect.poll(own).toContain(line),
  };
}

test("users' own actors are below their manager or each other, each with its chart, and live between its begin and end", async () => {
  const { frames, watch, spawn, children, own, until } = viewer();
  const late = spawn("disk-1");
  watch();
  late.send("rebuild");
  const below = spawn("disk-2", "disk-1");
  below.send("rebuild");
  below.send("done");
  below.life.changed({ type: "late" });
  children.end();
  spawn("disk-3");
  await until("disk-1 is rebuilding (stopped)");
  expect(own()).toEqual([
    "disk-1 begins below a#1",
    "disk-1 is idle (active)",
    "disk-1 takes rebuild",
    "disk-1 is rebuilding (active)",
    "disk-2 begins below disk-1#2",
    "disk-2 is idle (active)",
    "disk-2 takes rebuild",
    "disk-2 is rebuilding (active)",
    "disk-2 takes done",
    "disk-2 is whole (done)",
    "disk-1 is rebuilding (stopped)",
  ]);
  const begun = frames.filter(({ type }) => type === "@xstate.actor").at(-1) as { readonly definition?: string };
  expect(Object.keys(createMachine(JSON.parse(begun.definition!)).states)).toEqual(["idle", "rebuilding", "whole"]);
  expect(JSON.stringify(frames)).toContain('"blocks":0');
  expect(JSON.stringify(frames)).not.toContain("31-41-59");
});

test("a viewer that was too slow is told what ended meanwhile, what lives now, and how many frames it missed", async () => {
  const { bus, socket, frames, watch, spawn, own, lines, until, passed } = viewer();
  const disk1 = spawn("disk-1");
  watch();
  await until("disk-1 is idle (active)");
  socket.bufferedAmount = 10_000_000;
  disk1.send("rebuild");
  disk1.send("done");
  spawn("disk-2");
  spawn("disk-3").life.ended({ type: "gone" });
  await passed();
  expect(own()).toEqual(["disk-1 begins below a#1", "disk-1 is idle (active)"]);
  socket.bufferedAmount = 0;
  bus.emit({ type: "event", id: "volume/a#1", sourceId: undefined, event: { type: "poke" }, at: 1 });
  await until("disk-2 is idle (active)");
  expect(own().slice(2)).toEqual(["disk-1 is whole (done)", "disk-2 begins below a#1", "disk-2 is idle (active)"]);
  expect(lines()).toContain(" takes frames.dropped");
  expect(frames.find(took("frames.dropped"))!).toMatchObject({ event: { missed: expect.any(Number) } });
});

test("a viewer that was too slow is told again of what it missed, and of nothing else", async () => {
  const { bus, socket, watch, spawn, own, until, passed } = viewer();
  const disks = Array.from({ length: 50 }, (_, index) => spawn(`disk-${index}`));
  watch();
  await until("disk-49 is idle (active)");
  const before = own().length;
  socket.bufferedAmount = 10_000_000;
  disks[7]!.send("rebuild");
  await passed();
  socket.bufferedAmount = 0;
  bus.emit({ type: "event", id: "volume/a#1", sourceId: undefined, event: { type: "poke" }, at: 1 });
  await until("disk-7 is rebuilding (active)");
  await passed();
  expect(own().slice(before)).toEqual(["disk-7 is rebuilding (active)"]);
});

test("a viewer that comes later is told of nothing that happened before", async () => {
  const { bus, watch, frames, spawn, passed } = viewer();
  spawn("disk-1");
  watch();
  bus.emit({ type: "event", id: "volume/a#1", sourceId: undefined, event: { type: "call", operation: "get" }, at: 5 });
  await expect.poll(() => frames.find(took("volume.get"))).toBeDefined();
  const before = frames.length;
  watch();
  await passed();
  expect(frames.slice(before).filter(({ type }) => type === "@xstate.actor")).not.toEqual([]);
  expect(frames.slice(before).filter(took("volume.get"))).toEqual([]);
});

test("what stands for many says so", async () => {
  const { bus, watch, frames } = viewer();
  watch();
  const event = { type: "call", operation: "get", count: 40 };
  bus.emit({ type: "event", id: "volume/a#1", sourceId: undefined, event, at: 5 });
  await expect.poll(() => frames.find(took("volume.get"))).toMatchObject({ event: { type: "volume.get", count: 40 } });
});
