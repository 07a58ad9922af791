import { once } from "node:events";
import { setImmediate, setTimeout } from "node:timers/promises";
import { queryObjects } from "node:v8";
import { inspector } from "@reeve/inspector";
import { nats } from "@reeve/nats";
import { createSupervisor } from "@reeve/runtime";
import { HostPicture } from "@reeve/runtime/internal/inspection";
import { sqlite } from "@reeve/runtime/sqlite";
import { natsServer } from "@reeve/testing";
import { describe, expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { long } from "../kit/long.ts";
import { type HostsAnswer, ScaleFleet } from "./scale/fleet.ts";
import { workerManager, workers } from "./scale/workers.ts";

const token = "token-of-the-memory-test";
const megabyte = 1_048_576;

/** Two hosts that call each other over a real broker; the first has an inspector. */
async function twoHosts() {
  const broker = await natsServer();
  onTestFinished(() => broker.stop());
  const [one, other] = ["block-0", "block-1"].map((host) =>
    createSupervisor({
      host,
      transport: nats({ servers: broker.url }),
      store: sqlite({ path: ":memory:" }),
      log: { level: "silent" },
      inspector: inspector({ port: 0, token }),
    }),
  );
  for (const supervisor of [one!, other!]) {
    for (let backend = 0; backend < 4; backend++) supervisor.spawn(workerManager, { backend: `w${backend}` });
    onTestFinished(() => supervisor.stop());
  }
  await Promise.all([one!.start(), other!.start()]);
  const ref = one!.ref(workers);
  /** So many thousand calls that are answered, ten outstanding. On a busy machine a host may be degraded for a while. */
  const work = async (thousands: number): Promise<void> => {
    const to = Array.from({ length: 100 }, (_, index) => `block-1@w${index % 4}`);
    for (let handed = 0; handed < thousands * 10; ) {
      const turns = Array.from({ length: 10 }, (_, index) => ref.at(`block-0@w${index % 4}`).hand({ to }));
      handed += (await Promise.allSettled(turns)).filter(({ status }) => status === "fulfilled").length;
      await setImmediate();
    }
  };
  return { supervisor: one!, work };
}

/** How many objects there are that somebody can reach. */
function objects(): number {
  return queryObjects(Object, { format: "count" });
}

test("calls that nobody watches leave nothing behind", async () => {
  const { work } = await twoHosts();
  await work(10);
  const before = objects();
  await work(10);
  const grown = objects() - before;
  console.log(`${before} objects, ${grown} more after 10,000 calls`);
  expect(grown).toBeLessThan(1_000);
}, 180_000);

test("a viewer that has left leaves nothing behind that grows with what happens", async () => {
  const { supervisor, work } = await twoHosts();
  const { host } = new URL(supervisor.inspectorUrl!);
  const watched = async (): Promise<void> => {
    const socket = new WebSocket(`ws://${host}/live?token=${token}`);
    const shown = new Promise<void>((resolve) => {
      const hosts = new Set<string>();
      socket.on("message", (data) => {
        const { type, news } = JSON.parse(String(data));
        if (type === "news" && news.messages) hosts.add(news.instance);
        if (hosts.size === 2) resolve();
      });
    });
    await once(socket, "open");
    await Promise.all([shown, work(1)]);
    const closed = new Promise((resolve) => socket.once("close", resolve));
    socket.close();
    await closed;
  };
  // What is kept for a page that is opened later has a bound: until that is reached.
  let before = objects();
  for (let round = 0, grown = Number.POSITIVE_INFINITY; round < 20 && grown > 500; round++) {
    await watched();
    await work(2);
    grown = objects() - before;
    before += grown;
  }
  const pictures = queryObjects(HostPicture, { format: "count" });
  for (let time = 0; time < 3; time++) await watched();
  await work(2);
  const grown = objects() - before;
  console.log(`${before} objects, ${pictures} pictures; ${grown} more after three further viewers`);
  expect(grown).toBeLessThan(1_500);
  expect(queryObjects(HostPicture, { format: "count" })).toBeLessThanOrEqual(pictures);
}, 180_000);

describe.runIf(long)("for ten minutes", () => {
  test("1,000 managers at 5,000 calls a second, watched by nobody, keep the memory that they have", async () => {
    await using fleet = await ScaleFleet.start({ processes: 4, hostsEach: 5, managersEach: 50, token });
    await fleet.makeCalls(5_000);
    // Pools and windows fill, and the engine has seen the code.
    await setTimeout(120_000);
    await fleet.ask();
    const samples: (readonly HostsAnswer[])[] = [];
    for (let sample = 0; sample < 20; sample++) {
      await setTimeout(30_000);
      const answers = await fleet.ask({ atRest: true });
      await fleet.makeCalls(5_000);
      samples.push(answers);
      const megabytes = (bytes: keyof HostsAnswer) => answers.map((one) => (Number(one[bytes]) / megabyte).toFixed(1));
      const calls = answers.reduce((sum, { settled }) => sum + settled, 0) / 30;
      console.log(
        `${(sample + 1) / 2} min: ${calls.toFixed()} calls/s, heap ${megabytes("heapBytes").join(" ")} MB, RSS ${megabytes("rssBytes").join(" ")} MB`,
      );
    }
    for (const [index] of samples[0]!.entries()) {
      const of = (bytes: "heapBytes" | "rssBytes") => samples.map((sample) => sample[index]![bytes] / megabyte);
      const heap = slopeOf(of("heapBytes")) * 2;
      // The engine takes room for its young objects for longer than it takes to warm up, and then stands.
      const [first, last] = [of("rssBytes").slice(0, 3), of("rssBytes").slice(-3)].map(meanOf) as [number, number];
      console.log(
        `process ${index}: heap ${heap.toFixed(2)} MB a minute, RSS ${first.toFixed()} to ${last.toFixed()} MB`,
      );
      expect.soft(heap).toBeLessThan(0.5);
      expect.soft(last / first).toBeLessThan(1.05);
    }
  }, 1_500_000);
});

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, one) => sum + one, 0) / values.length;
}

/** Of the straight line that lies nearest to them, for one step. */
function slopeOf(values: readonly number[]): number {
  const [middleX, middleY] = [(values.length - 1) / 2, meanOf(values)];
  const over = values.reduce((sum, one, index) => sum + (index - middleX) * (one - middleY), 0);
  return over / values.reduce((sum, _, index) => sum + (index - middleX) ** 2, 0);
}
