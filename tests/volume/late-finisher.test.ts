import { stat } from "node:fs/promises";
import { join } from "node:path";
import { isError, type Ref } from "@reeve/contract";
import { type Volumes, volumes } from "@reeve/managers/volume";
import { nats } from "@reeve/nats";
import { connect, inProcess } from "@reeve/runtime";
import type { Transport } from "@reeve/runtime/transport";
import { natsServer, recordingLogger } from "@reeve/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { failure } from "../kit/failure.ts";
import { BlockHouse, type HouseOptions, imagesIn, mib } from "./block-house.ts";
import { NudgedClock } from "./nudged-clock.ts";
import type { Hold } from "./steered-driver.ts";

const timeoutMs = 61_001;
const graceMs = 5_001;
const limits = {
  driver: { timeout: timeoutMs, stallTimeout: timeoutMs, abortGrace: graceMs, closeTimeout: "200ms" },
} as const;
const timedOut = { reason: "DEADLINE_EXCEEDED", outcome: "maybe-executed" };
const waitingFor = (method: string) => ({
  driver: "file-volumes",
  method,
  since: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
});
const busy = (resource: string, kind: string, method: string) => ({
  reason: "BUSY",
  message: expect.stringContaining(`file-volumes: ${method} runs on since `),
  data: { resource, kind, since: expect.any(String), waitingFor: waitingFor(method) },
});
/** The call that has come to the stop is out of time, does not heed its abort, and is let go of. */
async function letGo(clock: NudgedClock, hold: Hold): Promise<void> {
  await hold.reached;
  clock.ring(timeoutMs);
  clock.ring(graceMs);
}
const images = (house: BlockHouse, backend = "ssd") => imagesIn(house.backend(backend).root);

interface Wire {
  /** Two ends: the house's, and that of a process that calls it. */
  readonly transports: () => readonly [Transport, Transport];
  close(): Promise<void>;
}

const wires: Readonly<Record<string, () => Promise<Wire>>> = {
  "in process": async () => {
    const hub = inProcess();
    return {
      transports: () => [hub.client({ caller: "host" }), hub.client({ caller: "asker" })],
      close: async () => {},
    };
  },
  "over NATS": async () => {
    const server = await natsServer();
    const end = (caller: string) => nats({ servers: server.url, caller });
    return { transports: () => [end("host"), end("asker")], close: () => server.close() };
  },
};

