import { expect, test, vi } from "vitest";
import { CopierProcess, openCopiers, read } from "./copier-house.ts";

const bound = { timeout: 30_000 };
vi.setConfig({ testTimeout: 150_000 });

/** With one process that copies. */
async function open() {
  const house = await openCopiers();
  return { ...house, callee: await house.serve("first") };
}

test("a callee that is killed between two steps is lost to its stream, and to a call that waits", async () => {
  const { copier, callee } = await open();
  const copying = copier.copy({ id: "v1" });
  const reading = read(copying);
  const waiting = copier.wait({ id: "v2" }).catch((error: unknown) => error);
  await copier.advance({ id: "v1", steps: 3 });
  await expect.poll(() => reading.steps, bound).toEqual([0, 1, 2]);
  await callee.said("waits for v2");
  await callee.kill();
  const lost = { reason: "PEER_LOST", outcome: "maybe-executed", address: "block-01" };
  expect(await reading.ended).toMatchObject(lost);
  expect(await waiting).toMatchObject(lost);
  await expect(copying.result).rejects.toMatchObject(lost);
});

test("a callee that loses all its connections and comes back loses no stream, no step that it makes then and no call", async () => {
  const { copier, callee, proxy } = await open();
  const copying = copier.copy({ id: "v1" });
  const reading = read(copying);
  const waiting = copier.wait({ id: "v2" });
  await copier.advance({ id: "v1", steps: 3 });
  await callee.said("waits for v2");
  await expect.poll(() => reading.steps, bound).toEqual([0, 1, 2]);
  for (let time = 0; time < 2; time++) {
    await proxy.cut();
    // Nobody is there: from here on it is asked after.
    await expect(copier.finish({ id: "nobody" }, { timeout: "400ms" })).rejects.toMatchObject({
      code: expect.anything(),
    });
    await proxy.heal();
    await vi.waitFor(() => copier.advance({ id: "v1", steps: 2 }, { timeout: "2s" }), { timeout: 60_000 });
  }
  await copier.finish({ id: "v1" });
  await copier.finish({ id: "v2" });
  expect(await reading.ended).toBeUndefined();
  expect(reading.steps.slice(0, 3)).toEqual([0, 1, 2]);
  expect(await copying.result).toBe("copied by block-01");
  expect(await waiting).toBe("copied by block-01");
});

test("a callee that is stopped for a while is slow, not dead", async () => {
  const { copier, callee } = await open();
  const copying = copier.copy({ id: "v1" });
  const reading = read(copying);
  await copier.advance({ id: "v1", steps: 1 });
  await expect.poll(() => reading.steps, bound).toEqual([0]);
  callee.signal("SIGSTOP");
  // Longer than it takes to find a killed one absent, and shorter than silence takes.
  await expect(copier.advance({ id: "v1", steps: 1 }, { timeout: "6s" })).rejects.toMatchObject({
    reason: "DEADLINE_EXCEEDED",
  });
  callee.signal("SIGCONT");
  await copier.finish({ id: "v1" });
  expect(await reading.ended).toBeUndefined();
  expect(await copying.result).toBe("copied by block-01");
});

test("a broker that is restarted loses no stream", async () => {
  const { copier, broker } = await open();
  const copying = copier.copy({ id: "v1" });
  const reading = read(copying);
  await copier.advance({ id: "v1", steps: 2 });
  await expect.poll(() => reading.steps, bound).toEqual([0, 1]);
  await broker.restart();
  await vi.waitFor(() => copier.advance({ id: "v1", steps: 2 }, { timeout: "2s" }), { timeout: 60_000 });
  await copier.finish({ id: "v1" });
  expect(await reading.ended).toBeUndefined();
  expect(await copying.result).toBe("copied by block-01");
});

test("a stream whose caller was killed is joined by the next process of that user, under its key", async () => {
  const { copier, broker, link, callee } = await open();
  const caller = new CopierProcess("call", link(broker.port, "web-2"), "web-2");
  await callee.said("copies v1");
  await copier.advance({ id: "v1", steps: 3 });
  await caller.said("2");
  await caller.kill();
  // The dead reader makes no room, and holds nobody up.
  await copier.advance({ id: "v1", steps: 50 });
  const copying = copier.copy({ id: "v1" }, { idempotencyKey: "copy-17" });
  const reading = read(copying);
  await vi.waitFor(() => expect(reading.steps.at(-1)).toBe(52), { timeout: 60_000 });
  await copier.finish({ id: "v1" });
  expect(await reading.ended).toBeUndefined();
  expect(await copying.result).toBe("copied by block-01");
  const steps = reading.steps.length;
  expect(reading.steps).toEqual(Array.from({ length: steps }, (_, index) => 53 - steps + index));
  expect(callee.lines).toEqual(["ready", "copies v1"]);
});
