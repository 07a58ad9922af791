import { readdir, rm } from "node:fs/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { scratchDirectory } from "./scratch.fixture.ts";
import { TestSession } from "./session.fixture.ts";

const sizeGiB = 1 / 256;

let root = "";
beforeEach(async () => {
  root = await scratchDirectory();
});
afterEach(() => rm(root, { recursive: true, force: true }));

test.each(["first", "last"])(
  "an abort at the %s step of a copy leaves no file: what counts is that it was not published",
  async (step) => {
    const session = await TestSession.open({ root });
    await session.import({ id: "a", sizeGiB }, Buffer.alloc(sizeGiB * 2 ** 30, 1));
    const controller = new AbortController();
    const reason = new Error("changed my mind");
    const progress = ({ doneBytes, totalBytes }: { doneBytes: number; totalBytes: number }) => {
      if (step === "first" || doneBytes === totalBytes) controller.abort(reason);
    };
    const from = { kind: "volume", id: "a" } as const;
    const cloning = session.clone(
      { id: "b", sizeGiB, from, independent: true },
      { signal: controller.signal, progress },
    );
    await expect(cloning).rejects.toBe(reason);
    expect(await readdir(root)).toEqual(["a.volume"]);
  },
);

test("a wait for another change of the same image ends with its signal", async () => {
  const session = await TestSession.open({ root });
  const gate = Promise.withResolvers<void>();
  const entered = Promise.withResolvers<void>();
  const importing = session.import({ id: "a", sizeGiB }, async () => {
    entered.resolve();
    await gate.promise;
  });
  await entered.promise;
  const from = { kind: "volume", id: "b" } as const;
  await session.create({ id: "b", sizeGiB });
  const reason = new Error("no patience");
  const waiting = session.clone({ id: "a", sizeGiB, from }, { signal: AbortSignal.abort(reason) });
  await expect(waiting).rejects.toBe(reason);
  gate.resolve();
  await importing;
  expect((await session.list()).volumes.map(({ id }) => id).sort()).toEqual(["a", "b"]);
});
