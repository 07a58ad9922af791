import { describe, expect, test } from "vitest";
import { Peers } from "./peers.ts";

describe("Peers", () => {
  test("are the processes that call, whatever names they share", () => {
    const peers = new Peers();
    const first = peers.get("_INBOX.cli.a", "cli", 0);
    expect(peers.get("_INBOX.cli.a", "cli", 1)).toBe(first);
    expect(peers.get("_INBOX.cli.b", "cli", 1)).not.toBe(first);
  });

  test("are bounded: who makes up inboxes without end pushes out the longest idle", () => {
    const peers = new Peers();
    for (let i = 0; i < 10_500; i++) peers.get(`_INBOX.cli.${i}`, "cli", i);
    expect(peers.size).toBe(10_000);
    expect(peers.known("_INBOX.cli.0")).toBeUndefined();
    expect(peers.known("_INBOX.cli.10499")).toBeDefined();
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
