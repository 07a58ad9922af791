import { expect, onTestFinished, test } from "vitest";
import { ManualClock } from "../../base/manual-clock.ts";
import { gossipSubjects } from "../../gossip/index.ts";
import { inProcess } from "../../transport/in-process/index.ts";
import type { Message } from "../../transport/transport.ts";
import { AbsenceWatch } from "./absence-watch.ts";
import { Asking } from "./asking.ts";
import { altered, Fleet, serving } from "./fleet.fixture.ts";
import { member } from "./member.fixture.ts";
import { MemberView } from "./member-view.ts";

const volume = (address: string) => ({ manager: "volume", version: "1.0", address, epoch: 1 }) as const;
const gone = ["gone volume a 1"];

/** A process with a manager, and one that watches it with a call in flight there. */
async function open({
  listens = () => false,
  mute = () => false,
  subscribes = () => true,
  intervalMs,
}: {
  /** Where its calls go. */
  listens?: () => boolean;
  mute?: () => boolean;
  /** Where its host is asked for. */
  subscribes?: () => boolean;
  intervalMs?: number;
} = {}) {
  const fleet = new Fleet();
  const a = await fleet.host("a", {
    ...(intervalMs && { intervalMs }),
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
        publish: (subject, data, options) =>
          transport.publish(
            subject.includes(".wanted.members._host.") && !subscribes() ? "nobody.there" : subject,
            data,
            options,
          ),
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

test.each([
  ["2.9 s", 2_900, []],
  ["4 s", 4_000, gone],
])("both connections away for %s: a process is lost after 3 s, and welcome again", async (_, awayMs, lost) => {
  let away = false;
  const { b, told, advance } = await open({ listens: () => !away, mute: () => away, subscribes: () => !away });
  away = true;
  b.members.suspect(b.members.of("volume", 1)[0]!);
  await advance(awayMs);
  away = false;
  await advance(12_000);
  expect(told()).toEqual(lost);
  expect(b.members.of("volume", 1)).toHaveLength(1);
});

test("a process that is refused the subscriptions, and speaks seldom, is not dead while it speaks", async () => {
  const { b, asked, told, advance } = await open({ intervalMs: 6_000, subscribes: () => false });
  for (let second = 0; second < 30; second++) {
    const [member] = b.members.of("volume", 1);
    if (member) b.members.suspect(member);
    await advance(1_000);
  }
  expect(asked.length).toBeGreaterThan(20);
  expect(told()).toEqual([]);
});

test("two processes of one host name answer for each other: silence tells which has ended", async () => {
  const { fleet, a, b, told, advance } = await open();
  const twin = await fleet.host("twin", { host: "a" });
  twin.announcer.announce(volume("a@twin")).setStatus(serving);
  await advance(500);
  await a.transport.close();
  b.members.suspect(b.members.of("volume", 1).find(({ address }) => address === "a")!);
  await advance(9_000);
  expect(told()).toEqual([]);
  await advance(3_000);
  expect(told()).toEqual(gone);
  expect(b.members.of("volume", 1)).toMatchObject([{ address: "a@twin" }]);
});

test("a process that drains is asked for in vain where its calls went, and lives while it says so", async () => {
  const { a, b, told, advance } = await open();
  // Its endpoints are closed: no probe of a call finds anybody.
  for (let round = 0; round < 10; round++) {
    b.members.suspect(b.members.of("volume", 1)[0]!);
    await advance(1_000);
  }
  expect(told()).toEqual([]);
  // Its thread's connection goes before the calls have ended: it speaks no more, and then it is gone.
  await a.transport.close();
  await advance(7_000);
  expect(told()).toEqual(gone);
});

test("a process that stood still between two questions knows nothing of the time between", async () => {
  const clock = new ManualClock();
  const link = inProcess().client({ caller: "b" });
  await link.connect();
  const view = new MemberView("s-a", "a", 1, "a", clock.now());
  const absent: string[] = [];
  const watch = new AbsenceWatch({
    ...{ clock, link, asking: new Asking(link, gossipSubjects("reeve", "members")) },
    onAbsent: ({ id }) => absent.push(id),
  });
  onTestFinished(async () => {
    watch.close();
    await link.close();
  });
  watch.probeWith(async () => true);
  await clock.advance(1);
  view.put("volume.v1 a", member("a"));
  view.heartbeat({ sequence: 1, everyMs: 2_000, lagMs: 0 }, clock.now());
  const askAfter = async (ms: number) => {
    await clock.advance(ms);
    watch.sweep(clock.now());
    await clock.advance(0);
  };
  watch.suspect(view);
  await clock.advance(0);
  for (let block = 0; block < 5; block++) await askAfter(2_900);
  expect(absent).toEqual([]);
  for (let round = 0; round < 4; round++) await askAfter(1_000);
  expect(absent).toEqual(["s-a"]);
});
