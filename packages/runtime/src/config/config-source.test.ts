import { expect, test } from "vitest";
import { z } from "zod";
import { ManualClock } from "../base/manual-clock.ts";
import { openConfig } from "./config-source.ts";

const schema = z.object({ root: z.string(), limits: z.object({ gib: z.number().int().positive() }).optional() });

function gate<T>() {
  return Promise.withResolvers<T>();
}

test("a plain object is the configuration, and stays it at every reload", async () => {
  const source = { root: "/srv" };
  const config = await openConfig({ source, clock: new ManualClock() });
  expect(config.current).toBe(source);
  expect(await config.reload()).toBe(source);
});

test("a function is asked again at each reload, and what its schema makes of the answer is in force", async () => {
  let gib = "10";
  const config = await openConfig<{ gib: number }>({
    source: async () => ({ gib }) as never,
    schema: z.object({ gib: z.coerce.number(), colour: z.string().default("red") }),
    clock: new ManualClock(),
  });
  expect(config.current).toEqual({ gib: 10, colour: "red" });
  gib = "20";
  expect(config.current.gib).toBe(10);
  await config.reload();
  expect(config.current.gib).toBe(20);
});

test("a bad configuration leaves the old one in force and names every path", async () => {
  let value: unknown = { root: "/srv" };
  const config = await openConfig({ name: "volume config", source: () => value, schema, clock: new ManualClock() });
  const before = config.current;
  value = { root: 7, limits: { gib: -1 } };
  await expect(config.reload()).rejects.toMatchObject({
    reason: "INVALID_OPTION",
    message: expect.stringMatching(/^volume config: root: .*; limits\.gib: /),
    data: { issues: [{ path: "root" }, { path: "limits.gib" }] },
  });
  expect(config.current).toBe(before);
  value = { root: "/mnt" };
  await config.reload();
  expect(config.current).toEqual({ root: "/mnt" });
});

test("a source that throws leaves the old one in force and is the cause", async () => {
  let broken = false;
  const config = await openConfig({
    source: () => {
      if (broken) throw new Error("EACCES: config.json");
      return { root: "/srv" };
    },
    clock: new ManualClock(),
  });
  broken = true;
  await expect(config.reload()).rejects.toMatchObject({
    reason: "INVALID_OPTION",
    message: "config: its source failed: Error: EACCES: config.json",
    cause: { message: "EACCES: config.json" },
  });
  expect(config.current).toEqual({ root: "/srv" });
});

test("a first configuration that is bad is refused", async () => {
  await expect(openConfig({ source: {}, schema, clock: new ManualClock() })).rejects.toThrow("config: root: ");
});

test("reloads asked for while one is reading share one further read, and the last state wins", async () => {
  const gates = [gate<number>(), gate<number>(), gate<number>()];
  let reads = 0;
  const opening = openConfig({ source: () => gates[reads++]!.promise, clock: new ManualClock() });
  gates[0]!.resolve(0);
  const config = await opening;
  const first = config.reload();
  const others = Array.from({ length: 99 }, () => config.reload());
  gates[1]!.resolve(1);
  expect(await first).toBe(1);
  gates[2]!.resolve(2);
  expect(new Set(await Promise.all(others))).toEqual(new Set([2]));
  expect(reads).toBe(3);
  expect(config.current).toBe(2);
});

test("a failed read does not spoil the one that waits behind it", async () => {
  const answers = [async () => "old", async () => Promise.reject(new Error("torn file")), async () => "new"];
  const config = await openConfig({ source: () => answers.shift()!(), clock: new ManualClock() });
  const failing = config.reload();
  const waiting = config.reload();
  await expect(failing).rejects.toThrow("torn file");
  expect(await waiting).toBe("new");
});

test("a source that hangs is abandoned, and its late answer is ignored", async () => {
  const clock = new ManualClock();
  const late = gate<string>();
  const answers: Promise<string>[] = [Promise.resolve("old"), late.promise, Promise.resolve("new")];
  const signals: AbortSignal[] = [];
  const config = await openConfig({
    source: ({ signal }) => {
      signals.push(signal);
      return answers.shift()!;
    },
    clock,
    readTimeoutMs: 5_000,
  });
  const hanging = expect(config.reload()).rejects.toThrow("config: its source gave nothing within 5000 ms");
  await clock.advance(5_000);
  await hanging;
  expect(signals[1]!.aborted).toBe(true);
  expect(await config.reload()).toBe("new");
  late.resolve("too late");
  await clock.advance(0);
  expect(config.current).toBe("new");
  expect(clock.pending).toBe(0);
});

test("the owner's signal ends a read", async () => {
  const owner = new AbortController();
  const clock = new ManualClock();
  const opening = openConfig({ source: () => gate<string>().promise, clock, signal: owner.signal });
  owner.abort(new Error("stopping"));
  await expect(opening).rejects.toThrow("stopping");
  expect(clock.pending).toBe(0);
});
