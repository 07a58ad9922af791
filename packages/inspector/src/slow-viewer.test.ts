import { type AddressInfo, createConnection, createServer } from "node:net";
import { HostFeed, HostPicture, InspectionBus } from "@reeve/runtime/internal/inspection";
import { systemClock } from "@reeve/runtime/transport";
import { expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { inspector } from "./inspector.ts";
import type { EndpointMessage } from "./page-protocol.ts";

const token = "token-of-a-slow-viewer";
const managers = 2_000;
const bytesPerSecond = 1_048_576;

/** A host of managers with a past, at work: more to tell than a slow viewer takes while it happens. */
async function busyHost() {
  const bus = new InspectionBus();
  const ids = Array.from({ length: managers }, (_, index) => `worker/block-01@w${index}#1`);
  const calls = new Map(ids.map((id) => [id, 0]));
  const cause = { reason: "DRIVER_LOST", message: "The array does not answer. ".repeat(4), since: 0 };
  const history = Array.from({ length: 20 }, (_, at) => ({
    at,
    epoch: 1,
    event: "cause.raised",
    value: `s${at}`,
    causes: [cause],
  }));
  const load = (id: string) => ({ id, inFlight: 0, queued: 0, calls: calls.get(id)!, errors: 0 });
  const snapshot = (id: string, value: string) => {
    const context = { ...load(id), causes: [], epoch: 1, startedAt: 0 };
    return { status: "active", value, context } as const;
  };
  for (const id of ids) {
    const actor = { type: "actor", id, name: id.slice(0, -2), host: "block-01", parentId: undefined } as const;
    const definition = { id: "manager", states: { serving: {} } };
    bus.add({
      load: () => load(id),
      describe: () => ({ ...actor, definition, snapshot: snapshot(id, "serving"), history, at: 0 }),
    });
  }
  const host = { host: "block-01", startedAt: 0, bus };
  const feed = new HostFeed({ host, clock: systemClock, instance: "busy" });
  const page = await inspector({ port: 0, token }).attach({ feed, clock: systemClock });
  onTestFinished(() => page.close());
  let next = 0;
  const timer = setInterval(() => {
    for (let count = 0; count < 100; count++) {
      next += 1;
      const id = ids[(next * 7) % managers]!;
      calls.set(id, calls.get(id)! + 1);
      bus.emit({ type: "event", id, sourceId: undefined, event: { type: "call", operation: "work" }, at: next });
      if (count < 5)
        bus.emit({
          type: "snapshot",
          id,
          event: { type: "step" },
          snapshot: snapshot(id, `serving.${next}`),
          at: next,
        });
    }
  }, 20);
  onTestFinished(() => clearInterval(timer));
  return { feed, port: Number(new URL(page.url).port), rest: () => clearInterval(timer) };
}

/** A link that carries so many bytes a second and no more, as a TCP connection does. */
async function narrowLink(target: number): Promise<number> {
  const server = createServer((near) => {
    const far = createConnection(target, "127.0.0.1");
    near.pipe(far);
    far.on("data", (chunk) => {
      near.write(chunk);
      far.pause();
      setTimeout(() => far.resume(), (chunk.length / bytesPerSecond) * 1_000);
    });
    near.on("error", () => far.destroy());
    far.on("error", () => near.destroy());
    near.on("close", () => far.destroy());
    far.on("close", () => near.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

test("a viewer behind a megabyte a second is told of 2,000 managers once, and then how each is last", async () => {
  const { feed, port, rest } = await busyHost();
  const socket = new WebSocket(`ws://127.0.0.1:${await narrowLink(port)}/live?token=${token}`);
  onTestFinished(() => socket.terminate());
  const picture = new HostPicture("busy");
  const introduced: string[] = [];
  let [missed, shown] = [0, 0];
  const { promise: caughtUp, resolve: isCaughtUp } = Promise.withResolvers<void>();
  socket.on("message", (data) => {
    const message = JSON.parse(String(data)) as EndpointMessage;
    if (message.type === "missed") {
      missed += message.missed;
      isCaughtUp();
    } else if (message.type === "news") {
      picture.apply(message.news);
      introduced.push(...(message.news.actors ?? []).map(({ id }) => id));
      shown += (message.news.messages ?? []).reduce((sum, { count }) => sum + count, 0);
    }
  });
  await caughtUp;
  expect(new Set(introduced).size).toBe(managers);
  expect(introduced).toHaveLength(managers);
  expect(missed).toBeGreaterThan(0);
  rest();
  const stateOf = (actors: HostPicture["actors"]) =>
    new Map([...actors].map(([id, { snapshot }]) => [id, `${snapshot.value} ${snapshot.context.calls}`]));
  const isTrue = () => {
    const truth = new HostPicture("busy");
    for (const news of feed.whole()) truth.apply(news);
    const [told, known] = [stateOf(picture.actors), stateOf(truth.actors)];
    return [...known].every(([id, state]) => told.get(id) === state);
  };
  await expect.poll(isTrue, { timeout: 20_000, interval: 100 }).toBe(true);
  expect(introduced).toHaveLength(managers);
  expect(shown).toBeGreaterThan(0);
}, 60_000);
