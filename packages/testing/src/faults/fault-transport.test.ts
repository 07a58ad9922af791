import { inProcess } from "@reeve/runtime";
import { ManualClock } from "@reeve/runtime/internal";
import type { Transport } from "@reeve/runtime/transport";
import { expect, test, vi } from "vitest";
import { type FaultTransport, faultTransport } from "./fault-transport.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

async function pair(seed = 1) {
  const hub = inProcess();
  const clock = new ManualClock();
  const lines: string[] = [];
  const peer = hub.client();
  const faulty = faultTransport(hub.client(), { seed, clock, print: (line) => lines.push(line) });
  await Promise.all([peer.connect(), faulty.connect()]);
  return { peer, faulty, clock, lines };
}

function collect(transport: Transport, subject = ">"): string[] {
  const got: string[] = [];
  transport.subscribe(subject, ({ data }) => void got.push(new TextDecoder().decode(data)));
  return got;
}

async function send(from: Transport, to: Transport, subject: string, count: number): Promise<void> {
  for (let i = 0; i < count; i++) from.publish(subject, bytes(String(i)));
  await to.flush();
}

test("the seed is printed and repeats the run; another gives another", async () => {
  const run = async (seed: number) => {
    const { peer, faulty, lines } = await pair(seed);
    const got = collect(peer);
    faulty.drop({ direction: "out", probability: 0.5 });
    await send(faulty, peer, "s", 64);
    expect(lines).toEqual([`fault seed ${seed}; REEVE_FAULT_SEED=${seed} repeats the run`]);
    return got.join();
  };
  const first = await run(1);
  expect(await run(1)).toBe(first);
  expect(await run(2)).not.toBe(first);
  expect(first.split(",").length).toBeGreaterThan(10);
  expect(first.split(",").length).toBeLessThan(54);
});

test("a fault befalls only its direction and subject, counts its hits and ends when stopped", async () => {
  const { peer, faulty } = await pair();
  const out = collect(peer);
  const fault = faulty.drop({ direction: "out", subject: "lost.*" });
  await send(faulty, peer, "lost.a", 2);
  await send(faulty, peer, "kept.a", 1);
  expect([out, fault.hits]).toEqual([["0"], 2]);
  const back = collect(faulty, "lost.>");
  await send(peer, faulty, "lost.a", 1);
  expect(back).toEqual(["0"]);
  fault.stop();
  await send(faulty, peer, "lost.a", 1);
  expect(fault.hits).toBe(2);
});

test("inbound messages are dropped too", async () => {
  const { peer, faulty } = await pair();
  const got = collect(faulty);
  faulty.drop({ direction: "in", subject: "lost" });
  await send(peer, faulty, "lost", 1);
  await send(peer, faulty, "kept", 1);
  expect(got).toEqual(["0"]);
});

test("duplicates come as often as told", async () => {
  const { peer, faulty } = await pair();
  const got = collect(peer);
  faulty.duplicate({ direction: "out", copies: 2 });
  await send(faulty, peer, "s", 2);
  expect(got).toEqual(["0", "0", "0", "1", "1", "1"]);
});

test("delays are timed by the injected clock and keep the order", async () => {
  const { peer, faulty, clock } = await pair();
  const got = collect(peer);
  faulty.delay(100, { direction: "out" });
  await send(faulty, peer, "s", 3);
  await clock.advance(99);
  await peer.flush();
  expect(got).toEqual([]);
  await clock.advance(1);
  await peer.flush();
  expect(got).toEqual(["0", "1", "2"]);
});

test("reordered messages all come, in another order", async () => {
  const { peer, faulty, clock } = await pair();
  const got = collect(faulty);
  faulty.reorder(50, { direction: "in" });
  await send(peer, faulty, "s", 16);
  for (let i = 0; i < 50; i++) {
    await clock.advance(1);
    await faulty.flush();
  }
  const sent = Array.from({ length: 16 }, (_, i) => String(i));
  expect([...got].sort((a, b) => Number(a) - Number(b))).toEqual(sent);
  expect(got).not.toEqual(sent);
});

test("cut, it is a lost link to its client; healed, it connects", async () => {
  const { peer, faulty } = await pair();
  const got = collect(faulty);
  const told: boolean[] = [];
  faulty.onLink((connected) => told.push(connected));
  faulty.cut();
  expect(faulty.connected).toBe(false);
  expect(() => faulty.publish("s", bytes(""))).toThrow(
    expect.objectContaining({ reason: "LINK_LOST", outcome: "never-sent" }),
  );
  await expect(faulty.flush()).rejects.toMatchObject({ reason: "LINK_LOST" });
  await send(peer, peer, "s", 1);
  const again = faulty.connect();
  const abort = new AbortController();
  const given = faulty.connect(abort.signal);
  abort.abort();
  await expect(given).rejects.toMatchObject({ reason: "CANCELLED" });
  faulty.heal();
  await again;
  await send(peer, faulty, "s", 1);
  expect([got, told]).toEqual([["0"], [false, true]]);
});

test("nothing held back is delivered to an ended subscription", async () => {
  const { peer, faulty, clock } = await pair();
  const handler = vi.fn();
  const subscription = faulty.subscribe("s", handler);
  faulty.delay(10, { direction: "in" });
  await send(peer, faulty, "s", 1);
  subscription.unsubscribe();
  await clock.advance(10);
  await faulty.flush();
  expect(handler).not.toHaveBeenCalled();
});

test("a malformed seed or probability is refused", async () => {
  const { faulty }: { faulty: FaultTransport } = await pair();
  expect(() => faulty.drop({ probability: 2 })).toThrow("probability: expected 0 to 1, got 2");
  expect(() => faultTransport(faulty, { seed: 0.5 })).toThrow("seed: expected a whole number, got 0.5");
});
