import { describe, expect, test } from "vitest";
import type { Peer } from "./peer.ts";
import { Peers } from "./peers.ts";

function remember({ answers }: Peer, bytes: number): void {
  answers.began(1);
  answers.answered(1, { bytes, answerTo: () => Buffer.alloc(0) });
}

describe("Peers", () => {
  test("are the processes that call, whatever names they share", () => {
    const peers = new Peers();
    const first = peers.get("_INBOX.cli.a", "cli", 0);
    expect(peers.get("_INBOX.cli.a", "cli", 1)).toBe(first);
    expect(peers.get("_INBOX.cli.b", "cli", 1)).not.toBe(first);
  });

  test("are bounded: a caller that makes up inboxes without end pushes out its own longest idle, and nobody else's", () => {
    const peers = new Peers();
    const honest = peers.get("_INBOX.honest.a", "honest", 0);
    for (let i = 0; i < 16_000; i++) peers.get(`_INBOX.cli.${i}`, "cli", i);
    expect(peers.size).toBe(1_001);
    expect(peers.known("_INBOX.cli.14999")).toBeUndefined();
    expect(peers.known("_INBOX.cli.15000")).toBeDefined();
    expect(peers.known("_INBOX.honest.a")).toBe(honest);
  });

  test("are bounded in all: callers with the most give way to those with few", () => {
    const peers = new Peers();
    const honest = peers.get("_INBOX.honest.a", "honest", 0);
    for (let i = 0; i < 30_000; i++) peers.get(`_INBOX.c${i % 30}.${i}`, `c${i % 30}`, i);
    expect(peers.size).toBe(10_000);
    expect(peers.known("_INBOX.honest.a")).toBe(honest);
  });

  test("stay while their calls run, whoever else comes", () => {
    const peers = new Peers();
    const busy = peers.get("_INBOX.cli.busy", "cli", 0);
    busy.running.set(1, {} as never);
    for (let i = 0; i < 3_000; i++) peers.get(`_INBOX.cli.${i}`, "cli", i);
    expect(peers.known("_INBOX.cli.busy")).toBe(busy);
  });

  test("of one caller are remembered with 64 MiB of answers together: the longest idle go first", () => {
    const peers = new Peers();
    const honest = peers.get("_INBOX.honest.a", "honest", 0);
    remember(honest, 8_388_608);
    for (let i = 0; i < 20; i++) remember(peers.get(`_INBOX.cli.${i}`, "cli", i), 8_388_608);
    peers.get("_INBOX.cli.20", "cli", 20);
    expect([...peers].map(({ inbox }) => inbox)).toEqual([
      "_INBOX.honest.a",
      ...Array.from({ length: 9 }, (_, i) => `_INBOX.cli.${i + 12}`),
    ]);
    expect(honest.answers.get(1)).toBeDefined();
  });

  test("of all callers are remembered with 256 MiB of answers together: those with more than their share lose theirs", () => {
    const peers = new Peers();
    const honest = peers.get("_INBOX.honest.a", "honest", 0);
    remember(honest, 100_000);
    const flood = Array.from({ length: 1_000 }, (_, i) => {
      const peer = peers.get(`_INBOX.c${i}.a`, `c${i}`, i);
      peer.answers.began(2);
      remember(peer, 8_388_608);
      return peer;
    });
    peers.get("_INBOX.honest.a", "honest", 1_000);
    const left = flood.filter(({ answers }) => answers.get(1) !== undefined);
    expect(left.length).toBeLessThanOrEqual(32);
    expect(left.length).toBeGreaterThanOrEqual(28);
    expect(honest.answers.get(1)).toBeDefined();
    expect(flood.every(({ answers }) => answers.get(2) === "running")).toBe(true);
  });

  test("are forgotten after a quarter of an hour without a call", () => {
    const peers = new Peers();
    peers.get("_INBOX.cli.a", "cli", 0);
    peers.get("_INBOX.cli.b", "cli", 800_000);
    peers.forgetIdle(1_000_000);
    expect(peers.known("_INBOX.cli.a")).toBeUndefined();
    expect(peers.known("_INBOX.cli.b")).toBeDefined();
  });

  test("are kept for as long as they may ask for an answer, however long ago they called", () => {
    const peers = new Peers();
    peers.get("_INBOX.cli.a", "cli", 0).asksUntil = 3_600_000;
    peers.forgetIdle(3_600_000);
    expect(peers.known("_INBOX.cli.a")).toBeDefined();
    peers.forgetIdle(3_600_001);
    expect(peers.known("_INBOX.cli.a")).toBeUndefined();
  });
});
