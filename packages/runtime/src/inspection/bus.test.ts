import { expect, test } from "vitest";
import { InspectionBus } from "./bus.ts";
import type { InspectionFrame } from "./frame.ts";
import { WatchedActor } from "./watched-actor.fixture.ts";

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

test("a source that cannot describe itself is passed over", () => {
  const bus = new InspectionBus();
  bus.add({
    describe: () => {
      throw new Error("no");
    },
  });
  bus.add({ describe: () => frame });
  const seen: InspectionFrame[] = [];
  bus.observe((one) => seen.push(one));
  expect(seen).toEqual([frame]);
  expect([...bus.loads()]).toEqual([]);
});

test("the last word of an actor that ended is kept, without its own state, and of not too many", () => {
  const bus = new InspectionBus();
  for (let index = 0; index < 100; index++) {
    const actor = new WatchedActor(bus, `volume/a@${index}`);
    actor.own = { huge: true };
    actor.end();
  }
  expect(bus.ended()).toHaveLength(64);
  expect(bus.ended().at(-1)).toMatchObject({ name: "volume/a@99" });
  expect(JSON.stringify(bus.ended())).not.toContain("huge");
});
