import { expect, test } from "vitest";
import { z } from "zod";
import { actorBench as bench, Stats, ssd } from "./actor-bench.fixture.ts";

const anything = z.any();
const deep = (depth: number): object => (depth === 0 ? {} : { d: deep(depth - 1) });

test.each([
  ["the schema", Stats, { free: -1 }, /^capabilities of volume block-01@ssd: free: /],
  ["a wrong type", Stats, { free: "much" }, /free: /],
  ["text", anything, "much", /expected an object of named capabilities, got "much"/],
  ["an array", anything, [1], /expected an object .*, got \[1\]/],
  ["NaN", anything, { free: Number.NaN }, /: free: expected a finite number, got NaN/],
  [
    "an infinite number",
    anything,
    { pools: [{ free: Number.POSITIVE_INFINITY }] },
    /: pools\.0\.free: expected a finite number, got Infinity/,
  ],
  ["a big integer", anything, { free: 1n }, /: free: expected plain data, got 1/],
  ["a function", anything, { free: () => 1 }, /: free: expected plain data, got/],
  ["a date", anything, { at: new Date(0) }, /: at: expected plain data, got/],
  [
    "a name that would change the object",
    anything,
    JSON.parse('{"__proto__":{"free":9}}'),
    /__proto__: the name is reserved/,
  ],
  ["too deep a tree", anything, deep(9), /expected at most 8 levels, got more/],
  ["too much", anything, { text: "é".repeat(2_000) }, /bytes, more than the \d+ a message may have/],
])("an update is refused for %s, and what was said before stands", async (_, schema, value, message) => {
  const { actor, clock, taken } = await bench({ payload: 4_096 });
  const handle = actor.attach({ ...ssd, schema });
  handle.update({ free: 5 });
  expect(() => handle.update(value as never)).toThrow(
    expect.objectContaining({ reason: "INVALID_INPUT", message: expect.stringMatching(message) }),
  );
  await clock.advance(0);
  expect(taken()[0]?.entries[0]).toMatchObject({ count: 1, set: { free: 5 } });
});

test("a schema that is asynchronous is refused", async () => {
  const { actor } = await bench();
  const handle = actor.attach({ ...ssd, schema: z.object({ free: z.number() }).refine(async () => false) });
  expect(() => handle.update({ free: 1 })).toThrow("its schema must not be asynchronous");
});

test.each([
  [{ manager: "a.b" }, /manager: expected .*, got "a.b"/],
  [{ address: "block-01@" }, /address: expected .*, got "block-01@"/],
  [{ cluster: "" }, /cluster: expected .*, got ""/],
  [{ epoch: -1 }, /epoch: expected .*-1/],
  [{ epoch: 1.5 }, /epoch: expected .*1\.5/],
  [{ schema: {} }, /schema: expected a Standard Schema, got {}/],
  [{ extra: { zone: Number.NaN } }, /zone: expected a finite number, got NaN/],
])("attach refuses %j", async (wrong, message) => {
  const { actor } = await bench();
  expect(() => actor.attach({ ...ssd, ...wrong } as never)).toThrow(
    expect.objectContaining({ reason: "INVALID_OPTION", message: expect.stringMatching(message) }),
  );
});

test("a status that does not exist is refused", async () => {
  const { actor } = await bench();
  expect(() => actor.attach(ssd).setStatus("well" as never)).toThrow('status: "well"');
});

test.each([
  [{ host: "a.b" }, /host: expected .*, got "a.b"/],
  [{ namespace: "a.>" }, /namespace: expected .*, got "a\.>"/],
  [{ intervalMs: 0 }, /intervalMs: expected .*0/],
  [{ snapshotEvery: 0 }, /snapshotEvery: expected .*0/],
])("the actor refuses %j", async (wrong, message) => {
  await expect(bench(wrong)).rejects.toMatchObject({
    reason: "INVALID_OPTION",
    message: expect.stringMatching(message),
  });
});
