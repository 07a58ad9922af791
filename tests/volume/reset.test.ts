import { scheduler } from "@reeve/managers/scheduler";
import { expect, test } from "vitest";
import { BlockHouse, mib } from "./block-house.ts";

test("while the only host is slow to reset, what is to be created or placed waits, and is there when it is over", async () => {
  await using house = await BlockHouse.open();
  const { supervisor } = house;
  const schedulers = supervisor.ref(scheduler);
  await house.make("before");
  const hold = house.backend().steered.hold("stats", "before");
  const resetting = supervisor.reset();
  await expect.poll(async () => (await schedulers.hosts({})).items[0]?.status, { timeout: 5_000 }).toBe("resetting");

  const creating = ["a", "b", "c"].map((name) => house.make(name));
  const placing = schedulers.place({ manager: "volume", request: "by hand", needs: { sizeGiB: mib } });
  // Decided once: it would be refused by now if it did not wait.
  await expect
    .poll(() => schedulers.explain({ request: "by hand" }).catch(() => undefined), { timeout: 5_000 })
    .toMatchObject({ address: null, rejections: [{ filter: "ready", hosts: 1, examples: ["host@ssd"] }] });
  hold.release();
  await resetting;
  expect(await placing).toBe("host@ssd");
  for (const made of await Promise.all(creating)) expect(made).toMatchObject({ status: "available", host: "host@ssd" });
});

test("once a reset has resolved, what is created next finds a host, reset after reset", async () => {
  await using house = await BlockHouse.open();
  for (let round = 0; round < 20; round++) {
    await house.supervisor.reset();
    expect(await house.make(`v${round}`)).toMatchObject({ status: "available" });
  }
});

test("when the only host leaves in the middle of its reset, who waits for it is refused at once", async () => {
  await using house = await BlockHouse.open();
  const { supervisor } = house;
  const schedulers = supervisor.ref(scheduler);
  await house.make("before");
  const hold = house.backend().steered.hold("stats", "before");
  const resetting = supervisor.reset();
  const status = async () => (await schedulers.hosts({})).items[0]?.status;
  await expect.poll(status, { timeout: 5_000 }).toBe("resetting");
  const refused = expect(
    schedulers.place({ manager: "volume", request: "by hand", needs: { sizeGiB: mib } }),
  ).rejects.toMatchObject({ reason: "NO_HOST" });
  const draining = supervisor.drain("volume", "host@ssd");
  await refused;
  hold.release();
  await Promise.allSettled([resetting, draining]);
});
