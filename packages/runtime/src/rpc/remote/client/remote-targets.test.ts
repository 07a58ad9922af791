import { contract } from "@reeve/contract";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { LocalTarget } from "../../caller/routed-call.ts";
import { TargetList } from "../../caller/target-list.ts";
import type { Member, Membership } from "../../membership.ts";
import type { RemoteTarget, TargetPort } from "./remote-target.ts";
import { AllTargets, type NearTargets } from "./remote-targets.ts";

type Listener = (manager: string, major: number, address: string) => void;

const addresses = ["a", "a@ssd", "b", "b@ssd", "c", "d"] as const;
const kinds = [
  ["volume", 1],
  ["volume", 2],
  ["net", 1],
] as const;

/** What runs here and what is heard of elsewhere, as plain maps. It counts the managers elsewhere that it has to show. */
class World {
  readonly near = new Map<string, LocalTarget>();
  readonly far = new Map<string, Member>();
  readonly #spawned = new Map<string, TargetList>();
  readonly #listeners = new Set<Listener>();
  shown = 0;

  readonly nearTargets: NearTargets = {
    onChange: (listener) => this.#listen(listener),
    of: (manager, major) => this.#list(`${manager}.v${major}`),
  };

  readonly membership: Membership = {
    onChange: (listener: Listener) => this.#listen(listener),
    of: (manager, major) => {
      const there = this.farOf(manager, major);
      this.shown += there.length;
      return there;
    },
    at: (manager, major, address) => {
      this.shown += 1;
      return this.far.get(`${manager}.v${major} ${address}`);
    },
    lowestMinor: () => undefined,
    discover: () => undefined,
    onGone: () => () => {},
    onReconnected: () => () => {},
    suspect: () => {},
    probeWith: () => () => {},
  };

  spawn(target: LocalTarget): void {
    const { name, major } = target.contract;
    const place = `${name}.v${major} ${target.address}`;
    if (this.near.has(place)) return;
    this.near.set(place, target);
    this.#list(`${name}.v${major}`).put(target);
  }

  stop(manager: string, major: number, address: string): void {
    this.near.delete(`${manager}.v${major} ${address}`);
    this.#list(`${manager}.v${major}`).remove(address);
  }

  nearOf(manager: string, major: number): LocalTarget[] {
    return [...this.near.values()].filter(({ contract: of }) => of.name === manager && of.major === major);
  }

  farOf(manager: string, major: number): Member[] {
    return [...this.far.values()].filter((member) => member.manager === manager && member.major === major);
  }

  tell(manager: string, major: number, address: string): void {
    for (const listener of this.#listeners) listener(manager, major, address);
  }

  #listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #list(kind: string): TargetList {
    const list = this.#spawned.get(kind) ?? new TargetList();
    this.#spawned.set(kind, list);
    return list;
  }
}

const port = { namespace: "reeve", caller: "us", send: () => {}, lane: () => ({}) } as unknown as TargetPort;

const member = fc.record({
  minor: fc.integer({ min: 0, max: 3 }),
  cluster: fc.constantFrom(undefined, "rack-a", "rack-b", "a"),
  epoch: fc.integer({ min: 1, max: 4 }),
  incarnation: fc.constantFrom(undefined, "i1", "i2"),
  store: fc.constantFrom(undefined, "s1", "s2"),
  canServe: fc.boolean(),
  caller: fc.constantFrom("p", "q"),
});
const event = fc.record({
  at: fc.nat(addresses.length - 1),
  kind: fc.nat(kinds.length - 1),
  /** Comes or changes elsewhere; turns there; goes there; comes, goes or yields here; is asked for the first time. */
  what: fc.oneof(
    { weight: 5, arbitrary: member },
    { weight: 2, arbitrary: fc.constantFrom(...(["turned", "gone", "spawned", "stopped", "yields"] as const)) },
    { weight: 1, arbitrary: fc.constant("asked" as const) },
  ),
});

function apply(world: World, { at, kind, what }: typeof event extends fc.Arbitrary<infer T> ? T : never): void {
  const address = addresses[at]!;
  const [manager, major] = kinds[kind]!;
  const place = `${manager}.v${major} ${address}`;
  const there = world.far.get(place);
  if (what === "turned") {
    if (there) world.far.set(place, { ...there, canServe: !there.canServe });
  } else if (what === "gone") world.far.delete(place);
  else if (what === "stopped") world.stop(manager, major, address);
  else if (what === "yields") {
    const near = world.near.get(place) as { yielded?: boolean } | undefined;
    if (near) near.yielded = !near.yielded;
  } else if (what === "spawned") {
    world.spawn({
      contract: contract(manager, `${major}.1`, {}),
      address,
      cluster: "rack-a",
      key: `${manager}/${address}`,
      canServe: true,
      deliver: () => {},
    });
  } else if (what !== "asked") world.far.set(place, { manager, major, address, ...what });
  world.tell(manager, major, address);
}

