/*
 * Members of one cluster: one directory, one database. A member that dies is finished by another. The races:
 *
 * - the dead one had begun, and had done nothing or all of it at the backend;
 * - both compare the backend with the rows at the same time;
 * - one changes a volume while the other copies it.
 */
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ReeveError } from "@reeve/contract";
import { volumes as contract, volumeStore } from "@reeve/managers/volume";
import { sqlite } from "@reeve/runtime/sqlite";
import { sharedStore } from "@reeve/testing";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { failure } from "../kit/failure.ts";
import { long } from "../kit/long.ts";
import { imagesIn, mib } from "./block-house.ts";
import { Rack, type RackHost } from "./rack.ts";
import type { Moment } from "./steered-driver.ts";

vi.setConfig({ testTimeout: 60_000 });

const names = ["block-01", "block-02"] as const;
const home = "rack-a@ssd";
const input = { name: "v", sizeGiB: mib };
const survived = { timeout: 30_000, interval: 20 };

const at = ({ volume, address }: RackHost) => volume.at(address);

async function clustered() {
  const rack = await Rack.open({ hosts: names, schedulers: [...names], cluster: () => "rack-a" });
  await rack.known();
  const [first, second] = names.map((name) => rack.host(name)) as [RackHost, RackHost];
  return { rack, first, second };
}

describe("members of a cluster", () => {
  test("make volumes that are the cluster's, and each changes and removes what the other made", async () => {
    const { rack, first, second } = await clustered();
    await using _ = rack;
    const made = await first.volume.at(first.address).create(input);
    expect(made.host).toBe(home);
    const other = second.volume.at(second.address);
    for (const host of [first, second]) {
      expect((await host.volume.list({ filter: { host: home } })).items).toMatchObject([{ id: made.id }]);
      expect(await host.volume.at(host.address).rescan({})).toMatchObject({ unknown: [], missing: [], removed: [] });
    }
    expect(await other.extend({ id: made.id, sizeGiB: 2 * mib })).toMatchObject({ sizeGiB: 2 * mib, host: home });
    const { id: snapshotId } = await other.snapshot({ id: made.id, name: "noon" });
    const twin = await first.volume.at(first.address).clone({ id: made.id, snapshotId, name: "twin" });
    expect(twin.host).toBe(home);
    expect(await first.volume.at(first.address).deleteSnapshot({ id: made.id, snapshotId })).toEqual({
      state: "deleted",
      host: home,
    });
    for (const { id } of [made, twin]) expect(await other.delete({ id })).toEqual({ state: "deleted", host: home });
    expect(await imagesIn(first.root)).toEqual([]);
  });

  test("that compare the backend with the rows at the same time agree", async () => {
    const { rack, first, second } = await clustered();
    await using _ = rack;
    const made = await Promise.all(Array.from({ length: 6 }, () => first.volume.create(input)));
    const rescans = () => Promise.all([first, second].map((host) => host.volume.at(host.address).rescan({})));
    const [a, b] = await rescans();
    expect([a, b]).toMatchObject([
      { unknown: [], missing: [] },
      { unknown: [], missing: [] },
    ]);
    expect((await first.volume.list({})).items.map(({ id }) => id).sort()).toEqual(made.map(({ id }) => id).sort());
  });

  test("take into the cluster what a host had before it was a member", async () => {
    let cluster: string | undefined;
    const directory = await mkdtemp(join(tmpdir(), "reeve-cluster-"));
    onTestFinished(() => rm(directory, { recursive: true, force: true }));
    const store = sharedStore(sqlite({ path: join(directory, "reeve.sqlite") }));
    await using rack = await Rack.open({
      hosts: ["block-01"],
      schedulers: [...names],
      sharedRoot: true,
      store: () => store,
      cluster: () => cluster,
    });
    await rack.known();
    const alone = rack.host("block-01");
    const made = await alone.volume.create(input);
    expect(made.host).toBe(alone.address);
    await alone.stop();
    cluster = "rack-a";
    await rack.start("block-01");
    const other = await rack.start("block-02");
    expect(await other.volume.get({ id: made.id })).toEqual({ ...made, host: home });
    await rack.known();
    expect(await other.volume.at(other.address).delete({ id: made.id })).toEqual({ state: "deleted", host: home });
    expect(await imagesIn(other.root)).toEqual([]);
  });
});

