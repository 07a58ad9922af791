import fc from "fast-check";
import { expect, test } from "vitest";
import type { LocalTarget } from "../../rpc/caller/routed-call.ts";
import type { TargetPort } from "../../rpc/remote/client/remote-target.ts";
import { AllTargets } from "../../rpc/remote/client/remote-targets.ts";
import type { Message } from "../../transport/transport.ts";
import { LocalDirectory } from "../local-directory.ts";
import type { AnnouncedStatus, Announcement } from "./announcement.ts";
import { altered, draining, Fleet, type Host, serving } from "./fleet.fixture.ts";

const names = ["a", "b", "c"] as const;
const backends = ["", "@ssd", "@hdd"] as const;
/** Longer than it takes until everybody is told of again. */
const healedMs = 35_000;

const step = fc.record({
  host: fc.nat(names.length - 1),
  backend: fc.nat(backends.length - 1),
  what: fc.constantFrom(
    ...([
      "announce",
      "announce",
      "announce",
      "serve",
      "fill",
      "drain",
      "degrade",
      "hold",
      "end",
      "lose",
      "hear",
    ] as const),
  ),
  ms: fc.constantFrom<number>(0, 50, 150, 2_100, 5_000),
});

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** Some processes with managers, one that listens and misses some of what is said, and one that misses nothing. */
async function watchedFleet(addressOf: (step: Step) => string) {
  const fleet = new Fleet();
  const hosts: Host[] = [];
  for (const name of names) hosts.push(await fleet.host(name));
  let hears = true;
  const missing = await fleet.host("missing", {
    link: (inner) =>
      altered(inner, {
        subscribe: (subject, handler, options) =>
          inner.subscribe(subject, (message: Message) => (hears ? handler(message) : undefined), options),
      }),
  });
  const watching = await fleet.host("watching");
  const told = new Map<string, { readonly announcement: Announcement; readonly expected: object }>();
  let epochs = 0;
  const apply = async (one: Step) => {
    const { host, what, ms } = one;
    const address = addressOf(one);
    const key = `${names[host]} ${address}`;
    const there = told.get(key);
    if (what === "announce") {
      epochs += 1;
      const named = { manager: "volume", version: `1.${epochs % 3}`, address, epoch: epochs, store: names[host]! };
      const announcement = hosts[host]!.announcer.announce({ ...named, incarnation: `i${epochs}` });
      told.set(key, {
        announcement,
        expected: { address, epoch: epochs, minor: epochs % 3, state: "booting", canServe: false },
      });
    } else if (what === "lose" || what === "hear") hears = what === "hear";
    else if (there && what === "hold") there.announcement.setHeld(fleet.clock.now());
    else if (there && what === "end") {
      there.announcement.end();
      told.delete(key);
    } else if (there) {
      const degraded = {
        ...serving,
        state: "degraded",
        phase: undefined,
        causes: [{ reason: "DRIVER_LOST" }],
      } as const;
      const full = { ...serving, canServe: false };
      const statuses: Partial<Record<Step["what"], AnnouncedStatus>> = { serve: serving, fill: full, drain: draining };
      const status = statuses[what] ?? degraded;
      there.announcement.setStatus(status);
      told.set(key, { ...there, expected: { ...there.expected, state: status.state, canServe: status.canServe } });
    }
    await fleet.clock.advance(ms);
  };
  const expected = () => sorted([...told.values()].map((one) => one.expected as Shape));
  const heal = async () => {
    hears = true;
    await fleet.clock.advance(healedMs);
  };
  return { fleet, hosts, missing, watching, apply, expected, heal };
}

interface Shape {
  readonly address: string;
}

const sorted = <T extends Shape>(all: readonly T[]): T[] =>
  [...all].sort((one, other) => (one.address < other.address ? -1 : 1));

const knownTo = ({ members }: Host) =>
  sorted(
    members
      .of("volume", 1)
      .map(({ address, epoch, minor, state, canServe }) => ({ address, epoch, minor, state, canServe })),
  );

test("what is put together from changes is what is said, also by who has missed some of them", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40, size: "max" }), async (steps) => {
      const { fleet, missing, watching, apply, expected, heal } = await watchedFleet(
        ({ host, backend }) => `${names[host]}${backends[backend]}`,
      );
      for (const one of steps) await apply(one);
      await fleet.clock.advance(150);
      // One that has heard everything knows everything by now.
      expect(knownTo(watching)).toEqual(expected());
      // One that comes later knows within an interval who is there, and serves or not.
      const late = await fleet.host("late");
      await fleet.clock.advance(2_100);
      expect(knownTo(late)).toEqual(expected());
      await heal();
      expect(knownTo(missing)).toEqual(expected());
      for (const { members } of [missing, watching, late]) {
        const minors = members.of("volume", 1).map(({ minor }) => minor);
        expect(members.lowestMinor("volume", 1)).toBe(minors.length === 0 ? undefined : Math.min(...minors));
      }
    }),
    { numRuns: 25 },
  );
});

const port = { namespace: "reeve", caller: "us", send: () => {}, lane: () => ({}) } as unknown as TargetPort;
const shapeOf = ({ address, canServe, cluster, contract: { minor } }: LocalTarget) => ({
  address,
  canServe,
  cluster,
  minor,
});

test("whoever claims, loses and takes over addresses, falls silent and is heard again: who is called is who is there", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40, size: "max" }), async (steps) => {
      // Three processes, each with a store of its own, at two addresses.
      const { missing, watching, apply } = await watchedFleet(({ backend }) => `x${backends[backend % 2]}`);
      const watched = [missing, watching].map(({ members }) => ({
        members,
        targets: new AllTargets(new LocalDirectory(), members, port).of("volume", 1),
      }));
      for (const one of steps) {
        // Twelve seconds make the silent suspect, and then gone.
        await apply(one.ms === 5_000 ? { ...one, ms: 12_000 } : one);
        for (const { members, targets } of watched) {
          const there = sorted(
            members
              .of("volume", 1)
              .map(({ address, canServe, cluster, minor }) => ({ address, canServe, cluster, minor })),
          );
          expect(sorted([...targets].map(shapeOf))).toEqual(there);
          expect(sorted(targets.everybody.serving.map(shapeOf))).toEqual(there.filter(({ canServe }) => canServe));
          expect(targets.lowestMinor).toBe(members.lowestMinor("volume", 1));
          for (const { address } of there)
            expect((targets.at(address) as unknown as { member: unknown }).member).toMatchObject({
              incarnation: members.at("volume", 1, address)!.incarnation,
            });
        }
      }
    }),
    { numRuns: 25 },
  );
});
