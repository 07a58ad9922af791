import { readdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { DriverError } from "@reeve/driver-sdk";
import { scheduler } from "@reeve/managers/scheduler";
import { defineManager } from "@reeve/runtime";
import { describe, expect, test } from "vitest";
import { BlockHouse, imagesIn, mib } from "./block-house.ts";
import type { Moment } from "./steered-driver.ts";

/** Crashes the manager with a call of the driver held at that moment, and waits for its next incarnation. */
async function crashDuring(
  house: BlockHouse,
  method: string,
  moment: Moment,
  begin: () => Promise<unknown>,
  meanwhile = () => {},
): Promise<unknown> {
  const hold = house.backend().steered.hold(method, moment);
  const begun = begin().catch((error: unknown) => error);
  await hold.reached;
  meanwhile();
  // The incarnation that follows is not held.
  const crashed = house.crash();
  hold.release();
  await crashed;
  return begun;
}

const lost = { reason: "PEER_LOST", outcome: "maybe-executed" };
const interrupted = { status: "error", fault: { reason: "INTERRUPTED" } };
const images = (house: BlockHouse) => imagesIn(house.backend().root);
const imageOf = ({ id }: { readonly id: string }) => `${id}.volume`;
const only = async (house: BlockHouse) => (await house.volume.list({})).items;

describe("a crash while a volume is created", () => {
  test("before its image is made: nothing is left, and the volume says so", async () => {
    await using house = await BlockHouse.open();
    const call = await crashDuring(house, "create", "before", () => house.make("v"));
    expect(call).toMatchObject(lost);
    const [volume] = await only(house);
    expect(volume).toMatchObject({ ...interrupted, host: null });
    expect(await images(house)).toEqual([]);
    await house.volume.delete({ id: volume!.id });
    expect(await only(house)).toEqual([]);
  });

  test("after its image is made: the volume is there", async () => {
    await using house = await BlockHouse.open();
    await crashDuring(house, "create", "after", () => house.make("v"));
    const [volume] = await only(house);
    expect(volume).toMatchObject({ status: "available", host: "host@ssd", fault: null });
    expect(await images(house)).toEqual([imageOf(volume!)]);
  });

  test("of the manager that placed it, once its host has it: the host builds on", async () => {
    await using house = await BlockHouse.open({
      backends: ["ssd", "hdd"],
      config: (backend) => ({ labels: { media: backend } }),
    });
    const hold = house.backend("hdd").steered.hold("create", "before");
    const input = { name: "v", sizeGiB: mib, labels: { media: "hdd" } };
    const creating = house.volume
      .at("host@ssd")
      .create(input)
      .catch((error: unknown) => error);
    await hold.reached;
    await house.crash("ssd");
    expect(await creating).toMatchObject(lost);
    expect(await only(house)).toMatchObject([{ status: "creating", host: "host@hdd" }]);
    hold.release();
    await expect.poll(async () => (await only(house))[0]!.status).toBe("available");
  });

  test("of the manager that places it, before a host has it: it is not creating for ever", async () => {
    await using house = await BlockHouse.open({ silent: true });
    // No report has come, so the placement waits.
    const creating = house.make("v").catch((error: unknown) => error);
    await expect.poll(() => only(house)).toMatchObject([{ status: "creating", host: null }]);
    await house.crash();
    expect(await creating).toMatchObject(lost);
    const [volume] = await only(house);
    expect(volume).toMatchObject({ ...interrupted, host: null });
    await house.volume.delete({ id: volume!.id });
  });
});

describe("a crash of the manager that places a volume, when the scheduler has kept its place", () => {
  /** A scheduler whose answer to `place` never comes back, as when its caller crashes first. */
  function forgetfulScheduler(released: (request: string) => void) {
    const reserved = Promise.withResolvers<string>();
    const definition = defineManager({
      contract: scheduler,
      setup: () => ({
        operations: {
          place: ({ request }, { signal }) => {
            reserved.resolve(request);
            return new Promise<never>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
          },
          release: ({ request }) => {
            released(request);
            return { held: true };
          },
          confirm: () => ({ held: true }),
          hosts: () => ({ items: [] }),
          explain: ({ request }, ctx) => ctx.fail("UNKNOWN_PLACEMENT", { request }),
        },
      }),
    });
    return { definition, reserved: reserved.promise };
  }

  test("it is given back once no host can take the volume on any more", async () => {
    await using house = await BlockHouse.open({ scheduler: false });
    const released: unknown[] = [];
    const { definition, reserved } = forgetfulScheduler((request) => {
      released.push(request, ...repair(house, "select status, host from volume_volumes"));
    });
    await house.supervisor.spawn(definition).ready();
    const creating = house.make("v").catch((error: unknown) => error);
    const id = await reserved;
    await house.crash();
    await creating;
    await expect.poll(() => released).toEqual([id, { status: "error", host: null }]);
    expect(await only(house)).toMatchObject([{ ...interrupted, id, host: null }]);
  });

  test("recovery does not wait for a scheduler that is not there", async () => {
    await using house = await BlockHouse.open({ scheduler: false });
    const { definition, reserved } = forgetfulScheduler(() => {});
    await house.supervisor.spawn(definition).ready();
    const creating = house.make("v").catch((error: unknown) => error);
    await reserved;
    const crashed = house.crash();
    await house.supervisor.drain("scheduler", "host");
    await crashed;
    await creating;
    expect(await only(house)).toMatchObject([{ ...interrupted, host: null }]);
    expect(repair(house, "select * from reeve_work")).toEqual([]);
  });

  test("a place that a host has taken is left to it", async () => {
    await using house = await BlockHouse.open({ scheduler: false, backends: ["ssd", "hdd"] });
    const released: string[] = [];
    const { definition, reserved } = forgetfulScheduler((request) => released.push(request));
    await house.supervisor.spawn(definition).ready();
    const creating = house.volume
      .at("host@ssd")
      .create({ name: "v", sizeGiB: mib })
      .catch((error: unknown) => error);
    const id = await reserved;
    repair(house, "update volume_volumes set host = 'host@hdd'");
    await house.crash();
    await creating;
    expect(await only(house)).toMatchObject([{ id, status: "creating", host: "host@hdd" }]);
    expect(released).toEqual([]);
  });
});

describe("a crash while a volume is extended", () => {
  test("before it has grown: it is as it was, and so is the quota", async () => {
    await using house = await BlockHouse.open({ config: { quotaGiB: 4 * mib } });
    const made = await house.make("v");
    const growing = { id: made.id, sizeGiB: 4 * mib };
    expect(await crashDuring(house, "extend", "before", () => house.volume.extend(growing))).toMatchObject(lost);
    expect(await house.volume.get({ id: made.id })).toEqual(made);
    expect(await house.volume.extend(growing)).toMatchObject({ sizeGiB: 4 * mib });
  });

  test("after it has grown: it has its new size", async () => {
    await using house = await BlockHouse.open();
    const made = await house.make("v");
    await crashDuring(house, "extend", "after", () => house.volume.extend({ id: made.id, sizeGiB: 4 * mib }));
    expect(await house.volume.get({ id: made.id })).toEqual({ ...made, sizeGiB: 4 * mib });
  });
});

test.each<Moment>(["before", "after"])(
  "a crash %s a volume's image is deleted: the deletion is carried through",
  async (moment) => {
    await using house = await BlockHouse.open();
    const made = await house.make("v");
    expect(await crashDuring(house, "delete", moment, () => house.volume.delete({ id: made.id }))).toMatchObject(lost);
    expect(await only(house)).toEqual([]);
    expect(await images(house)).toEqual([]);
  },
);

describe("a crash while a snapshot is taken", () => {
  test("before it is made: it is marked, nothing is left, and its volume is as it was", async () => {
    await using house = await BlockHouse.open();
    const made = await house.make("v");
    const taking = () => house.volume.snapshot({ id: made.id, name: "noon" });
    expect(await crashDuring(house, "snapshots.create", "before", taking)).toMatchObject(lost);
    const [snapshot] = (await house.volume.listSnapshots({})).items;
    expect(snapshot).toMatchObject(interrupted);
    expect(await house.volume.get({ id: made.id })).toEqual(made);
    expect(await images(house)).toEqual([imageOf(made)]);
    await house.volume.deleteSnapshot({ id: made.id, snapshotId: snapshot!.id });
    await house.volume.delete({ id: made.id });
  });

  test("after it is made: it is there", async () => {
    await using house = await BlockHouse.open();
    const made = await house.make("v");
    const taking = () => house.volume.snapshot({ id: made.id, name: "noon" });
    await crashDuring(house, "snapshots.create", "after", taking);
    expect((await house.volume.listSnapshots({})).items).toMatchObject([{ status: "available", fault: null }]);
  });

  test.each<Moment>(["before", "after"])("and %s it is deleted: the deletion is carried through", async (moment) => {
    await using house = await BlockHouse.open();
    const { id } = await house.make("v");
    const { id: snapshotId } = await house.volume.snapshot({ id, name: "noon" });
    await crashDuring(house, "snapshots.delete", moment, () => house.volume.deleteSnapshot({ id, snapshotId }));
    expect((await house.volume.listSnapshots({})).items).toEqual([]);
    expect(await images(house)).toEqual([imageOf({ id })]);
  });
});

describe.each([
  { work: "cloned", method: "clones.clone" },
  { work: "copied", method: "clones.clone" },
  { work: "imported", method: "images.import" },
] as const)("a crash while a volume is $work", ({ work, method }) => {
  async function prepare(house: BlockHouse): Promise<() => Promise<unknown>> {
    await writeFile(join(house.exports, "in.img"), Buffer.alloc(10_000, 1));
    const { id } = await house.make("source");
    if (work === "cloned") return () => house.volume.clone({ id, name: "new" });
    if (work === "copied") return () => house.volume.copy({ id, name: "new" }).result;
    return () => house.volume.at("host@ssd").import({ file: "in.img", name: "new" }).result;
  }

  test("before it is whole: nothing of it is left, it is marked, and its source is as it was", async () => {
    await using house = await BlockHouse.open();
    expect(await crashDuring(house, method, "before", await prepare(house))).toMatchObject(lost);
    const [source, made] = await only(house);
    expect(made).toMatchObject({ ...interrupted, name: "new", host: null });
    expect(source).toMatchObject({ status: "available" });
    expect(await images(house)).toEqual([imageOf(source!)]);
    await house.volume.delete({ id: made!.id });
    await house.volume.delete({ id: source!.id });
  });

  test("after it is whole: it is there", async () => {
    await using house = await BlockHouse.open();
    await crashDuring(house, method, "after", await prepare(house));
    const [source, made] = await only(house);
    expect(made).toMatchObject({ status: "available", name: "new", host: "host@ssd", fault: null });
    expect(await images(house)).toEqual([imageOf(source!), imageOf(made!)].sort());
  });
});

test.each<Moment>(["before", "after"])(
  "a crash %s a volume's content is exported: no file, no part of one, and the volume as it was",
  async (moment) => {
    await using house = await BlockHouse.open();
    const made = await house.make("v");
    const exporting = () => house.volume.export({ id: made.id, file: "out.img" }).result;
    expect(await crashDuring(house, "images.export", moment, exporting)).toMatchObject(lost);
    expect(await house.volume.get({ id: made.id })).toEqual(made);
    expect(await readdir(house.exports)).toEqual([]);
    expect(await exporting()).toEqual({ file: "out.img", bytes: 2 ** 20 });
  },
);

test("what somebody else changed in the meantime is left as they left it", async () => {
  await using house = await BlockHouse.open();
  const made = await house.make("v");
  const extending = () => house.volume.extend({ id: made.id, sizeGiB: 4 * mib });
  await crashDuring(house, "extend", "before", extending, () => {
    repair(house, "update volume_volumes set status = 'error'");
  });
  expect(await house.volume.get({ id: made.id })).toMatchObject({ status: "error", sizeGiB: mib, fault: null });
  // The journal has let go of it.
  await house.volume.delete({ id: made.id });
});

test("a create that somebody else has ended is not undone on the backend", async () => {
  await using house = await BlockHouse.open();
  await crashDuring(
    house,
    "create",
    "before",
    () => house.make("v"),
    () => {
      repair(house, "update volume_volumes set status = 'error'");
    },
  );
  expect(await only(house)).toMatchObject([{ status: "error", host: "host@ssd", fault: null }]);
  expect(house.backend().steered.calls).not.toContain("delete");
});

test("work that ends finds what somebody else changed meanwhile, and leaves it", async () => {
  await using house = await BlockHouse.open();
  const made = await house.make("v");
  const hold = house.backend().steered.hold("extend", "after");
  const growing = house.volume.extend({ id: made.id, sizeGiB: 4 * mib });
  await hold.reached;
  repair(house, "update volume_volumes set status = 'error'");
  hold.release();
  expect(await growing).toMatchObject({ status: "error", sizeGiB: mib });
  expect(await house.volume.get({ id: made.id })).toMatchObject({ status: "error", sizeGiB: mib });
});

test("a deletion that ends leaves what somebody else has taken out of it meanwhile", async () => {
  await using house = await BlockHouse.open();
  const { id } = await house.make("v");
  const { id: snapshotId } = await house.volume.snapshot({ id, name: "s" });
  for (const [table, method, remove] of [
    ["snapshots", "snapshots.delete", () => house.volume.deleteSnapshot({ id, snapshotId })],
    ["volumes", "delete", () => house.volume.delete({ id })],
  ] as const) {
    const hold = house.backend().steered.hold(method, "after");
    const removing = remove();
    await hold.reached;
    repair(house, `update volume_${table} set status = 'error'`);
    hold.release();
    await removing;
    expect(repair(house, `select status from volume_${table}`)).toEqual([{ status: "error" }]);
    await remove();
    expect(repair(house, `select status from volume_${table}`)).toEqual([]);
  }
});

test("work on what is gone is over", async () => {
  await using house = await BlockHouse.open();
  const made = await house.make("v");
  const deleting = () => house.volume.delete({ id: made.id });
  await crashDuring(house, "delete", "before", deleting, () => {
    repair(house, "delete from volume_volumes");
  });
  expect(await only(house)).toEqual([]);
  expect(repair(house, "select * from reeve_work")).toEqual([]);
});

test("recovery waits for a driver that is away, and then runs", async () => {
  await using house = await BlockHouse.open();
  const made = await house.make("v");
  const { root, steered } = house.backend();
  const hold = steered.hold("extend", "after");
  const growing = house.volume.extend({ id: made.id, sizeGiB: 4 * mib }).catch((error: unknown) => error);
  await hold.reached;
  await rename(root, `${root}.away`);
  const crashed = house.crash();
  hold.release();
  expect(await growing).toMatchObject(lost);
  expect(repair(house, "select status from volume_volumes")).toEqual([{ status: "extending" }]);
  await rename(`${root}.away`, root);
  await crashed;
  expect(await house.volume.get({ id: made.id })).toMatchObject({ status: "available", sizeGiB: 4 * mib });
});

test("a deletion whose driver was away is carried through when it is back", async () => {
  await using house = await BlockHouse.open();
  const made = await house.make("v");
  const back = house
    .backend()
    .steered.fail("delete", "before", () => new DriverError("UNAVAILABLE", "array unreachable"));
  await expect(house.volume.delete({ id: made.id })).rejects.toMatchObject({ code: "UNAVAILABLE" });
  expect(await house.volume.get({ id: made.id })).toMatchObject({ status: "deleting" });
  await expect(house.volume.delete({ id: made.id })).rejects.toMatchObject({ reason: "WRONG_STATUS" });
  back();
  await expect.poll(() => only(house), { timeout: 5_000 }).toEqual([]);
});

test("a deletion the driver refuses leaves the volume as it was, one it cannot do marks it", async () => {
  await using house = await BlockHouse.open();
  const made = await house.make("v");
  const { steered } = house.backend();
  let back = steered.fail("delete", "before", () => new DriverError("FAILED_PRECONDITION", "a clone depends on it"));
  await expect(house.volume.delete({ id: made.id })).rejects.toMatchObject({ code: "FAILED_PRECONDITION" });
  expect(await house.volume.get({ id: made.id })).toEqual(made);
  back();
  back = steered.fail("delete", "before", () => new DriverError("DATA_LOSS", "unreadable"));
  await expect(house.volume.delete({ id: made.id })).rejects.toMatchObject({ code: "DATA_LOSS" });
  expect(await house.volume.get({ id: made.id })).toMatchObject({ status: "error", fault: { reason: "FAILED" } });
  back();
  await house.volume.delete({ id: made.id });
  expect(await only(house)).toEqual([]);
});

/** What an operator does by hand. */
function repair(house: BlockHouse, sql: string): unknown[] {
  const database = new DatabaseSync(join(house.directory, "reeve.sqlite"));
  try {
    return database
      .prepare(sql)
      .all()
      .map((row) => ({ ...row }));
  } finally {
    database.close();
  }
}
