import { expect, test } from "vitest";
import { z } from "zod";
import { actorBench as bench, Stats, ssd } from "./actor-bench.fixture.ts";

const anything = z.any();
const deep = (depth: number): object => (depth === 0 ? {} : { d: deep(depth - 1) });

test.each([
  ["the schema", Stats, { free: -1 }, /^capabilities of volume block-01@ssd: free: /],
  ["a wrong type", Stats, { free: "much" }, /free: /],
  ["text", anything, "much", /"much" is no object of named capabilities/],
  ["an array", anything, [1], /\[1\] is no object/],
  ["a number that is none", anything, { free: Number.NaN }, /: free: NaN is no finite number/],
  [
    "an infinite number",
    anything,
    { pools: [{ free: Number.POSITIVE_INFINITY }] },
    /: pools\.0\.free: Infinity is no finite/,
  ],
  ["a big integer", anything, { free: 1n }, /: free: 1 does not travel/],
  ["a function", anything, { free: () => 1 }, /: free: .* does not travel/],
  ["a date", anything, { at: new Date(0) }, /: at: .* does not travel/],
  [
    "a name that would change the object",
    anything,
    JSON.parse('{"__proto__":{"free":9}}'),
    /__proto__: the name is reserved/,
  ],
  ["too deep a tree", anything, deep(9), /nested deeper than 8/],
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
  [{ extra: { zone: Number.NaN } }, /zone: NaN/],
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
