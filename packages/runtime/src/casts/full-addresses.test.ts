import { expect, test, vi } from "vitest";
import { answered } from "./cast-event.ts";
import { openOffice } from "./relay.test-kit.ts";

const soon = { timeout: 15_000, interval: 1 };

test("casts to an address that does not answer stop none to others, and go on when one there has ended", async () => {
  await using office = await openOffice();
  const { relay, callees } = await office.relay();
  callees.answers = ({ address }) => (address === "hangs" ? undefined : answered);
  const to = (at: string, count: number, lane?: string) =>
    Array.from({ length: count }, () => ({ at, lane: lane ?? null }));
  callees.placed = ({ address, at }) => ({ address: address ?? at ?? "b", store: "s" });
  await office.put(...to("hangs", 600), ...to("answers", 200));
  relay.start();
  await vi.waitFor(async () => {
    await office.settled();
    expect(callees.sent.filter(({ row }) => row.address === "answers")).toHaveLength(200);
  }, soon);
  const hanging = () => callees.sent.filter(({ row }) => row.address === "hangs");
  expect(hanging()).toHaveLength(64);
  // What is held is not read again meanwhile.
  const { reads } = office.traffic;
  await office.clock.advance(10_000);
  await office.settled();
  expect(office.traffic.reads - reads).toBeLessThan(10);
  await hanging()[0]!.end();
  await office.settled();
  expect(hanging()).toHaveLength(65);
});

test("what anybody may take goes to another member than the one that is full", async () => {
  await using office = await openOffice();
  const { relay, callees } = await office.relay("a", { perAddress: 2 });
  let next = 0;
  callees.placed = ({ address }) => ({ address: address ?? (next++ % 2 === 0 ? "hangs" : "answers"), store: "s" });
  callees.answers = ({ address }) => (address === "hangs" ? undefined : answered);
  await office.put(...Array.from({ length: 40 }, () => ({})));
  relay.start();
  await vi.waitFor(async () => {
    await office.clock.advance(1_000);
    await office.settled();
    expect(callees.sent.filter(({ row }) => row.address === "answers")).toHaveLength(38);
  }, soon);
  expect(callees.sent.filter(({ row }) => row.address === "hangs")).toHaveLength(2);
});

test("places at an address that a turn has kept for casts which then wait in their lane are not lost", async () => {
  await using office = await openOffice();
  const { relay, callees } = await office.relay("a", { perAddress: 2 });
  callees.answers = () => answered;
  const behind = { at: "b", lane: "l", dueAt: 1, nextAt: 1 };
  await office.put({ at: "b", lane: "l", place: 0, state: "dead", nextAt: null }, behind, behind, {
    at: "b",
    dueAt: 2,
    nextAt: 2,
  });
  relay.start();
  await office.settled();
  expect(callees.sent.map(({ row }) => row.lane)).toEqual([null]);
});