/** Put together anew, as a reader would. */
function fromScratch(world: World, manager: string, major: number) {
  const heard = new Set(world.farOf(manager, major).map(({ address }) => address));
  const near = world.nearOf(manager, major).filter(({ yielded, address }) => !yielded || !heard.has(address));
  const here = new Set(near.map(({ address }) => address));
  const far = world.farOf(manager, major).filter(({ address }) => !here.has(address));
  const all = [...near.map(shapeOf), ...far.map(shapeOfMember)];
  const minors = all.map(({ minor }) => minor);
  return {
    near: addressesOf(near),
    all: sorted(all),
    lowest: minors.length ? Math.min(...minors) : undefined,
  };
}

const shapeOf = ({ address, cluster, canServe, contract: { minor } }: LocalTarget) => ({
  address,
  cluster,
  canServe,
  minor,
});
const shapeOfMember = ({ address, cluster, canServe, minor }: Member) => ({ address, cluster, canServe, minor });
const addressesOf = (targets: readonly LocalTarget[]) => targets.map(({ address }) => address).sort();
const sorted = <T extends { readonly address: string }>(values: readonly T[]): T[] =>
  [...values].sort((one, other) => (one.address < other.address ? -1 : 1));

test("whatever happens in whatever order, the targets are those that a look at everybody would give", () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 80, size: "max" }), (events) => {
      const world = new World();
      const targets = new AllTargets(world.nearTargets, world.membership, port);
      const asked = new Set<number>();
      for (const one of events) {
        if (one.what === "asked") asked.add(one.kind);
        apply(world, one);
        for (const kind of asked) {
          const [manager, major] = kinds[kind]!;
          const list = targets.of(manager, major);
          const { near, all, lowest } = fromScratch(world, manager, major);
          // Those of this process come first; one that had yielded comes back behind the others of them.
          expect(addressesOf([...list].slice(0, near.length))).toEqual(near);
          expect(sorted([...list].map(shapeOf))).toEqual(all);
          expect(list.size).toBe(all.length);
          expect(list.only?.address).toBe(all.length === 1 ? all[0]!.address : undefined);
          expect(list.lowestMinor).toBe(lowest);
          for (const address of addresses)
            expect(list.at(address)?.address).toBe(all.find((there) => there.address === address)?.address);
          // Who may take an `any` call, and a cluster's.
          for (const cluster of [undefined, "rack-a", "rack-b", "a"]) {
            const group = cluster === undefined ? list.everybody : list.inCluster(cluster);
            const expected = all.filter((there) => cluster === undefined || there.cluster === cluster);
            expect(group === undefined).toBe(cluster !== undefined && expected.length === 0);
            if (!group) continue;
            const far = expected.filter(({ address }) => !near.includes(address));
            expect(addressesOf(group.near)).toEqual(
              near.filter((address) => expected.some((there) => there.address === address)),
            );
            expect(sorted(group.serving.map(shapeOf))).toEqual(far.filter(({ canServe }) => canServe));
            expect(sorted(group.waiting.map(shapeOf))).toEqual(far.filter(({ canServe }) => !canServe));
          }
          for (const target of list)
            if (target.remote)
              expect((target as RemoteTarget).member).toBe(world.far.get(`${manager}.v${major} ${target.address}`));
        }
      }
    }),
    { numRuns: 60 },
  );
});

test("a change keeps its target while it is the same incarnation, and makes another for the next", () => {
  const world = new World();
  const targets = new AllTargets(world.nearTargets, world.membership, port);
  const tell = (part: Partial<Member>) => {
    world.far.set("volume.v1 b", {
      ...{
        manager: "volume",
        major: 1,
        minor: 0,
        address: "b",
        cluster: undefined,
        epoch: 1,
        canServe: true,
        caller: "p",
      },
      ...part,
    });
    world.tell("volume", 1, "b");
    return targets.of("volume", 1).at("b");
  };
  const first = tell({ incarnation: "i1" });
  expect(tell({ incarnation: "i1", canServe: false })).toBe(first);
  expect(tell({ incarnation: "i1", minor: 1 })).not.toBe(first);
  const later = tell({ incarnation: "i1", minor: 1 });
  expect(tell({ incarnation: "i2", minor: 1 })).not.toBe(later);
});

test("an event costs a look at its own address, however many members there are", () => {
  const shown = [10, 1_000].map((count) => {
    const world = new World();
    const targets = new AllTargets(world.nearTargets, world.membership, port);
    targets.of("volume", 1);
    for (let index = 0; index < count; index++) {
      const address = `h${index}`;
      const joined = {
        manager: "volume",
        major: 1,
        minor: 0,
        cluster: undefined,
        epoch: 1,
        canServe: true,
        caller: "p",
      };
      world.far.set(`volume.v1 ${address}`, { ...joined, address });
      world.tell("volume", 1, address);
    }
    expect(targets.of("volume", 1).size).toBe(count);
    return world.shown / count;
  });
  expect(shown).toEqual([1, 1]);
});
