import { expect, test, vi } from "vitest";
import { openCopiers, read } from "./copier-house.ts";

const bound = { timeout: 30_000 };
vi.setConfig({ testTimeout: 150_000 });

const key = { idempotencyKey: "record-17" };
const lost = { reason: "PEER_LOST", outcome: "maybe-executed" };

test("a stream that its store remembers has its answer after a restart, and no steps", async () => {
  const { copier, serve } = await openCopiers();
  const first = await serve("first");
  const reading = read(copier.keep({ id: "v1" }, key));
  await first.said("keeps v1");
  first.tell("3");
  await expect.poll(() => reading.steps, bound).toEqual([0, 1, 2]);
  first.tell("done");
  expect(await reading.ended).toBeUndefined();
  await first.kill();
  const second = await serve("second");
  const copying = copier.keep({ id: "v1" }, key);
  const again = read(copying);
  expect(await again.ended).toBeUndefined();
  expect([again.steps, copying.missed, await copying.result]).toEqual([[], 0, "kept in the first life"]);
  expect(second.lines).toEqual(["ready"]);
});

test("a stream that its store remembers, and that was killed before its answer, is not run again", async () => {
  const { copier, serve } = await openCopiers();
  const first = await serve("first");
  const reading = read(copier.keep({ id: "v1" }, key));
  await first.said("keeps v1");
  first.tell("1");
  await expect.poll(() => reading.steps, bound).toEqual([0]);
  await first.kill();
  const second = await serve("second");
  expect(await reading.ended).toMatchObject(lost);
  const copying = copier.keep({ id: "v1" }, key);
  expect(await read(copying).ended).toMatchObject({ reason: "DUPLICATE_KEY" });
  await expect(copying.result).rejects.toMatchObject({ reason: "DUPLICATE_KEY" });
  expect(second.lines).toEqual(["ready"]);
  expect(await copier.records({})).toEqual(["v1 first"]);
});

test("journalled work that is killed between two steps is recovered by the next life, and its answer is the key's", async () => {
  const { copier, serve } = await openCopiers();
  const first = await serve("first");
  const reading = read(copier.record({ id: "v1" }, key));
  await first.said("records v1");
  first.tell("3");
  await expect.poll(() => reading.steps, bound).toEqual([0, 1, 2]);
  await first.kill();
  const second = await serve("second");
  expect(await reading.ended).toMatchObject(lost);
  const copying = copier.record({ id: "v1" }, key);
  const again = read(copying);
  expect(await again.ended).toBeUndefined();
  expect([again.steps, await copying.result]).toEqual([[], "recovered in the second life"]);
  expect(second.lines.sort()).toEqual(["ready", "recovers v1"]);
  expect(await copier.records({})).toEqual(["v1 second"]);
});

test("steps that a broken link took are counted, wherever it broke", async () => {
  const { copier, serve, proxy, callerProxy } = await openCopiers();
  const callee = await serve("first");
  const copying = copier.record({ id: "v1" }, key);
  const reading = read(copying);
  await callee.said("records v1");
  callee.tell("3");
  await expect.poll(() => reading.steps, bound).toEqual([0, 1, 2]);
  let made = 3;
  for (const link of [proxy, callerProxy, proxy, callerProxy]) {
    await link.cut();
    callee.tell("5");
    await link.heal();
    await vi.waitFor(() => copier.advance({ id: "nothing", steps: 0 }, { timeout: "2s" }), { timeout: 60_000 });
    callee.tell("2");
    made += 7;
  }
  callee.tell("done");
  expect(await reading.ended).toBeUndefined();
  expect(await copying.result).toBe("recorded in the first life");
  let next = 0;
  for (const [index, step] of reading.steps.entries()) {
    expect(step).toBe(next + reading.missed[index]!);
    next = step + 1;
  }
  expect(next + copying.missed).toBe(made);
});
