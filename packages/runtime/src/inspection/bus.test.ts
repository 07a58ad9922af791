import { expect, test } from "vitest";
import { InspectionBus } from "./bus.ts";
import type { InspectionFrame } from "./frame.ts";

const frame: InspectionFrame = {
  type: "event",
  id: "volume/a#1",
  sourceId: undefined,
  event: { type: "reset" },
  at: 0,
};

test("an observer that throws is detached and harms nobody else", () => {
  const bus = new InspectionBus();
  const seen: InspectionFrame[] = [];
  bus.observe(() => {
    throw new Error("broken viewer");
  });
  bus.observe((one) => seen.push(one));
  bus.emit(frame);
  bus.emit(frame);
  expect(seen).toHaveLength(2);
});

test("a late observer is told of every live actor first, and a stopped one of nothing", () => {
  const bus = new InspectionBus();
  const remove = bus.add({ describe: () => ({ ...frame, id: "gone" }) });
  bus.add({ describe: () => ({ ...frame, id: "live" }) });
  remove();
  const seen: string[] = [];
  const stop = bus.observe(({ id }) => seen.push(id));
  stop();
  bus.emit(frame);
  expect(seen).toEqual(["live"]);
  expect(bus.watched).toBe(false);
});
