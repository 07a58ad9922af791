import { rm } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { isError } from "@reeve/contract";
import { allTenants } from "@reeve/managers";
import { volumes } from "@reeve/managers/volume";
import { nats } from "@reeve/nats";
import { connect } from "@reeve/runtime";
import { faultTransport, natsServer, recordingLogger } from "@reeve/testing";
import { expect, onTestFinished, test } from "vitest";
import { failure } from "../kit/failure.ts";
import { BlockHouse, type HouseOptions, imagesIn, mib } from "./block-house.ts";

const both: HouseOptions = {
  backends: ["ssd", "hdd"],
  config: (backend) => ({ labels: { media: backend }, quotaGiB: 10 * mib }),
};
const onHdd = { name: "v", sizeGiB: 4 * mib, labels: { media: "hdd" } };
const operator = { user: "ada", roles: ["operator"] };
const reason = "its enclosure burnt";
const work = (directory: string) => {
  using file = new DatabaseSync(join(directory, "reeve.sqlite"), { readOnly: true });
  return file.prepare("select kind, resource from reeve_work").all();
};

/** A house of two backends, one of which has a volume with a snapshot and is then not started again. */
async function decommissioned(log = recordingLogger()) {
  const before = await BlockHouse.open(both);
  await before.reported("hdd");
  const { id } = await before.volume.create(onHdd);
  const { id: snapshotId } = await before.volume.snapshot({ id, name: "noon" });
  const directory = await before.leave();
  const house = await BlockHouse.open({ ...both, backends: ["ssd"], directory, log });
  await house.reported("ssd");
  return { house, id, snapshotId, directory, log, ops: house.supervisor.as(operator).ref(volumes) };
}

test("a volume whose backend is gone is forgotten: row, snapshots and work go together, quota comes back, the log says who", async () => {
  const { house, id, snapshotId, directory, log, ops } = await decommissioned();
  await using _ = house;
  const lost = await failure(house.volume.extend({ id, sizeGiB: 5 * mib }));
  expect(lost).toMatchObject({ reason: "NO_RESPONDERS" });
  expect(lost.message).toContain("an operator forgets the volume with forget({ id, reason })");
  const full = await failure(house.volume.create({ ...onHdd, sizeGiB: 4 * mib, labels: {} }));
  expect(isError(full, volumes, "create", "QUOTA_EXCEEDED")).toBe(true);

  expect(await ops.forget({ id, reason })).toMatchObject({
    id,
    volumeId: null,
    kind: "forgotten",
    host: "host@hdd",
    by: "ada",
    reason,
    at: expect.any(Date),
  });
  expect((await house.volume.list({})).items).toEqual([]);
  expect((await house.volume.listSnapshots({})).items).toEqual([]);
  expect(await house.volume.create({ ...onHdd, sizeGiB: 10 * mib, labels: {} })).toMatchObject({ host: "host@ssd" });
  expect(log.lines.filter(({ fields }) => fields.audit)).toMatchObject([
    { level: "warn", fields: { action: "forget", id, host: "host@hdd", by: "ada", reason, snapshots: 1 } },
  ]);
  expect(await failure(ops.forget({ id, reason }))).toMatchObject({ reason: "ROW_NOT_FOUND" });

  // It comes back: told what was forgotten, it adopts nothing and touches nothing.
  const ended = await house.leave();
  const later = recordingLogger();
  await using again = await BlockHouse.open({ ...both, directory: ended, log: later });
  const { root, address } = again.backend("hdd");
  const images = await imagesIn(root);
  expect(images).toHaveLength(2);
  const counted = { unknown: [], missing: [], found: [], forgotten: [id, snapshotId].sort(), unmanaged: [] };
  expect(again.report("hdd").own).toMatchObject({ reconciliation: counted });
  expect(later.lines).toContainEqual(
    expect.objectContaining({ level: "warn", message: "usage reconciled: forgotten images" }),
  );
  const nowOps = again.supervisor.as(operator).ref(volumes).at(address);
  expect(await nowOps.rescan({})).toMatchObject({ ...counted, forgotten: expect.arrayContaining([id, snapshotId]) });
  expect(await imagesIn(root)).toEqual(images);

  const other = again.supervisor.as(operator).ref(volumes).at(again.backend("ssd").address);
  expect(await failure(other.removeForgotten({ ids: [id], reason }))).toMatchObject({
    reason: "NOT_FORGOTTEN",
    data: { id, host: "host@ssd" },
  });
  expect(await nowOps.removeForgotten({ ids: [id, snapshotId], reason: "checked" })).toMatchObject({
    removed: [snapshotId, id],
  });
  expect(await imagesIn(root)).toEqual([]);
  expect(await nowOps.rescan({})).toMatchObject({ forgotten: [], unknown: [] });
  expect(await failure(nowOps.removeForgotten({ ids: [id], reason }))).toMatchObject({ reason: "NOT_FORGOTTEN" });
  expect(directory).toBe(ended);
});

