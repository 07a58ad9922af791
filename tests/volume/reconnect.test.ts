import { DriverError } from "@reeve/driver-sdk";
import { expect, test, vi } from "vitest";
import { BlockHouse, type HouseOptions } from "./block-house.ts";

vi.setConfig({ testTimeout: 60_000 });

const limits = { probeEvery: "50ms" } as const;
const open = (options: HouseOptions = {}) => BlockHouse.open({ limits, ...options });
const away = () => new DriverError("UNAVAILABLE", "the array reboots");
const refused = () => new DriverError("FAILED_PRECONDITION", "no such initiator");

const connects = (house: BlockHouse) =>
  house.backend().steered.calls.filter((call) => call === "connect" || call === "disconnect");

/** A house with connected volumes, between two lives of its manager. */
async function connected(house: BlockHouse, names: readonly string[]) {
  const made = [];
  for (const name of names) {
    const { id } = await house.make(name);
    await house.volume.connect({ id });
    made.push(await house.volume.get({ id }));
  }
  return made;
}

test("a connection that its driver cannot make at a restart is tried again: the volume stays as it was", async () => {
  await using house = await open();
  const [volume] = await connected(house, ["db"]);
  house.backend().steered.failOnce("connect", "before", away);
  house.supervisor.kill("volume", "host@ssd");
  await house.until(({ epoch, status }) => epoch === 2 && status.state === "degraded");
  expect(house.report().status.causes).toMatchObject([
    {
      reason: "NOT_WORKING",
      message: `isWorking threw: not connected again yet: ${volume!.id} (file-volumes: connect: the array reboots)`,
    },
  ]);
  expect(await house.volume.get({ id: volume!.id })).toEqual(volume);
  await house.until(({ status }) => status.phase === "ready");
  expect(house.report().epoch).toBe(2);
  expect(await house.volume.get({ id: volume!.id })).toEqual(volume);
  expect(connects(house)).toEqual(["connect", "connect", "connect"]);
});

test("the same after the whole process has gone", async () => {
  const before = await open();
  const [volume] = await connected(before, ["db"]);
  const directory = await before.leave();
  await using house = await open({ directory, steer: (steered) => steered.failOnce("connect", "before", away) });
  expect(house.report().status).toMatchObject({ state: "degraded", causes: [{ reason: "NOT_WORKING" }] });
  await house.until(({ status }) => status.phase === "ready");
  expect(await house.volume.get({ id: volume!.id })).toEqual(volume);
});

test("what the driver refuses is in error, and is connected when a reconciliation finds that it can be", async () => {
  await using house = await open();
  const [volume, other] = await connected(house, ["refused", "fine"]);
  const id = volume!.id;
  const { steered } = house.backend();
  steered.fail("connect", "before", refused);
  await house.crash();
  for (const { id: each } of [volume!, other!])
    expect(await house.volume.get({ id: each })).toMatchObject({
      status: "error",
      connected: true,
      fault: { reason: "FAILED", message: "file-volumes: connect: no such initiator" },
    });
  const rescan = () => house.volume.at("host@ssd").rescan({});
  // The image is there, and the driver still refuses: nothing to give back.
  expect(await rescan()).toMatchObject({ found: [] });
  expect(await house.volume.get({ id })).toMatchObject({ status: "error" });
  steered.clear();
  expect(await rescan()).toMatchObject({ found: [id, other!.id].toSorted() });
  expect(await house.volume.get({ id })).toEqual(volume);
  expect(connects(house).slice(-2)).toEqual(["connect", "connect"]);
  await house.volume.disconnect({ id });
  await house.volume.delete({ id });
});

test("a reconciliation whose connection fails for now gives the volume back, and connects it later", async () => {
  await using house = await open();
  const [volume] = await connected(house, ["db"]);
  house.backend().steered.failOnce("connect", "before", refused);
  await house.crash();
  expect(await house.volume.get({ id: volume!.id })).toMatchObject({ status: "error" });
  house.backend().steered.failOnce("connect", "before", away);
  expect(await house.volume.at("host@ssd").rescan({})).toMatchObject({ found: [volume!.id] });
  expect(await house.volume.get({ id: volume!.id })).toEqual(volume);
  await house.until(({ status }) => status.state === "degraded");
  await house.until(({ status }) => status.phase === "ready");
  expect(connects(house)).toHaveLength(4);
});