describe("what one member does to a volume the other does not disturb:", () => {
  test("while it is copied it is neither removed nor changed, nor are its snapshots", async () => {
    const { rack, first, second } = await clustered();
    await using _ = rack;
    const { id } = await at(first).create(input);
    const { id: snapshotId } = await at(first).snapshot({ id, name: "noon" });
    const hold = first.steered.hold("clones.clone", "before");
    const copying = at(first).clone({ id, snapshotId, name: "twin" });
    await hold.reached;
    for (const attempt of [
      at(second).extend({ id, sizeGiB: 2 * mib }),
      at(second).deleteSnapshot({ id, snapshotId }),
      at(second).unmanage({ id, reason: "for the test" }),
    ]) {
      const refused = await failure(attempt);
      expect(["BUSY", "HAS_SNAPSHOTS"]).toContain(refused.reason);
    }
    hold.release();
    const twin = await copying;
    await at(second).deleteSnapshot({ id, snapshotId });
    const again = first.steered.hold("clones.clone", "before");
    const copyingAgain = at(first).clone({ id, name: "another" });
    await again.reached;
    for (const attempt of [at(second).delete({ id }), at(second).unmanage({ id, reason: "for the test" })])
      expect(await failure(attempt)).toMatchObject({ reason: "BUSY", data: { resource: id } });
    again.release();
    const another = await copyingAgain;
    for (const one of [id, twin.id, another.id]) await at(second).delete({ id: one });
    expect(await imagesIn(second.root)).toEqual([]);
  });

  test("while its snapshot is taken it is not extended", async () => {
    const { rack, first, second } = await clustered();
    await using _ = rack;
    const { id } = await at(first).create(input);
    const hold = first.steered.hold("snapshots.create", "before");
    const taking = at(first).snapshot({ id, name: "noon" });
    await hold.reached;
    expect(await failure(at(second).extend({ id, sizeGiB: 2 * mib }))).toMatchObject({ reason: "BUSY" });
    expect(await failure(at(second).delete({ id }))).toMatchObject({ reason: "HAS_SNAPSHOTS" });
    hold.release();
    await taking;
    expect(await at(second).extend({ id, sizeGiB: 2 * mib })).toMatchObject({ sizeGiB: 2 * mib });
  });

  test("it is connected where it was asked for first, and that member connects it again; when it is gone, another has it", async () => {
    const { rack, first, second } = await clustered();
    await using _ = rack;
    const { id } = await at(first).create(input);
    const connection = await at(first).connect({ id });
    expect(connection).toMatchObject({ host: first.address });
    expect(await at(second).connect({ id })).toEqual(connection);
    const connects = ({ steered }: RackHost) => steered.calls.filter((call) => call === "connect").length;
    expect(connects(second)).toBe(0);
    await second.manager.crash();
    expect(connects(second)).toBe(0);
    expect(await failure(at(second).delete({ id }))).toMatchObject({ reason: "IN_USE" });
    expect(await at(second).disconnect({ id })).toMatchObject({ connected: false });
    expect([first, second].map(({ steered }) => steered.calls.includes("disconnect"))).toEqual([true, false]);
    await at(first).connect({ id });
    await first.stop();
    expect(await at(second).connect({ id })).toMatchObject({ host: second.address });
    // The one that had it leaves it alone.
    const back = await rack.start("block-01");
    expect(connects(back)).toBe(0);
    await second.stop();
    await rack.known();
    expect(await at(back).disconnect({ id })).toMatchObject({ connected: false });
    expect(await at(back).delete({ id })).toMatchObject({ state: "deleted" });
  });
});

