import type { NatsConnection, Status } from "@nats-io/transport-node";
import { ManualClock } from "@reeve/runtime/internal";
import { Alarms } from "@reeve/runtime/transport";
import { expect, test } from "vitest";
import { watch } from "./connection-watch.ts";
import { parseServer } from "./server-address.ts";
import { ServerPool } from "./server-pool.ts";

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** A connection that is quiet until it is told what to say. */
async function quiet() {
  const clock = new ManualClock();
  const statuses: Status[] = [];
  let wake = () => {};
  let inBytes = 0;
  let unanswered = 0;
  const pongs: (() => void)[] = [];
  const connection = {
    closed: () => new Promise<void>(() => {}),
    stats: () => ({ inBytes }),
    flush: () => new Promise<void>((resolve) => pongs.push(resolve)),
    async *status() {
      for (;;) {
        for (const status of statuses.splice(0)) yield status;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  } as unknown as NatsConnection;
  const state = { lost: false };
  const pool = new ServerPool([parseServer("servers", "127.0.0.1")], () => 0);
  const settings = { pingIntervalMs: 5_000, maxPingsOut: 2 };
  watch(
    connection,
    { pool, alarms: new Alarms(), clock, settings, onPublishRefused: () => {}, onRevoked: () => {} },
    () => {
      state.lost = true;
    },
  );
  await turn();
  return {
    clock,
    state,
    async pinged() {
      unanswered += 1;
      statuses.push({ type: "ping", pendingPings: unanswered });
      wake();
      await turn();
    },
    answered() {
      unanswered = 0;
      for (const pong of pongs.splice(0)) pong();
    },
    /** A message. */
    came(bytes = 6) {
      inBytes += bytes;
    },
  };
}

test("the last ping is waited for two fifths of the interval", async () => {
  const { clock, state, pinged } = await quiet();
  await pinged();
  await pinged();
  await clock.advance(1_999);
  await turn();
  expect(state.lost).toBe(false);
  await clock.advance(1);
  await turn();
  expect(state.lost).toBe(true);
});

test("a broker that sends nothing but answers to pings keeps the link", async () => {
  const { clock, state, pinged, answered } = await quiet();
  for (let ping = 0; ping < 10; ping++) {
    await pinged();
    answered();
    await clock.advance(5_000);
    await turn();
  }
  expect(state.lost).toBe(false);
  await pinged();
  await pinged();
  await clock.advance(2_000);
  await turn();
  expect(state.lost).toBe(true);
});

test("a broker that answers the last ping keeps the link", async () => {
  const { clock, state, pinged, answered } = await quiet();
  await pinged();
  await pinged();
  await clock.advance(1_999);
  answered();
  await turn();
  await clock.advance(60_000);
  await turn();
  expect(state.lost).toBe(false);
});

test("an answer that a blocked event loop reads after the time keeps the link", async () => {
  const { clock, state, pinged, answered } = await quiet();
  let fire = () => {};
  clock.setTimeout = (callback) => {
    fire = callback;
    return undefined;
  };
  await pinged();
  await pinged();
  fire();
  answered();
  await turn();
  expect(state.lost).toBe(false);
});

test("pings whose answers wait behind what is still to be read say nothing of the link", async () => {
  const { clock, state, pinged, came } = await quiet();
  for (let ping = 0; ping < 10; ping++) {
    await pinged();
    await clock.advance(4_000);
    await turn();
    came(1_000_000);
    await clock.advance(1_000);
  }
  expect(state.lost).toBe(false);
  await pinged();
  await pinged();
  await clock.advance(2_000);
  await turn();
  expect(state.lost).toBe(true);
});

test("a link that is silent right after it was heard while the last ping was awaited is lost as any other", async () => {
  const { clock, state, pinged, came } = await quiet();
  await pinged();
  await pinged();
  came();
  await clock.advance(2_000);
  await turn();
  expect(state.lost).toBe(false);
  await pinged();
  await pinged();
  await clock.advance(2_000);
  await turn();
  expect(state.lost).toBe(true);
});

test("while more pings may go unanswered, nothing is concluded", async () => {
  const { clock, state, pinged } = await quiet();
  await pinged();
  await clock.advance(60_000);
  await turn();
  expect(state.lost).toBe(false);
});
