// Races: a confirmation gets no answer; rows go, or go elsewhere, before it is asked for again.
import type { Context } from "@reeve/runtime";
import type { Measurement } from "@reeve/runtime/capability";
import { recordingLogger } from "@reeve/runtime/internal";
import { expect, test } from "vitest";
import { PlacementConfirmations } from "./placement-confirmations.ts";
import { openSlotStore } from "./slot-store.fixture.ts";

const measurement = (count: number): Measurement => ({ epoch: 1, count });

/** Placements at `a`, and a scheduler that answers or does not. */
async function opened() {
  const { store, ...rest } = await openSlotStore();
  const asked: unknown[] = [];
  const scheduler = { answers: true, measured: 1 };
  const answer = async (entry: unknown) => {
    asked.push(entry);
    if (!scheduler.answers) throw new Error("nobody answers");
  };
  const ref = () => ({
    confirm: ({ request, visibleFrom }: { readonly request: string; readonly visibleFrom: Measurement }) =>
      answer(["confirm", request, visibleFrom.count]),
    release: ({ request }: { readonly request: string }) => answer(["release", request]),
  });
  const ctx = { ref, log: recordingLogger() } as unknown as Context;
  const capabilities = { visibleFrom: () => measurement(scheduler.measured) };
  const placed = new PlacementConfirmations({ store, address: "a", capabilities }, "slots");
  const put = (id: string, status: "creating" | "available" = "available", host = "a") =>
    store.transaction((tx) => tx.insert("slots", { id, status, host }));
  return { store, placed, ctx, asked: () => asked.splice(0), scheduler, put, ...rest };
}

test("a confirmation that got no answer is asked for again, from the same measurement on", async () => {
  await using scene = await opened();
  const { placed, ctx, asked, scheduler, put } = scene;
  await put("s");
  scheduler.answers = false;
  placed.made(ctx, "s");
  expect(asked()).toEqual([["confirm", "s", 1]]);
  expect(placed.waiting).toBe(true);
  Object.assign(scheduler, { answers: true, measured: 2 });
  await placed.retry(ctx);
  expect(asked()).toEqual([["confirm", "s", 1]]);
  expect(placed.waiting).toBe(false);
});

test("what a crash left is confirmed once it is made, given back where it is gone, and left to a host that has it", async () => {
  await using scene = await opened();
  const { store, placed, ctx, asked, put } = scene;
  await put("making", "creating");
  await put("elsewhere", "available", "b");
  for (const id of ["making", "elsewhere", "gone"]) placed.accepted(id);
  await placed.retry(ctx);
  expect(asked()).toEqual([["release", "gone"]]);
  await store.transaction((tx) => tx.update("slots", "making", { status: "available" }));
  await placed.retry(ctx);
  expect(asked()).toEqual([["confirm", "making", 1]]);
  expect(placed.waiting).toBe(false);
});

test("what was made here lately and is gone has its place given back, once; of others the reservation is long over", async () => {
  await using scene = await opened();
  const { placed, ctx, asked } = scene;
  placed.made(ctx, "s");
  expect(asked()).toEqual([["confirm", "s", 1]]);
  for (const id of ["s", "s", "old"]) placed.gone(ctx, id);
  expect(asked()).toEqual([["release", "s"]]);
});

test("of more than a manager builds at once, the oldest are left to the end of their reservations", async () => {
  await using scene = await opened();
  const { placed, ctx, asked, scheduler } = scene;
  scheduler.answers = false;
  for (let n = 0; n <= 256; n++) placed.made(ctx, `s${n}`);
  scheduler.answers = true;
  asked();
  await placed.retry(ctx);
  const released = asked();
  expect(released).toHaveLength(256);
  expect(released).not.toContainEqual(["release", "s0"]);
  placed.gone(ctx, "s0");
  expect(asked()).toEqual([]);
});
