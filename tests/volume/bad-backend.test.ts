import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DriverError } from "@reeve/driver-sdk";
import { operator } from "@reeve/managers";
import { volumes } from "@reeve/managers/volume";
import { nats } from "@reeve/nats";
import { connect } from "@reeve/runtime";
import { natsServer, silentLogger } from "@reeve/testing";
import { expect, test, vi } from "vitest";
import { ArrayHost } from "./array-host.ts";
import { BlockHouse, type HouseOptions, mib } from "./block-house.ts";
import { mendArray, spoilArray } from "./faulty-array.ts";

vi.setConfig({ testTimeout: 120_000 });

const two: HouseOptions = {
  backends: ["bad", "good"],
  config: (backend) => ({ labels: { media: backend } }),
};
const rebuilding = () => new DriverError("UNAVAILABLE", "the array rebuilds");

async function expectDegraded(house: BlockHouse): Promise<void> {
  expect(house.report("bad").status).toMatchObject({
    state: "degraded",
    causes: [{ reason: "PREPARE_FAILED", message: "file-volumes: list: the array rebuilds" }],
  });
  expect(house.report("good").status).toMatchObject({ state: "serving", phase: "ready" });
  // The scheduler may not have heard of the good one yet.
  const made = await vi.waitFor(() => house.volume.create({ name: "elsewhere", sizeGiB: mib }), { timeout: 30_000 });
  expect(made.host).toBe("host@good");
  await house.volume.extend({ id: made.id, sizeGiB: 2 * mib });
  const refused = house.volume.at("host@bad").rescan({});
  await expect(refused).rejects.toMatchObject({ reason: "DRIVER_LOST", retryable: true });
  await expect(refused).rejects.toThrow("volume/host@bad is not prepared: file-volumes: list: the array rebuilds");
  expect((await house.volume.at("host@bad").list({})).items).not.toEqual([]);
}

test("a backend that cannot be counted at boot stops nobody, and serves when it can be", async () => {
  let mend = () => {};
  await using house = await BlockHouse.open({
    ...two,
    steer: (steered, backend) => {
      if (backend === "bad") mend = steered.fail("list", "before", rebuilding);
    },
  });
  await expectDegraded(house);
  mend();
  await house.until(({ status }) => status.phase === "ready", "bad");
  expect(house.report("bad").epoch).toBe(1);
  const here = { name: "here", sizeGiB: mib, labels: { media: "bad" } };
  const made = await vi.waitFor(() => house.volume.create(here), { timeout: 30_000 });
  expect(made.host).toBe("host@bad");
});

test("nor does it after a crash of its manager, which is not restarted for it", async () => {
  await using house = await BlockHouse.open(two);
  const made = await house.volume.create({ name: "here", sizeGiB: mib, labels: { media: "bad" } });
  const mend = house.backend("bad").steered.fail("list", "before", rebuilding);
  house.supervisor.kill("volume", "host@bad");
  await house.until(({ epoch, status }) => epoch === 2 && status.state === "degraded", "bad");
  await expectDegraded(house);
  // The row answers, whatever its backend does.
  expect(await house.volume.get({ id: made.id })).toEqual(made);
  await expect(house.volume.extend({ id: made.id, sizeGiB: 2 * mib })).rejects.toMatchObject({ reason: "DRIVER_LOST" });
  mend();
  await house.until(({ status }) => status.phase === "ready", "bad");
  expect(house.report("bad").epoch).toBe(2);
  expect(house.report("good").epoch).toBe(1);
  await house.volume.extend({ id: made.id, sizeGiB: 2 * mib });
});

test("over NATS and after kill -9, callers of the good backend never notice, and the volumes of the bad one are whole", async () => {
  const directory = await mkdtemp(join(tmpdir(), "reeve-arrays-"));
  await using broker = await natsServer();
  const host = { servers: broker.url, host: "arrays", directory };
  const root = join(directory, "bad");
  await using caller = await connect({ transport: nats({ servers: broker.url, caller: "cli" }), log: silentLogger });
  const volume = caller.as({ user: "ada", roles: [operator] }).ref(volumes);
  const until = <T>(ask: () => Promise<T>) => vi.waitFor(ask, { timeout: 30_000, interval: 100 });
  const make = (media: string) => volume.create({ name: media, sizeGiB: mib, labels: { media } });
  const [bad, good] = ["arrays@bad", "arrays@good"].map((address) => volume.at(address));
  {
    await using first = await ArrayHost.start(host);
    const { id } = await until(() => make("bad"));
    await volume.connect({ id });
    const before = await volume.get({ id });
    await first.kill();

    spoilArray(root, { method: "list", code: "UNAVAILABLE", message: "the array rebuilds" });
    await using second = await ArrayHost.start(host);
    await until(() => make("good"));
    await expect(bad!.rescan({})).rejects.toThrow("is not prepared: file-volumes: list: the array rebuilds");
    await good!.rescan({});
    expect(await volume.get({ id })).toEqual(before);
    mendArray(root);
    await until(() => bad!.rescan({}));
    await second.kill();

    spoilArray(root, { method: "connect", code: "UNAVAILABLE", message: "no path" });
    await using third = await ArrayHost.start(host);
    expect(await volume.get({ id })).toEqual(before);
    await until(() => make("good"));
    // Degraded: nothing is placed there.
    await expect(make("bad")).rejects.toMatchObject({ reason: "NO_HOST" });
    mendArray(root);
    await until(() => make("bad"));
    expect(await volume.get({ id })).toEqual(before);
    await third.kill();

    spoilArray(root, { method: "connect", code: "FAILED_PRECONDITION", message: "no such initiator" });
    await using fourth = await ArrayHost.start(host);
    expect(await volume.get({ id })).toMatchObject({ status: "error", connected: true, fault: { reason: "FAILED" } });
    mendArray(root);
    expect(await until(() => bad!.rescan({}))).toMatchObject({ found: [id] });
    expect(await volume.get({ id })).toEqual(before);
    await fourth.kill();
  }
  await rm(directory, { recursive: true, force: true });
});