test("work under way on it goes with it, and what its host had begun cannot settle any more", async () => {
  const before = await BlockHouse.open({ ...both, limits: { drainTimeout: "100ms" } });
  await before.reported("hdd");
  const { id } = await before.volume.create(onHdd);
  const hold = before.backend("hdd").steered.hold("extend", "before");
  const extending = failure(before.volume.extend({ id, sizeGiB: 5 * mib }));
  await hold.reached;
  const directory = await before.leave();
  await extending;
  expect(work(directory)).toEqual([{ kind: "volume.extending", resource: id }]);
  await using house = await BlockHouse.open({ ...both, backends: ["ssd"], directory });
  await house.supervisor.as(operator).ref(volumes).forget({ id, reason });
  expect(work(directory)).toEqual([]);
  const ended = await house.leave();
  await using again = await BlockHouse.open({ ...both, directory: ended });
  expect(again.report("hdd").own).toMatchObject({ reconciliation: { forgotten: [id], unknown: [] } });
  expect((await again.volume.list({})).items).toEqual([]);
});

test("refused: while the host answers, or is the one that was asked, and for what no host holds", async () => {
  await using house = await BlockHouse.open(both);
  await house.reported("hdd");
  const ops = house.supervisor.as(operator).ref(volumes);
  const { id } = await house.volume.create(onHdd);
  const serves = (error: unknown) => {
    if (!isError(error, volumes, "forget", "HOST_SERVES")) throw error;
    return error.data;
  };
  expect(serves(await failure(ops.at("host@ssd").forget({ id, reason })))).toEqual({
    host: "host@hdd",
    why: "it answers",
  });
  expect(serves(await failure(ops.at("host@hdd").forget({ id, reason })))).toMatchObject({ host: "host@hdd" });
  expect(await house.volume.get({ id })).toMatchObject({ status: "available" });

  const full = house.backend("ssd").steered.fail("create", "before", () => new Error("full"));
  const failed = await failure<{ data: { id: string } }>(
    house.volume.create({ name: "w", sizeGiB: mib, labels: { media: "ssd" } }),
  );
  full();
  expect(await failure(ops.forget({ id: failed.data.id, reason }))).toMatchObject({ reason: "NOT_HELD" });
  await house.volume.delete({ id: failed.data.id });
  for (const wrong of ["", "  "])
    expect(await failure(ops.forget({ id, reason: wrong }))).toMatchObject({ reason: "INVALID_INPUT" });

  // Drained for good: nobody lives there any more.
  await house.supervisor.drain("volume", "host@hdd");
  expect(await ops.forget({ id, reason })).toMatchObject({ kind: "forgotten", host: "host@hdd" });
});

