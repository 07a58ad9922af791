import { expect, test } from "vitest";
import type { Message } from "../../transport/transport.ts";
import { altered, Fleet, serving } from "./fleet.fixture.ts";

const volume = (address: string) => ({ manager: "volume", version: "1.0", address, epoch: 1 }) as const;
const gone = ["gone volume a 1"];

/** A process with a manager, and one that watches it with a call in flight there. */
async function open({
  listens = () => false,
  mute = () => false,
}: {
  listens?: () => boolean;
  mute?: () => boolean;
} = {}) {
  const fleet = new Fleet();
  const a = await fleet.host("a", {
    link: (transport) =>
      altered(transport, {
        publish: (subject, data, options) => {
          if (!mute()) transport.publish(subject, data, options);
        },
      }),
  });
  const up: ((connected: boolean) => void)[] = [];
  const b = await fleet.host("b", {
    link: (transport) =>
      altered(transport, {
        onLink: (listener) => {
          up.push(listener);
          return () => {};
        },
      }),
  });
  const asked: string[][] = [];
  b.members.probeWith(async (places) => {
    asked.push([...places]);
    return !listens();
  });
  a.announcer.announce(volume("a")).setStatus(serving);
  await fleet.clock.advance(500);
  const told = () => b.told.filter((line) => line.startsWith("gone"));
  const link = (connected: boolean) => {
    for (const listener of up) listener(connected);
  };
  return { fleet, a, b, asked, told, link, advance: (ms: number) => fleet.clock.advance(ms) };
}

test("a process whose connections are gone for 3 s has ended, long before its silence would tell", async () => {
  const { a, b, asked, told, advance } = await open();
  await a.transport.close();
  await advance(5_000);
  expect(told()).toEqual([]);
  expect(asked[0]).toEqual(["volume.v1 a"]);
  await advance(2_000);
  expect(told()).toEqual(gone);
  expect(b.members.of("volume", 1)).toEqual([]);
  const rounds = asked.length;
  await advance(20_000);
  expect(asked).toHaveLength(rounds);
});

test("a call that found nobody has it asked after at once", async () => {
  const { a, b, told, advance } = await open();
  await a.transport.close();
  b.members.suspect(b.members.of("volume", 1)[0]!);
  await advance(2_900);
  expect(told()).toEqual([]);
  await advance(1_100);
  expect(told()).toEqual(gone);
});

test("a process that is stopped keeps its subscriptions: only silence ends it", async () => {
  let stopped = false;
  const { told, asked, advance } = await open({ mute: () => stopped });
  stopped = true;
  await advance(9_000);
  expect(told()).toEqual([]);
  expect(asked.length).toBeGreaterThan(2);
  await advance(3_000);
  expect(told()).toEqual(gone);
});

test("a process that has lost one of its connections has not ended", async () => {
  const { a, told, advance } = await open({ listens: () => true });
  await a.transport.close();
  await advance(9_000);
  expect(told()).toEqual([]);
});

test("a process that comes back in time is not lost, however often", async () => {
  let listens = true;
  const { a, b, told, advance } = await open({ listens: () => listens });
  await a.transport.close();
  for (let time = 0; time < 2; time++) {
    listens = false;
    b.members.suspect(b.members.of("volume", 1)[0]!);
    await advance(2_500);
    listens = true;
    await advance(1_500);
  }
  expect(told()).toEqual([]);
});

test("without a call in flight there nobody knows", async () => {
  const fleet = new Fleet();
  const [a, b] = [await fleet.host("a"), await fleet.host("b")];
  a.announcer.announce(volume("a")).setStatus(serving);
  await fleet.clock.advance(500);
  await a.transport.close();
  await fleet.clock.advance(9_000);
  expect(b.told).not.toContain("gone volume a 1");
});

test("after a link that was lost, who was not heard yet has all the time to come back", async () => {
  const { a, b, told, link, advance } = await open();
  link(false);
  await a.transport.close();
  link(true);
  b.members.suspect(b.members.of("volume", 1)[0]!);
  await advance(9_000);
  expect(told()).toEqual([]);
  await advance(2_000);
  expect(told()).toEqual(gone);
});

test("a link that is lost while it is asked begins everything anew", async () => {
  const { a, b, told, link, advance } = await open();
  await a.transport.close();
  b.members.suspect(b.members.of("volume", 1)[0]!);
  await advance(2_500);
  link(false);
  link(true);
  await advance(6_000);
  expect(told()).toEqual([]);
});

test("a broker that takes its time proves nothing", async () => {
  const fleet = new Fleet();
  let slow = false;
  const a = await fleet.host("a");
  const b = await fleet.host("b", {
    link: (transport) =>
      altered(transport, {
        subscribe: (subject, handler, options) =>
          transport.subscribe(subject, (message: Message) => handler(message), options),
        flush: async () => {
          await transport.flush();
          if (slow) await new Promise<void>((resolve) => fleet.clock.setTimeout(resolve, 1_200));
        },
      }),
  });
  b.members.probeWith(async () => true);
  a.announcer.announce(volume("a")).setStatus(serving);
  await fleet.clock.advance(500);
  slow = true;
  await a.transport.close();
  await fleet.clock.advance(9_000);
  expect(b.told).not.toContain("gone volume a 1");
});