test("a volume that is disconnected while it waits, or while it is being connected, is not connected any more", async () => {
  await using house = await open();
  const [first, second] = await connected(house, ["waits", "under way"]);
  const { steered } = house.backend();
  const spoil = steered.fail("connect", "before", away);
  house.supervisor.kill("volume", "host@ssd");
  await house.until(({ epoch, status }) => epoch === 2 && status.state === "degraded");
  await house.volume.disconnect({ id: first!.id });
  spoil();
  const hold = steered.hold("connect", "before");
  await hold.reached;
  const sofar = steered.calls.length;
  await house.volume.disconnect({ id: second!.id });
  expect(steered.calls.slice(sofar).filter((call) => call.endsWith("connect"))).toEqual(["disconnect"]);
  hold.release();
  await house.until(({ status }) => status.phase === "ready");
  expect(connects(house).at(-1)).toBe("disconnect");
  for (const { id } of [first!, second!]) await house.volume.delete({ id });
});

test("a volume that is being disconnected while a reconciliation finds it whole is not connected any more", async () => {
  await using house = await open();
  const [volume] = await connected(house, ["db"]);
  const { id } = volume!;
  const { steered } = house.backend();
  steered.failOnce("connect", "before", refused);
  await house.crash();
  for (const moment of ["before", "after"] as const) {
    const hold = steered.hold("disconnect", moment);
    const left = house.volume.disconnect({ id });
    await hold.reached;
    const sofar = steered.calls.length;
    await house.volume.at("host@ssd").rescan({});
    expect(steered.calls.slice(sofar)).not.toContain("connect");
    hold.release();
    expect(await left).toMatchObject({ connected: false });
    await house.until(({ status }) => status.phase === "ready");
    expect(await house.volume.get({ id })).toMatchObject({ status: "available", connected: false });
    expect(connects(house).at(-1)).toBe("disconnect");
    await house.volume.connect({ id });
    steered.failOnce("connect", "before", refused);
    await house.crash();
  }
});

test("what was connected and is still recovered at a start is connected when it is available", async () => {
  await using house = await open();
  const [volume] = await connected(house, ["db"]);
  const { steered } = house.backend();
  const hold = steered.hold("extend", "before");
  const growing = house.volume.extend({ id: volume!.id, sizeGiB: 2 / 1024 }).catch(() => {});
  await hold.reached;
  // Its recovery lists first, and then the reconciliation does.
  steered.failOnce("list", "before", away);
  house.supervisor.kill("volume", "host@ssd");
  await growing;
  hold.release();
  await house.until(({ epoch, status }) => epoch === 2 && status.phase === "ready");
  expect(await house.volume.get({ id: volume!.id })).toEqual(volume);
  expect(connects(house)).toEqual(["connect", "connect"]);
});

test("a volume that is connected by its user while it waits has no need to wait", async () => {
  await using house = await open();
  const [volume] = await connected(house, ["db"]);
  house.backend().steered.failOnce("connect", "before", away);
  house.supervisor.kill("volume", "host@ssd");
  await house.until(({ epoch, status }) => epoch === 2 && status.state === "degraded");
  await house.volume.connect({ id: volume!.id });
  await house.until(({ status }) => status.phase === "ready");
  expect(connects(house)).toHaveLength(3);
});

test("a device that does not answer about one volume does not hold the start up for each of the others", async () => {
  const before = await open();
  const volumes = await connected(before, ["a", "b", "c", "d"]);
  const directory = await before.leave();
  let mute = true;
  await using house = await open({
    directory,
    limits: { ...limits, driver: { timeout: "200ms" } },
    steer: (steered) => {
      const hold = steered.hold("connect", "before");
      void hold.reached.then(() => expect.poll(() => mute).toBe(false)).then(hold.release, () => {});
    },
  });
  expect(connects(house)).toEqual(["connect"]);
  const [cause] = house.report().status.causes;
  for (const { id } of volumes) expect(cause!.message).toContain(id);
  expect(cause!.message).toContain("no answer within 200 ms");
  mute = false;
  await house.until(({ status }) => status.phase === "ready");
  for (const volume of volumes) expect(await house.volume.get({ id: volume.id })).toEqual(volume);
});
