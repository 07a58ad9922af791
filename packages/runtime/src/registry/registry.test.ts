import { expect, test } from "vitest";
import { ulids } from "../base/ids.ts";
import { ManualClock } from "../base/manual-clock.ts";
import { fencedLeaseStore } from "../leases/lease-store.ts";
import { column, Database, defineStore, OpenStore, table } from "../store/index.ts";
import { scratchDirectory } from "../store/scratch.test-kit.ts";
import { sqlite } from "../store/sqlite/index.ts";
import { isFencedByPeer, Registry } from "./index.ts";
import { registryStore } from "./registry-store.ts";

const notes = defineStore("notes", { tables: { notes: table({ id: column.text().primaryKey() }) } });
const ssd = { manager: "volume", address: "block-01@ssd", version: "1.2" };

async function openRegistry(path = ":memory:") {
  const clock = new ManualClock();
  const database = await Database.open(sqlite({ path }), { clock });
  await database.migrate(notes);
  const registry = await Registry.open({ database, clock, ids: ulids() });
  return { database, registry, [Symbol.asyncDispose]: () => database.close() };
}

test("each incarnation keeps its record and gets a higher epoch, also after a restart of the process", async () => {
  using scratch = scratchDirectory();
  const path = scratch.file("store.db");
  const epochs: number[] = [];
  const ids = new Set<string>();
  for (const _ of [1, 2]) {
    await using opened = await openRegistry(path);
    for (const _ of [1, 2]) {
      const { epoch, serviceId } = await opened.registry.register(ssd);
      epochs.push(epoch);
      ids.add(serviceId);
    }
  }
  expect(epochs).toEqual([1, 2, 3, 4]);
  expect(ids.size).toBe(1);
});

test("addresses and managers have records and epochs of their own", async () => {
  await using opened = await openRegistry();
  const { registry } = opened;
  const first = await registry.register(ssd);
  const second = await registry.register({ ...ssd, address: "block-01@hdd", cluster: "rack-a" });
  const third = await registry.register({ ...ssd, manager: "scheduler" });
  expect([first.epoch, second.epoch, third.epoch]).toEqual([1, 1, 1]);
  expect(new Set([first.serviceId, second.serviceId, third.serviceId]).size).toBe(3);
  expect(await registry.services("volume")).toEqual([
    {
      serviceId: second.serviceId,
      manager: "volume",
      address: "block-01@hdd",
      cluster: "rack-a",
      version: "1.2",
      epoch: 1,
    },
    { serviceId: first.serviceId, manager: "volume", address: "block-01@ssd", cluster: null, version: "1.2", epoch: 1 },
  ]);
});

test("an address is added to a cluster once: when it is new, or had none", async () => {
  await using opened = await openRegistry();
  const { registry } = opened;
  const added = async (cluster?: string) => (await registry.register({ ...ssd, cluster })).addedToCluster;
  expect(await added()).toBe(false);
  expect(await added("rack-a")).toBe(true);
  expect(await added("rack-a")).toBe(false);
  const born = await registry.register({ ...ssd, address: "block-02", cluster: "rack-a" });
  expect(born.addedToCluster).toBe(true);
});

test.each([
  ["another cluster", "rack-b"],
  ["no cluster", undefined],
])("a changed cluster name is refused, naming both: %s", async (_, cluster) => {
  await using opened = await openRegistry();
  const { registry } = opened;
  await registry.register({ ...ssd, cluster: "rack-a" });
  const refused = registry.register({ ...ssd, cluster });
  await expect(refused).rejects.toMatchObject({
    code: "FAILED_PRECONDITION",
    message: expect.stringContaining('"rack-a"'),
  });
  expect((await registry.services("volume"))[0]).toMatchObject({ cluster: "rack-a", epoch: 1 });
  const moved = await registry.register({ ...ssd, cluster, moveCluster: true });
  expect(moved).toMatchObject({ epoch: 2, addedToCluster: false });
});