/** A key is its user's, at whichever member. */
const ofAda = ({ supervisor, address }: RackHost) =>
  supervisor.as({ user: "ada", roles: [] }).ref(contract).at(address);
const of = (name: string) => ({ name, sizeGiB: mib });
const key = { idempotencyKey: "k" };

/** Each kind of work, on a volume of its own, begun by one member. Nothing of it ends. */
async function beginEverything(host: RackHost): Promise<(() => Promise<unknown>)[]> {
  const volume = at(host);
  await writeFile(join(host.exports, "in.img"), Buffer.alloc(10_000, 1));
  const names = ["cloned", "copied", "extended", "exported", "deleted", "frozen", "thawed"] as const;
  const ids = {} as Record<(typeof names)[number], string>;
  for (const name of names) ids[name] = (await volume.create(of(name))).id;
  const { id: snapshotId } = await volume.snapshot({ id: ids.thawed, name: "old" });
  return [
    () => ofAda(host).create(of("created"), key),
    () => volume.clone({ id: ids.cloned, name: "clone" }),
    () => volume.copy({ id: ids.copied, name: "copy" }).result,
    () => volume.import({ file: "in.img", name: "imported", sizeGiB: mib }).result,
    () => volume.extend({ id: ids.extended, sizeGiB: 2 * mib }),
    () => volume.export({ id: ids.exported, file: "out.img" }).result,
    () => volume.delete({ id: ids.deleted }),
    () => volume.snapshot({ id: ids.frozen, name: "new" }),
    () => volume.deleteSnapshot({ id: ids.thawed, snapshotId }),
  ];
}

/** The driver's methods that those come to, and how often. */
const methods = {
  create: 1,
  "clones.clone": 2,
  "images.import": 1,
  extend: 1,
  "images.export": 1,
  delete: 1,
  "snapshots.create": 1,
  "snapshots.delete": 1,
};
const whole = { status: "available", host: home, fault: null, sizeGiB: mib };
const undone = { status: "error", host: null, fault: { reason: "INTERRUPTED" } };

describe("a member that dies in the middle of everything", () => {
  test.each<Moment>(["before", "after"])("%s the backend has done it: the other settles all of it", async (moment) => {
    const { rack, first, second } = await clustered();
    await using _ = rack;
    const begins = await beginEverything(first);
    const holds = Object.entries(methods).map(([method, times]) => ({ times, ...first.steered.hold(method, moment) }));
    const begun = begins.map((begin) => failure(begin()));
    for (const { arrived, times } of holds) await expect.poll(arrived, { timeout: 10_000 }).toBe(times);
    await first.kill();
    for (const { release } of holds) release();
    await Promise.all(begun);

    const made = moment === "after" ? whole : undone;
    const volumes = {
      ...{ cloned: whole, copied: whole, exported: whole, frozen: whole, thawed: whole },
      ...{ created: made, imported: made },
      // Made again from their sources.
      ...{ clone: whole, copy: whole },
      extended: { ...whole, sizeGiB: moment === "after" ? 2 * mib : mib },
    };
    const settled = async () => {
      const { items } = await at(second).list({});
      const snapshots = (await at(second).listSnapshots({})).items;
      return {
        volumes: Object.fromEntries(items.map((volume) => [volume.name, volume])),
        count: items.length,
        snapshots: snapshots.map(({ name, status }) => `${name} ${status}`),
      };
    };
    await expect.poll(settled, survived).toMatchObject({
      volumes,
      count: Object.keys(volumes).length,
      snapshots: [moment === "after" ? "new available" : "new error"],
    });
    // Nothing of it is left on the backend, nor missing there.
    const { items } = await at(second).list({});
    const snapshots = (await at(second).listSnapshots({})).items;
    const images = [
      ...items.filter(({ host }) => host !== null).map(({ id }) => `${id}.volume`),
      ...snapshots.filter(({ status }) => status !== "error").map(({ id, volumeId }) => `${volumeId}.${id}.snapshot`),
    ];
    expect(await imagesIn(second.root)).toEqual(images.sort());
    expect(await at(second).rescan({})).toMatchObject({ unknown: [], missing: [], found: [], removed: [] });
    // The key of the one that it placed gives what became of that.
    const created = items.find(({ name }) => name === "created")!;
    const repeated = await vi.waitFor(async () => {
      const told = await ofAda(second)
        .create(of("created"), key)
        .catch((error: unknown) => error as ReeveError);
      if ("retryable" in told && told.retryable) throw told;
      return told;
    }, survived);
    if (moment === "after") expect(repeated).toEqual(created);
    else {
      const data = { state: "ended", resource: created.id };
      expect(repeated).toMatchObject({ reason: "DUPLICATE_KEY", data });
    }
    // All of it can be done again: nothing is held.
    for (const { id, volumeId } of snapshots) await at(second).deleteSnapshot({ id: volumeId, snapshotId: id });
    for (const { id } of items) await at(second).delete({ id });
    expect(await imagesIn(second.root)).toEqual([]);
    await rack.start("block-01");
    expect(await readdir(first.exports)).toEqual(["in.img"]);
  });
});

