import { DriverError } from "@reeve/driver-sdk";
import { expect, test, vi } from "vitest";
import { BlockHouse, mib } from "./block-house.ts";

vi.setConfig({ testTimeout: 60_000 });
const input = { name: "v", sizeGiB: mib, labels: { media: "hdd" } };
const key = { idempotencyKey: "k1" };

/** A house in which the manager of `ssd` has placed a keyed create on `hdd`, whose driver is held in the middle of it. */
async function placedElsewhere() {
  const house = await BlockHouse.open({
    backends: ["ssd", "hdd"],
    config: (backend) => ({ labels: { media: backend } }),
  });
  const placer = house.volume.at("host@ssd");
  const { steered } = house.backend("hdd");
  const hold = steered.hold("create", "before");
  const left = placer.create(input, key).catch((error: unknown) => error);
  await hold.reached;
  await house.crash("ssd");
  expect(await left).toMatchObject({ reason: "PEER_LOST", outcome: "maybe-executed" });
  const [volume] = (await house.volume.list({})).items;
  const again = () => placer.create(input, key).catch((error: unknown) => error);
  return { house, steered, hold, again, id: volume!.id };
}

test("a key whose placer has crashed waits for the host that took the volume on, and gets its volume", async () => {
  const { house, hold, again, id } = await placedElsewhere();
  await using _ = house;
  const running = { reason: "DUPLICATE_KEY", retryable: true, data: { state: "running", resource: id } };
  expect(await again()).toMatchObject(running);
  hold.release();
  await vi.waitFor(async () => expect(await again()).toMatchObject({ id, status: "available", host: "host@hdd" }), {
    timeout: 45_000,
    interval: 50,
  });
  expect((await house.volume.list({})).items).toHaveLength(1);
});

test("a key whose placer has crashed and whose host could not make the volume ends with an error that names it", async () => {
  const { house, steered, hold, again, id } = await placedElsewhere();
  await using _ = house;
  steered.fail("create", "before", () => new DriverError("FAILED_PRECONDITION", "the array is full"));
  const failing = steered.hold("list", "before");
  hold.release();
  await failing.reached;
  expect(await again()).toMatchObject({ reason: "DUPLICATE_KEY", data: { state: "running", resource: id } });
  failing.release();
  const ended = {
    reason: "DUPLICATE_KEY",
    retryable: false,
    outcome: "executed",
    data: { state: "ended", resource: id },
  };
  await vi.waitFor(async () => expect(await again()).toMatchObject(ended), { timeout: 45_000, interval: 50 });
  expect((await house.volume.list({})).items).toMatchObject([{ id, status: "error", host: null }]);
});