test("a name is a host's or a cluster's, whoever comes first and in whatever process", async () => {
  using scratch = scratchDirectory();
  const path = scratch.file("store.db");
  {
    await using opened = await openRegistry(path);
    await opened.registry.takeNames("block-01", "rack-a");
    await opened.registry.takeNames("block-02", "rack-a");
  }
  await using opened = await openRegistry(path);
  const { registry } = opened;
  await expect(registry.takeNames("rack-a", undefined)).rejects.toMatchObject({
    reason: "INVALID_OPTION",
    message: 'host: "rack-a" is the name of a cluster; give the host another',
  });
  await expect(registry.takeNames("block-03", "block-02")).rejects.toMatchObject({
    message: 'cluster: "block-02" is the name of a host; give the cluster another',
  });
  await registry.takeNames("block-01", "rack-a");
  await registry.takeNames("block-03", undefined);
});

test("a stale incarnation writes nothing: its transaction is FENCED, it hears of it once, and then it cannot read either", async () => {
  await using opened = await openRegistry();
  const { database, registry } = opened;
  const old = await registry.register(ssd);
  const heard: string[] = [];
  const stale = new OpenStore({
    database,
    definition: notes,
    hooks: [old.fence],
    onFenced: (e) => heard.push(e.reason),
  });
  await stale.store.transaction((tx) => tx.insert("notes", { id: "before" }));
  const successor = await registry.register(ssd);
  const current = new OpenStore({ database, definition: notes, hooks: [successor.fence] });
  let ran = false;
  const late = stale.store.transaction(async () => {
    ran = true;
  });
  await expect(late).rejects.toMatchObject({ reason: "FENCED", data: { epoch: 1, successor: 2 } });
  await expect(stale.store.transaction(async () => {})).rejects.toMatchObject({ reason: "FENCED" });
  await expect(stale.store.get("notes", "before")).rejects.toMatchObject({ reason: "FENCED" });
  expect(ran).toBe(false);
  expect(heard).toEqual(["FENCED"]);
  await current.store.transaction((tx) => tx.insert("notes", { id: "after" }));
});

test("a successor registers after the transaction that runs, never within it", async () => {
  await using opened = await openRegistry();
  const { database, registry } = opened;
  const { fence } = await registry.register(ssd);
  const { store } = new OpenStore({ database, definition: notes, hooks: [fence] });
  const entered = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  const order: string[] = [];
  const writing = store
    .transaction(async (tx) => {
      entered.resolve();
      await goOn.promise;
      await tx.insert("notes", { id: "n" });
    })
    .then(() => order.push("written"));
  await entered.promise;
  const registering = registry.register(ssd).then(() => order.push("registered"));
  goOn.resolve();
  await Promise.all([writing, registering]);
  expect(order).toEqual(["written", "registered"]);
});

test("a dead peer is fenced once, by whoever is first; who wakes is told by whom", async () => {
  await using opened = await openRegistry();
  const { database, registry } = opened;
  const dead = await registry.register(ssd);
  const fenced = await Promise.all(["p1", "p2", "p3"].map((by) => registry.fencePeer(ssd, 1, by)));
  expect(new Set(fenced.map(({ epoch, raisedBy }) => `${epoch} ${raisedBy}`)).size).toBe(1);
  expect(fenced[0]).toMatchObject({ epoch: 2 });
  const { store } = new OpenStore({ database, definition: notes, hooks: [dead.fence] });
  const late = await store.transaction(async () => {}).catch((error: unknown) => error);
  expect(late).toMatchObject({ reason: "FENCED", data: { epoch: 1, successor: 2, by: fenced[0]!.raisedBy } });
  expect(isFencedByPeer(late)).toBe(true);
  expect(await registry.fencePeer({ manager: "volume", address: "unknown" }, 1, "p1")).toEqual({
    epoch: 0,
    raisedBy: null,
  });
});