type Loses = (source: { readonly id: string; readonly rack: Rack; readonly root: string }) => Promise<unknown>;
const image: Loses = ({ id, root }) => rm(join(root, `${id}.volume`));
const row: Loses = ({ id, rack }) =>
  rack.byHand.write(volumeStore, `delete from "volume_volumes" where "id" = ?`, [id]);

describe("a member that dies as it clones and copies leaves a clear end where the other finds no source:", () => {
  const ways: [string, { readonly before?: Loses[]; readonly during?: Loses[] }][] = [
    ["its image is gone", { before: [image] }],
    ["its row is gone", { before: [row] }],
    ["both are gone", { before: [row, image] }],
    ["its image goes as the other begins to make it again", { during: [image] }],
  ];
  test.each(long ? ways : ways.slice(2))("%s", async (_name, { before = [], during = [] }) => {
    const { rack, first, second } = await clustered();
    await using _ = rack;
    const sources = [(await at(first).create(of("one"))).id, (await at(first).create(of("other"))).id] as const;
    const lose = async (ways: readonly Loses[]) => {
      for (const way of ways) for (const id of sources) await way({ id, rack, root: second.root });
    };
    const dying = first.steered.hold("clones.clone", "before");
    const begun = [
      failure(at(first).clone({ id: sources[0], name: "clone" })),
      failure(at(first).copy({ id: sources[1], name: "copy" }).result),
    ];
    await expect.poll(dying.arrived, { timeout: 10_000 }).toBe(2);
    await lose(before);
    const again = second.steered.hold("clones.clone", "before");
    if (during.length === 0) again.release();
    await first.kill();
    dying.release();
    await Promise.all(begun);
    if (during.length > 0) {
      await expect.poll(again.arrived, survived).toBe(2);
      await lose(during);
      again.release();
    }
    const made = async () => {
      const { items } = await at(second).list({});
      return Object.fromEntries(
        items.filter(({ id }) => !sources.some((source) => source === id)).map((v) => [v.name, v]),
      );
    };
    await expect.poll(made, survived).toMatchObject({ clone: undone, copy: undone });
    // Neither is held any more, and nothing of them lies on the backend.
    for (const { id } of Object.values(await made())) await at(second).delete({ id });
    expect(await made()).toEqual({});
    const left = before.includes(image) || during.includes(image) ? [] : sources.map((id) => `${id}.volume`);
    expect(await imagesIn(second.root)).toEqual([...left].sort());
  });
});