test("an operator forgets and unmanages what it reaches: another tenant's volumes only with the role for all of them", async () => {
  const ada = { user: "ada", tenant: "a", roles: [] };
  await using before = await BlockHouse.open(both);
  await before.reported("hdd");
  const made = before.supervisor.as(ada).ref(volumes);
  const [lost, kept] = [await made.create(onHdd), await made.create({ ...onHdd, labels: { media: "ssd" } })];
  await before.supervisor.drain("volume", "host@hdd");
  const as = (more: object) => before.supervisor.as({ ...operator, ...more }).ref(volumes);
  for (const ops of [as({}), as({ tenant: "b" })]) {
    expect(await failure(ops.forget({ id: lost.id, reason }))).toMatchObject({ reason: "ROW_NOT_FOUND" });
    expect(await failure(ops.at("host@ssd").unmanage({ id: kept.id, reason }))).toMatchObject({
      reason: "ROW_NOT_FOUND",
    });
  }
  for (const roles of [[], [allTenants]])
    expect(await failure(as({ roles }).forget({ id: lost.id, reason }))).toMatchObject({ reason: "NOT_PERMITTED" });
  expect((await made.list({})).items).toHaveLength(2);
  expect(await as({ tenant: "a" }).unmanage({ id: kept.id, reason })).toMatchObject({ kind: "unmanaged" });
  expect(await as({ roles: ["operator", allTenants] }).forget({ id: lost.id, reason })).toMatchObject({
    kind: "forgotten",
  });
  expect((await made.list({})).items).toEqual([]);
});

test("a tombstone goes with its image", async () => {
  const { house, id, snapshotId } = await decommissioned();
  await house.supervisor.as(operator).ref(volumes).forget({ id, reason });
  const directory = await house.leave();
  const root = join(directory, "hdd");
  for (const file of await imagesIn(root)) if (file.includes(snapshotId)) await rm(join(root, file));
  await using again = await BlockHouse.open({ ...both, directory });
  expect(again.report("hdd").own).toMatchObject({ reconciliation: { forgotten: [id] } });
  const ops = again.supervisor.as(operator).ref(volumes).at("host@hdd");
  expect(await failure(ops.removeForgotten({ ids: [snapshotId], reason }))).toMatchObject({ reason: "NOT_FORGOTTEN" });
});

test("an unmanaged volume is ours no longer: its row and quota go, its image stays and alarms nobody", async () => {
  const log = recordingLogger();
  await using house = await BlockHouse.open({ config: { quotaGiB: 4 * mib }, log });
  const { volume } = house;
  const ops = house.supervisor.as(operator).ref(volumes);
  const { id } = await volume.create({ name: "v", sizeGiB: 4 * mib });
  await volume.connect({ id });
  expect(await failure(ops.unmanage({ id, reason }))).toMatchObject({ reason: "IN_USE" });
  await volume.disconnect({ id });
  expect(await ops.unmanage({ id, reason: "moves to tape" })).toMatchObject({ kind: "unmanaged", host: "host@ssd" });
  expect((await volume.list({})).items).toEqual([]);
  expect(await imagesIn(house.backend().root)).toEqual([`${id}.volume`]);
  const counted = { unknown: [], missing: [], forgotten: [], unmanaged: [id] };
  expect(await volume.at("host@ssd").rescan({})).toMatchObject(counted);
  // It is kept on purpose.
  expect(await failure(ops.at("host@ssd").removeForgotten({ ids: [id], reason }))).toMatchObject({
    reason: "NOT_FORGOTTEN",
  });
  expect(await imagesIn(house.backend().root)).toEqual([`${id}.volume`]);
  const alarms = log.lines.filter(({ level, message }) => level === "warn" && message?.startsWith("usage reconciled"));
  expect(alarms).toEqual([]);
  expect(log.lines.filter(({ fields }) => fields.audit)).toMatchObject([
    { fields: { action: "unmanage", id, host: "host@ssd", by: "ada", reason: "moves to tape" } },
  ]);
  const next = await volume.create({ name: "w", sizeGiB: 2 * mib });
  await volume.snapshot({ id: next.id, name: "s" });
  expect(await failure(ops.unmanage({ id: next.id, reason }))).toMatchObject({
    reason: "HAS_SNAPSHOTS",
    data: { snapshots: 1 },
  });
  await house.crash();
  expect(house.report().own).toMatchObject({ reconciliation: counted });
});

