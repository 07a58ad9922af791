import { reeveError } from "@reeve/contract";
import { DriverError } from "@reeve/driver-sdk";
import { expect, test } from "vitest";
import { attachLamp } from "../driver/attach-lamp.fixture.ts";
import { driverView } from "../manager/life-details.ts";
import { driverPanel } from "./driver-panel.ts";

const offline = () => {
  throw new DriverError("UNAVAILABLE", "no power");
};

/** A lamp's driver, and the row that tells of it. */
function shownLamp() {
  const lamp = attachLamp({ checkEvery: "1s" });
  const life = {
    get driver() {
      return driverView(lamp.attached);
    },
  };
  const panel = driverPanel("a", () => [
    { key: "lamp/a", life },
    { key: "bell/a", life: { driver: undefined } },
    { key: "gone/a", life: undefined },
  ]);
  const row = async () => {
    const { rows, totals } = await panel.read();
    const [only] = rows;
    expect([rows.length, totals]).toEqual([1, [{ id: `a ${only!.cells.state}`, state: only!.cells.state, count: 1 }]]);
    return only!;
  };
  const state = async () => (await row()).cells.state;
  return { ...lamp, row, state };
}

test("a driver is told as it is and since when: set up, ready, checked, lost with why, and back", async () => {
  const { attached, clock, script, row, state } = shownLamp();
  expect(await state()).toBe("resting");
  attached.start();
  expect(await state()).toBe("setting up");
  await clock.advance(0);
  const readyAt = clock.wallNow();
  let answer = () => {};
  script.check = () => new Promise<void>((resolve) => (answer = resolve));
  await clock.advance(1_000);
  expect(await row()).toMatchObject({ cells: { state: "checking", since: readyAt, why: null } });
  answer();
  await clock.advance(0);
  expect(await row()).toEqual({
    id: "lamp/a",
    cells: {
      ...{ manager: "lamp/a", driver: "test-lamp", state: "ready", since: readyAt, why: null },
      ...{ running: 0, waiting: 0, hung: 0, losses: 0, slowest: null },
    },
  });
  script.check = offline;
  await clock.advance(1_000);
  expect(await row()).toMatchObject({
    rank: -1,
    cells: { state: "lost", since: clock.wallNow(), why: expect.stringContaining("no power"), losses: 1 },
  });
  script.check = () => {};
  await clock.advance(1_000);
  expect(await row()).toMatchObject({ cells: { state: "ready", since: clock.wallNow(), why: null, losses: 1 } });
});

test("one that nobody may call says why, and how long it is lost does not depend on who may call it", async () => {
  const { attached, clock, script, row } = shownLamp();
  attached.start();
  await clock.advance(100);
  attached.shut(reeveError("DRIVER_LOST", "lamp/a is not prepared"));
  const shutAt = clock.wallNow();
  expect(await row()).toMatchObject({
    rank: -1,
    cells: { state: "shut", since: shutAt, why: "lamp/a is not prepared" },
  });
  script.check = offline;
  await clock.advance(900);
  const lost = { state: "lost", since: clock.wallNow(), why: expect.stringContaining("no power") };
  expect(await row()).toMatchObject({ cells: lost });
  await clock.advance(100);
  attached.shut(undefined);
  expect(await row()).toMatchObject({ cells: lost });
});

test("its calls in flight are counted, and the slowest named", async () => {
  const { attached, driver, clock, script, row } = shownLamp();
  attached.start();
  await clock.advance(0);
  await driver.colours();
  let finish = (_: number) => {};
  script.dim = () => new Promise<number>((resolve) => (finish = resolve));
  const dimmed = driver.dim({ percent: 1 });
  await clock.advance(300);
  expect(await row()).toMatchObject({ cells: { running: 1 } });
  finish(1);
  await dimmed;
  expect(await row()).toMatchObject({ cells: { running: 0, slowest: "dim, 300 ms of 1 call" } });
});
