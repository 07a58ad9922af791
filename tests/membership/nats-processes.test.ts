import { nats } from "@reeve/nats";
import { inProcess } from "@reeve/runtime";
import type { Transport } from "@reeve/runtime/transport";
import { type NatsServer, natsServer } from "@reeve/testing";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { long } from "../kit/long.ts";
import { announcingChild, type Child } from "./children.ts";
import { type Watcher, watcher } from "./watchers.ts";

let server: NatsServer;
beforeAll(async () => {
  server = await natsServer();
});
afterAll(() => server.close());

async function host(caller = "ours"): Promise<Transport> {
  const transport = nats({ servers: server.url, caller });
  onTestFinished(() => transport.close());
  await transport.connect();
  return transport;
}

/** The lag that every heartbeat of the child tells, as it comes over the wire. */
function heartbeats(transport: Transport): {
  readonly heard: number[];
  until(condition: () => boolean): Promise<void>;
} {
  const heard: number[] = [];
  let check = () => {};
  transport.subscribe("reeve.sys.alive.child", ({ data }) => {
    heard.push(JSON.parse(new TextDecoder().decode(data)).lagMs);
    check();
  });
  return {
    heard,
    until: (condition) =>
      new Promise((resolve) => {
        check = () => {
          if (condition()) resolve();
        };
        check();
      }),
  };
}

/**
 * Until its thread sends the heartbeats, which alone can tell a lag, a child that is blocked is silent: a short silence limit begins after that.
 */
async function threadSpeaks(child: Child, heard: readonly number[]): Promise<void> {
  while (!heard.some((lagMs) => lagMs > 0)) {
    child.send("block 1200");
    await child.line();
  }
}

const serves = ({ members }: Watcher) => members.of("volume", 1)[0]?.canServe === true;

test("a blocked event loop does not stop the heartbeats, which tell how long it is blocked", async () => {
  const transport = await host();
  const { heard, until } = heartbeats(transport);
  const child = announcingChild(server.url);
  await threadSpeaks(child, heard);
  await until(() => heard.at(-1) === 0);
  const watching = watcher(transport, { silenceLimitMs: 2_000 });
  await watching.until(() => serves(watching));
  child.send("block 3500");
  const before = heard.length;
  await until(() => heard.slice(before).some((lagMs) => lagMs > 1_000));
  await child.line();
  const during = heard.slice(before);
  expect(during.length).toBeGreaterThanOrEqual(5);
  expect(watching.members.of("volume", 1)).toMatchObject([{ state: "serving" }]);
  await until(() => heard.at(-1) === 0);
  expect(watching.gone).toEqual([]);
});

test.runIf(long)(
  "over 5 s of a blocked event loop it says that it is degraded, over 30 s nothing, and heals by itself",
  { timeout: 120_000 },
  async () => {
    const transport = await host();
    const { heard, until } = heartbeats(transport);
    const child = announcingChild(server.url);
    await threadSpeaks(child, heard);
    const watching = watcher(transport, { silenceLimitMs: 2_000 });
    await watching.until(() => serves(watching));
    child.send("block 6500");
    await watching.until(() => watching.members.of("volume", 1)[0]?.state === "degraded");
    expect(watching.members.of("volume", 1)).toMatchObject([{ canServe: false, reasons: ["LOOP_LAGGING"] }]);
    expect(heard.at(-1)).toBeGreaterThan(5_000);
    expect(await child.line()).toBe("free");
    await watching.until(() => serves(watching));
    expect(watching.gone).toEqual([]);
    child.send("block 34000");
    await watching.until(() => watching.gone.length === 1);
    expect(Math.max(...heard)).toBeGreaterThan(29_000);
    expect(await child.line()).toBe("free");
    await watching.until(() => serves(watching));
    await until(() => heard.at(-1) === 0);
  },
);

test("a killed process is suspect, then gone; a stopped one that goes on was never gone", async () => {
  const transport = await host();
  const watching = watcher(transport, { silenceLimitMs: 6_000 });
  const child = announcingChild(server.url);
  await watching.until(() => serves(watching));
  child.process.kill("SIGSTOP");
  await watching.until(() => watching.members.of("volume", 1)[0]?.hearing === "suspect");
  child.process.kill("SIGCONT");
  await watching.until(() => serves(watching));
  expect(watching.gone).toEqual([]);
  child.process.kill("SIGKILL");
  await watching.until(() => watching.members.of("volume", 1).length === 0);
  expect(watching.gone).toMatchObject([{ address: "child", caller: "child" }]);
});

test("a process that ends in order says so, long before its silence would", async () => {
  const transport = await host();
  const watching = watcher(transport, { silenceLimitMs: 600_000 });
  const child = announcingChild(server.url, 60_000);
  await watching.until(() => serves(watching));
  child.send("close");
  await watching.until(() => watching.members.of("volume", 1).length === 0);
  await child.exited();
  expect(child.process.exitCode).toBe(0);
});

test("a broker that freezes, or dies and comes back, takes no member with it", async () => {
  const transport = await host();
  const { heard, until } = heartbeats(transport);
  const child = announcingChild(server.url);
  await threadSpeaks(child, heard);
  const watching = watcher(transport, { silenceLimitMs: 3_000 });
  await watching.until(() => serves(watching));
  await server.pause();
  // Held up for longer than the limit, by a clock that does not need the broker.
  child.send("block 4000");
  await child.line();
  server.resume();
  let more = heard.length + 2;
  await until(() => heard.length >= more);
  expect(watching.gone).toEqual([]);
  await server.kill();
  child.send("block 1500");
  await child.line();
  await server.restart();
  await transport.connect();
  more = heard.length + 2;
  await until(() => heard.length >= more);
  expect(watching.gone).toEqual([]);
  expect(serves(watching)).toBe(true);
});

test("a transport says where a thread can connect only if there is a wire, and prints no credentials", async () => {
  const loopback: Transport = inProcess().client();
  expect(loopback.forThread?.()).toBeUndefined();
  const transport = nats({ servers: server.url, user: "u", password: "hunter2" });
  onTestFinished(() => transport.close());
  expect(transport.forThread?.()).toEqual({
    module: expect.stringMatching(/^file:.*nats-thread\.ts$/),
    data: { servers: server.url, user: "u", password: "hunter2", caller: "u", name: "u-thread" },
  });
  const { inspect } = await import("node:util");
  expect(inspect(transport, { depth: 9, showHidden: true })).not.toContain("hunter2");
});