test("over NATS: a host that answers elsewhere keeps its volumes, one that is gone does not, and a file knows its own rows only", async () => {
  const server = await natsServer();
  onTestFinished(() => server.close());
  const end = (caller: string) => nats({ servers: server.url, caller });
  const trustedForwarders = ["asker"];
  const first = await BlockHouse.open({ ...both, transport: end("host") });
  await first.reported("hdd");
  const { id } = await first.volume.create(onHdd);
  const directory = await first.leave();
  // As in a store that hosts share: a row of a volume that a backend elsewhere holds.
  using file = new DatabaseSync(join(directory, "reeve.sqlite"));
  file.prepare("update volume_volumes set host = 'other@ssd' where id = ?").run(id);
  file.close();
  await using house = await BlockHouse.open({ ...both, directory, transport: end("host"), trustedForwarders });
  const other = await BlockHouse.open({ host: "other", transport: end("other"), trustedForwarders, scheduler: false });
  onTestFinished(() => other[Symbol.asyncDispose]());
  const asker = await connect({ transport: end("asker") });
  onTestFinished(() => asker.close());
  const ops = asker.as(operator).ref(volumes);
  expect(await failure(ops.at("host@ssd").forget({ id, reason }))).toMatchObject({
    reason: "HOST_SERVES",
    data: { host: "other@ssd" },
  });
  expect(await failure(ops.at("other@ssd").forget({ id, reason }))).toMatchObject({ reason: "ROW_NOT_FOUND" });
  await other.supervisor.stop();
  await expect
    .poll(() =>
      ops
        .at("host@ssd")
        .forget({ id, reason })
        .then(
          () => "forgotten",
          ({ reason }) => reason,
        ),
    )
    .toBe("forgotten");
  expect((await ops.at("host@ssd").list({})).items).toEqual([]);
  expect(house.supervisor.host).toBe("host");
});

test("over NATS: a host is not gone while it starts, nor while the one that is asked has lost its own link", async () => {
  const server = await natsServer();
  onTestFinished(() => server.close());
  const end = (caller: string) => nats({ servers: server.url, caller });
  const trustedForwarders = ["host", "other"];
  const first = await BlockHouse.open({ transport: end("host") });
  await first.reported();
  const { id } = await first.volume.create({ name: "v", sizeGiB: mib });
  const directory = await first.leave();
  using file = new DatabaseSync(join(directory, "reeve.sqlite"));
  file.prepare("update volume_volumes set host = 'other@ssd' where id = ?").run(id);
  file.close();
  const line = faultTransport(end("host"), { print() {} });
  await using house = await BlockHouse.open({ directory, transport: line, trustedForwarders });
  const [reached, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  onTestFinished(() => released.resolve());
  const opening = BlockHouse.open({
    ...{ host: "other", transport: end("other"), trustedForwarders, scheduler: false },
    device: (driver) => ({
      ...driver,
      async setup(context) {
        reached.resolve();
        await released.promise;
        return driver.setup(context);
      },
    }),
  });
  onTestFinished(async () => (await opening)[Symbol.asyncDispose]());
  await reached.promise;
  const ops = house.supervisor.as(operator).ref(volumes).at("host@ssd");
  const refused = { reason: "HOST_SERVES", data: { host: "other@ssd" } };
  expect(await failure(ops.forget({ id, reason }))).toMatchObject(refused);
  released.resolve();
  await opening;
  line.cut();
  expect(await failure(ops.forget({ id, reason }))).toMatchObject(refused);
  line.heal();
  expect(await house.volume.get({ id })).toMatchObject({ host: "other@ssd" });
});