test("a peer that has registered again is left alone, and its earlier life is told that it has a successor", async () => {
  await using opened = await openRegistry();
  const { database, registry } = opened;
  const dead = await registry.register(ssd);
  await registry.fencePeer(ssd, 1, "p1");
  const born = await registry.register(ssd);
  expect(await registry.fencePeer(ssd, 1, "p2")).toEqual({ epoch: 3, raisedBy: null });
  await new OpenStore({ database, definition: notes, hooks: [born.fence] }).store.transaction(async () => {});
  const { store } = new OpenStore({ database, definition: notes, hooks: [dead.fence] });
  const late = await store.transaction(async () => {}).catch((error: unknown) => error);
  expect(late).toMatchObject({ reason: "FENCED", data: { epoch: 1, successor: 3 } });
  expect(isFencedByPeer(late)).toBe(false);
});

test("an address stays fenced until somebody registers there, which waits for the commit", async () => {
  await using opened = await openRegistry();
  const { database, registry } = opened;
  await registry.register(ssd);
  const stays = (epoch: number) =>
    database.write((session) => registry.staysFenced(session, ssd, epoch), { timeoutMs: 1_000 });
  expect(await stays(1)).toBe(false);
  await registry.fencePeer(ssd, 1, "p1");
  expect([await stays(2), await stays(1)]).toEqual([true, false]);
  await registry.register(ssd);
  expect([await stays(2), await stays(3)]).toEqual([false, false]);
});

test("the members of a cluster are known whether or not they live, and whether their work may be finished", async () => {
  await using opened = await openRegistry();
  const { registry } = opened;
  for (const address of ["a@ssd", "b@ssd"]) await registry.register({ ...ssd, address, cluster: "rack@ssd" });
  await registry.register({ ...ssd, address: "c@ssd", cluster: "other@ssd" });
  await registry.register({ ...ssd, manager: "scheduler", address: "d@ssd", cluster: "rack@ssd" });
  await registry.share({ manager: "volume", address: "a@ssd" }, true);
  await registry.fencePeer({ manager: "volume", address: "b@ssd" }, 1, "a@ssd");
  // What it shares is known of it until it says otherwise: a life that does not get that far changes nothing.
  await registry.register({ ...ssd, address: "a@ssd", cluster: "rack@ssd" });
  const members = await registry.membersOf("volume", "rack@ssd");
  expect(members.toSorted((one, two) => (one.address < two.address ? -1 : 1))).toEqual([
    { address: "a@ssd", shared: true, epoch: 2, raisedBy: null },
    { address: "b@ssd", shared: false, epoch: 2, raisedBy: "a@ssd" },
  ]);
});

test("an incarnation whose fence row vanished is fenced", async () => {
  await using opened = await openRegistry();
  const { database, registry } = opened;
  const { fence } = await registry.register(ssd);
  const orphan = { ...fence };
  await database.write((session) => database.within(session, registryStore).deleteFrom("fence").execute(), {
    timeoutMs: 1,
  });
  const { store } = new OpenStore({ database, definition: notes, hooks: [orphan] });
  await expect(store.transaction(async () => {})).rejects.toMatchObject({ reason: "FENCED" });
});

test("a thousand registrations made together all succeed, in few commits", async () => {
  using scratch = scratchDirectory();
  await using opened = await openRegistry(scratch.file("store.db"));
  const { registry } = opened;
  const addresses = Array.from({ length: 1000 }, (_, index) => `host-${index}`);
  const registered = await Promise.all(addresses.map((address) => registry.register({ ...ssd, address })));
  expect(new Set(registered.map(({ serviceId }) => serviceId)).size).toBe(1000);
  expect(registered.every(({ epoch }) => epoch === 1)).toBe(true);
});

test("the fences that leases ask for are the registry's", () => {
  const [own, theirs] = [fencedLeaseStore, registryStore].map(({ layout }) => layout.tables.get("fence")!);
  expect(own!.physicalName).toBe(theirs!.physicalName);
  for (const [name, spec] of own!.columns) expect([name, theirs!.columns.get(name)]).toEqual([name, spec]);
});