describe.for(Object.entries(wires))("a call that takes effect after it was let go of, %s", ([, open]) => {
  let wire: Wire;
  beforeAll(async () => {
    wire = await open();
  });
  afterAll(() => wire.close());

  async function openHouse(options: HouseOptions = {}) {
    const [own, asking] = wire.transports();
    const clock = new NudgedClock();
    const house = await BlockHouse.open({ limits, ...options, transport: own, clock });
    for (const backend of options.backends ?? ["ssd"]) await house.reported(backend);
    const asker = await connect({ transport: asking });
    const volume: Ref<Volumes> = asker.ref(volumes);
    return {
      house,
      clock,
      volume,
      [Symbol.asyncDispose]: async () => {
        await asker.close();
        await house[Symbol.asyncDispose]();
      },
    };
  }

  test("while a create is held its key says that it runs, and for which volume; then it is answered with that", async () => {
    await using opened = await openHouse();
    const { house, volume, clock } = opened;
    const hold = house.backend("ssd").steered.defy("create", "before");
    const create = () => volume.create({ name: "v", sizeGiB: mib }, { idempotencyKey: "k1" });
    const creating = failure(create());
    await letGo(clock, hold);
    const told = await creating;
    const [row] = (await volume.list({})).items;
    const running = { reason: "DUPLICATE_KEY", retryable: true, data: { state: "running", resource: row!.id } };
    expect(await failure(create())).toMatchObject(running);
    expect(told).toMatchObject(timedOut);
    hold.release();
    const answer = () =>
      create().then(
        (made) => made,
        (error: unknown) => error,
      );
    await expect.poll(answer, { timeout: 15_000 }).toMatchObject({ id: row!.id });
    expect((await volume.list({})).items).toHaveLength(1);
  });

  test("a create is not tried elsewhere while its first host still makes it: one volume, one image", async () => {
    await using opened = await openHouse({ backends: ["ssd", "hdd"] });
    const { house, volume, clock } = opened;
    const holds = ["ssd", "hdd"].map((name) => house.backend(name).steered.defy("create", "before"));
    const creating = failure(volume.create({ name: "v", sizeGiB: mib }));
    await Promise.race(holds.map(({ reached }) => reached));
    clock.ring(timeoutMs);
    clock.ring(graceMs);
    expect(await creating).toMatchObject(timedOut);
    const [row] = (await volume.list({})).items;
    expect(row).toMatchObject({ status: "creating", host: expect.any(String) });
    const [backend] = ["ssd", "hdd"].filter((name) => house.backend(name).address === row!.host);
    const other = backend === "ssd" ? "hdd" : "ssd";
    expect(house.report(backend).held).toEqual([
      { resource: row!.id, kind: "volume.creating", waitingFor: waitingFor("create") },
    ]);
    expect(await failure(volume.delete({ id: row!.id }))).toMatchObject(busy(row!.id, "volume.creating", "create"));
    expect(house.backend(other).steered.calls).not.toContain("create");
    for (const hold of holds) hold.release();
    await expect.poll(async () => (await volume.get({ id: row!.id })).status).toBe("available");
    expect(await images(house, backend)).toEqual([`${row!.id}.volume`]);
    expect(await images(house, other)).toEqual([]);
    expect(house.report(backend).held).toEqual([]);
  });

  test("an extend that comes late is what the row says: row, image and quota agree", async () => {
    await using opened = await openHouse({ config: { quotaGiB: 10 * mib } });
    const { house, volume, clock } = opened;
    const { id } = await volume.create({ name: "v", sizeGiB: mib });
    const { steered, root } = house.backend();
    const hold = steered.defy("extend", "before");
    const extending = failure(volume.extend({ id, sizeGiB: 5 * mib }));
    await letGo(clock, hold);
    expect(await extending).toMatchObject({
      ...timedOut,
      data: { resource: id, waitingFor: waitingFor("extend") },
    });
    expect(await volume.get({ id })).toMatchObject({ status: "extending", sizeGiB: mib });
    for (const attempt of [
      volume.extend({ id, sizeGiB: 2 * mib }),
      volume.delete({ id }),
      volume.snapshot({ id, name: "s" }),
      volume.connect({ id }),
      volume.clone({ id, name: "c" }),
      volume.export({ id, file: "f" }).result,
    ]) {
      expect(await failure(attempt)).toMatchObject(busy(id, "volume.extending", "extend"));
    }
    // What may yet be promised counts.
    const tooMuch = await failure(volume.create({ name: "w", sizeGiB: 6 * mib }));
    expect(isError(tooMuch, volumes, "create", "QUOTA_EXCEEDED")).toBe(true);
    hold.release();
    await expect.poll(() => volume.get({ id })).toMatchObject({ status: "available", sizeGiB: 5 * mib });
    expect((await stat(join(root, `${id}.volume`))).size).toBe(5 * 2 ** 20);
  });

  test("a snapshot whose deletion comes late is gone for its row too, and one made late is there", async () => {
    await using opened = await openHouse();
    const { house, volume, clock } = opened;
    const { id } = await volume.create({ name: "v", sizeGiB: mib });
    const { id: snapshotId } = await volume.snapshot({ id, name: "noon" });
    const { steered } = house.backend();
    const deleting = steered.defy("snapshots.delete", "before");
    const deletion = failure(volume.deleteSnapshot({ id, snapshotId }));
    await letGo(clock, deleting);
    expect(await deletion).toMatchObject(timedOut);
    expect(await failure(volume.deleteSnapshot({ id, snapshotId }))).toMatchObject(
      busy(snapshotId, "snapshot.deleting", "snapshots.delete"),
    );
    deleting.release();
    await expect.poll(async () => (await volume.listSnapshots({})).items).toEqual([]);
    expect(await images(house)).toEqual([`${id}.volume`]);

    const making = steered.defy("snapshots.create", "before");
    const taking = failure(volume.snapshot({ id, name: "evening" }));
    await letGo(clock, making);
    expect(await taking).toMatchObject(timedOut);
    making.release();
    await expect.poll(async () => (await volume.listSnapshots({})).items).toMatchObject([{ status: "available" }]);
    expect(await images(house)).toHaveLength(2);
  });

  test("an operator abandons it: the truth is read then, the audit line says who and why", async () => {
    const log = recordingLogger();
    await using opened = await openHouse({ log });
    const { house, volume, clock } = opened;
    const { id } = await volume.create({ name: "v", sizeGiB: mib });
    const { steered, address } = house.backend();
    const hold = steered.defy("extend", "before");
    const extending = failure(volume.extend({ id, sizeGiB: 2 * mib }));
    await letGo(clock, hold);
    await extending;
    const abandon = () =>
      house.supervisor.abandon("volume", address, { resource: id, reason: "array was rebooted", by: "ada" });
    expect(abandon()).toEqual({ operations: [], resources: [id], driverCalls: [waitingFor("extend")] });
    await expect.poll(() => volume.get({ id })).toMatchObject({ status: "available", sizeGiB: mib });
    expect(abandon).toThrow(expect.objectContaining({ reason: "NOT_RUNNING" }));
    const audit = log.lines.filter(({ fields }) => fields.audit === true);
    expect(audit).toMatchObject([
      {
        level: "warn",
        message: `ada abandoned "${id}" at volume/${address}: array was rebooted`,
        fields: {
          action: "abandon",
          manager: "volume",
          address,
          resource: id,
          by: "ada",
          reason: "array was rebooted",
        },
      },
    ]);
    hold.release();
  });

  test("the next life in the same process does not recover it while the last one's session is open", async () => {
    await using opened = await openHouse({ limits: { driver: { ...limits.driver, closeTimeout: "60s" } } });
    const { house, volume } = opened;
    const { id } = await volume.create({ name: "v", sizeGiB: mib });
    const { steered } = house.backend();
    const hold = steered.defy("extend", "before");
    const extending = failure(volume.extend({ id, sizeGiB: 2 * mib }));
    await hold.reached;
    // It is still within its grace when the next life begins.
    await house.crash();
    await extending;
    expect(house.report().held).toEqual([{ resource: id, kind: "volume.extending", waitingFor: waitingFor("extend") }]);
    // From elsewhere the next life is found a little later.
    await expect.poll(() => volume.get({ id })).toMatchObject({ status: "extending" });
    expect(await failure(volume.delete({ id }))).toMatchObject(busy(id, "volume.extending", "extend"));
    const unmanaging = house.supervisor
      .as({ user: "ada", roles: ["operator"] })
      .ref(volumes)
      .unmanage({ id, reason: "x" });
    expect(await failure(unmanaging)).toMatchObject(busy(id, "volume.extending", "extend"));
    hold.release();
    await expect.poll(() => volume.get({ id })).toMatchObject({ status: "available", sizeGiB: 2 * mib });
    expect((await stat(join(house.backend().root, `${id}.volume`))).size).toBe(2 * 2 ** 20);
  });

  test("once its session was closed it is waited for no longer", async () => {
    await using opened = await openHouse();
    const { house, volume, clock } = opened;
    const { id } = await volume.create({ name: "v", sizeGiB: mib });
    const hold = house.backend().steered.defy("extend", "before");
    const extending = failure(volume.extend({ id, sizeGiB: 2 * mib }));
    await letGo(clock, hold);
    expect(await extending).toMatchObject(timedOut);
    await house.supervisor.restart("volume", house.backend().address);
    await expect.poll(() => volume.get({ id })).toMatchObject({ status: "available", sizeGiB: mib });
    expect(house.report().held).toEqual([]);
    hold.release();
  });

  test("a stop is not held up by it", async () => {
    await using opened = await openHouse();
    const { house, volume, clock } = opened;
    const { id } = await volume.create({ name: "v", sizeGiB: mib });
    const hold = house.backend().steered.defy("extend", "before");
    const extending = failure(volume.extend({ id, sizeGiB: 2 * mib }));
    await letGo(clock, hold);
    expect(await extending).toMatchObject(timedOut);
    const directory = await house.leave();
    hold.release();
    await using next = await BlockHouse.open({ directory });
    await expect.poll(() => next.volume.get({ id })).toMatchObject({ status: "available" });
  });
});

