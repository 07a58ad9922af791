import { expect, test } from "vitest";
import { CastRoom } from "./cast-room.ts";

/** A table that counts how often it is counted. */
function room(limit: number) {
  const kept = new Map<string, number>();
  let counts = 0;
  const casts = new CastRoom(async (caster) => {
    counts++;
    return kept.get(caster) ?? 0;
  }, limit);
  const keep = async (caster = "a") => {
    await casts.require(caster);
    kept.set(caster, (kept.get(caster) ?? 0) + 1);
  };
  return { casts, kept, keep, counts: () => counts };
}

test("rows are counted seldom, and the bound is not exceeded", async () => {
  const { kept, keep, counts } = room(10_000);
  for (let index = 0; index < 10_000; index++) await keep();
  await expect(keep()).rejects.toMatchObject({ reason: "CASTS_FULL", data: { kept: 10_000 } });
  expect(kept.get("a")).toBe(10_000);
  expect(counts()).toBeLessThan(20);
});

test("whoever is full is not counted at each refusal, and has room at once when some of its keys go", async () => {
  const { casts, kept, keep, counts } = room(8);
  for (let index = 0; index < 8; index++) await keep();
  const before = counts();
  for (let index = 0; index < 650; index++) await expect(keep()).rejects.toMatchObject({ reason: "CASTS_FULL" });
  expect(counts() - before).toBe(11);
  await keep("b");
  kept.set("a", 7);
  casts.released("a");
  await keep();
  await expect(keep()).rejects.toMatchObject({ reason: "CASTS_FULL" });
});

test("what another member has dropped is noticed after some refusals", async () => {
  const { kept, keep } = room(4);
  for (let index = 0; index < 4; index++) await keep();
  await expect(keep()).rejects.toThrow();
  kept.set("a", 0);
  let refusals = 1;
  while (
    await keep().then(
      () => false,
      () => true,
    )
  )
    refusals++;
  expect(refusals).toBe(64);
});

test("many who deliver are not all remembered", async () => {
  const { keep, counts } = room(100);
  for (let index = 0; index < 3_000; index++) await keep(`caster ${index}`);
  const before = counts();
  await keep("caster 0");
  await keep("caster 2999");
  expect(counts() - before).toBe(1);
});
