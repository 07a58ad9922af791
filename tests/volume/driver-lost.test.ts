import { rename } from "node:fs/promises";
import { expect, test } from "vitest";
import { BlockHouse, mib } from "./block-house.ts";

test("while its driver is away a manager begins nothing, still answers, and gets no new volumes", async () => {
  await using house = await BlockHouse.open({
    backends: ["ssd", "hdd"],
    config: (backend) => ({ labels: { media: backend } }),
  });
  const { volume } = house;
  const made = await volume.create({ name: "v", sizeGiB: mib, labels: { media: "ssd" } });
  const { id: snapshotId } = await volume.snapshot({ id: made.id, name: "noon" });
  const { root } = house.backend("ssd");
  await rename(root, `${root}.away`);
  // A call that cannot reach the device makes the runtime look.
  await expect(volume.at("host@ssd").rescan({})).rejects.toMatchObject({ code: "UNAVAILABLE" });
  await expect.poll(() => house.report("ssd").status.state).toBe("degraded");

  const { id } = made;
  for (const attempt of [
    volume.extend({ id, sizeGiB: 2 * mib }),
    volume.snapshot({ id, name: "x" }),
    volume.clone({ id, name: "x" }),
    volume.copy({ id, name: "x" }).result,
    volume.at("host@ssd").import({ file: "x", name: "x" }).result,
    volume.export({ id, file: "x" }).result,
    volume.connect({ id }),
    volume.deleteSnapshot({ id, snapshotId }),
  ]) {
    await expect(attempt).rejects.toMatchObject({ reason: "DRIVER_LOST", retryable: true });
  }
  await volume.at("host@ssd").list({});
  expect(await volume.get({ id })).toEqual(made);
  expect((await volume.list({})).items).toHaveLength(1);
  expect((await volume.listSnapshots({})).items).toMatchObject([{ status: "available" }]);

  // It does not matter who is asked to create.
  for (const address of ["host@ssd", "host@hdd"]) {
    expect(await volume.at(address).create({ name: "new", sizeGiB: mib })).toMatchObject({ host: "host@hdd" });
  }
  await rename(`${root}.away`, root);
});
