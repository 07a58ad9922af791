import type { NatsConnection, Status } from "@nats-io/transport-node";
import { expect, test } from "vitest";
import { ManualClock } from "../../base/manual-clock.ts";
import { Alarms } from "../alarm.ts";
import { watch } from "./connection-watch.ts";
import { parseServer } from "./server-address.ts";
import { ServerPool } from "./server-pool.ts";

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** A connection that is quiet until it is told what to say. */
async function quiet() {
  const clock = new ManualClock();
  const statuses: Status[] = [];
  let wake = () => {};
  const pongs: (() => void)[] = [];
  const connection = {
    closed: () => new Promise<void>(() => {}),
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
  watch(connection, { pool, alarms: new Alarms(), clock, settings }, () => {
    state.lost = true;
  });
  await turn();
  return {
    clock,
    state,
    async pinged(pendingPings: number) {
      statuses.push({ type: "ping", pendingPings });
      wake();
      await turn();
    },
    answered() {
      for (const pong of pongs.splice(0)) pong();
    },
  };
}

test("the last ping is waited for two fifths of the interval", async () => {
  const { clock, state, pinged } = await quiet();
  await pinged(2);
  await clock.advance(1_999);
  await turn();
  expect(state.lost).toBe(false);
  await clock.advance(1);
  await turn();
  expect(state.lost).toBe(true);
});

test("a broker that answers the last ping keeps the link", async () => {
  const { clock, state, pinged, answered } = await quiet();
  await pinged(2);
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
  await pinged(2);
  fire();
  answered();
  await turn();
  expect(state.lost).toBe(false);
});

test("while more pings may go unanswered, nothing is concluded", async () => {
  const { clock, state, pinged } = await quiet();
  await pinged(1);
  await clock.advance(60_000);
  await turn();
  expect(state.lost).toBe(false);
});