test("transfers and streams are held likewise", async () => {
  const clock = new NudgedClock();
  await using house = await BlockHouse.open({ limits, clock });
  const { volume } = house;
  const { id } = await volume.create({ name: "v", sizeGiB: mib });
  const { steered } = house.backend();
  const hold = steered.defy("clones.clone", "before");
  const copying = failure(volume.copy({ id, name: "twin" }).result);
  await letGo(clock, hold);
  expect(await copying).toMatchObject(timedOut);
  const twin = (await volume.list({})).items.find(({ name }) => name === "twin")!;
  expect(twin.status).toBe("creating");
  expect(await failure(volume.delete({ id: twin.id }))).toMatchObject(busy(twin.id, "volume.copying", "clones.clone"));
  hold.release();
  await expect.poll(async () => (await volume.get({ id: twin.id })).status).toBe("available");
  expect(await images(house)).toEqual([id, twin.id].map((one) => `${one}.volume`).sort());
});

test("a recovery whose own call is let go of is held the same way before the next try", async () => {
  const clock = new NudgedClock();
  await using house = await BlockHouse.open({ limits, clock });
  const { volume } = house;
  const { id } = await volume.create({ name: "v", sizeGiB: mib });
  const { steered } = house.backend();
  const heal = steered.fail("extend", "before", () => new Error("broken"));
  const listing = steered.defy("list", "before");
  const extending = failure(volume.extend({ id, sizeGiB: 2 * mib }));
  await letGo(clock, listing);
  await extending;
  await expect
    .poll(() => house.report().held)
    .toEqual([{ resource: id, kind: "volume.extending", waitingFor: waitingFor("list") }]);
  const lists = () => steered.calls.filter((call) => call === "list").length;
  const before = lists();
  heal();
  listing.release();
  await expect.poll(() => volume.get({ id })).toMatchObject({ status: "available", sizeGiB: mib });
  expect(lists()).toBe(before + 1);
});
