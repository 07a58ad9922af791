import { expect, test } from "vitest";
import { never } from "./fake-machine.fixture.ts";
import { Lane, Lanes } from "./lanes.ts";

test("shared work runs together, exclusive work alone, in order of arrival", async () => {
  const lane = new Lane();
  const told: string[] = [];
  const gates = new Map(["a", "b", "c", "d"].map((name) => [name, Promise.withResolvers<void>()]));
  const work = (name: string) => async () => {
    told.push(`${name} begins`);
    await gates.get(name)!.promise;
    told.push(`${name} ends`);
  };
  const all = [
    lane.shared(never, work("a")),
    lane.shared(never, work("b")),
    lane.exclusive(never, work("c")),
    lane.shared(never, work("d")),
  ];
  await Promise.resolve();
  expect(told).toEqual(["a begins", "b begins"]);
  for (const name of ["d", "c", "b", "a"]) gates.get(name)!.resolve();
  await Promise.all(all);
  expect(told.slice(2)).toEqual(["b ends", "a ends", "c begins", "c ends", "d begins", "d ends"]);
  expect(lane.idle).toBe(true);
});

test("one that is cancelled while it waits lets those behind it go on", async () => {
  const lane = new Lane();
  const gate = Promise.withResolvers<void>();
  const first = lane.shared(never, () => gate.promise);
  const controller = new AbortController();
  const second = lane.exclusive(controller.signal, async () => "never");
  const third = lane.shared(never, async () => "beside the first");
  controller.abort(new Error("enough"));
  await expect(second).rejects.toThrow("enough");
  expect(await third).toBe("beside the first");
  gate.resolve();
  await first;
  await expect(lane.shared(controller.signal, async () => "late")).rejects.toThrow("enough");
});

test("who worked at any time during a reading is known afterwards", async () => {
  const lanes = new Lanes();
  const gate = Promise.withResolvers<void>();
  const before = lanes.hold("before", never, () => gate.promise);
  const { keys } = await lanes.during(async () => {
    gate.resolve();
    await before;
    await lanes.hold("meanwhile", never, async () => {});
  });
  await lanes.hold("after", never, async () => {});
  expect([...keys].sort()).toEqual(["before", "meanwhile"]);
});
