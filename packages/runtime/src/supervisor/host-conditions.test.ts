import { reeveError } from "@reeve/contract";
import { expect, test } from "vitest";
import { ManualClock } from "../base/manual-clock.ts";
import { StoreHealth } from "../store/store-health.ts";
import type { TransportAlarm } from "../transport/alarm.ts";
import { alike, Denials } from "../transport/denials.ts";
import { HostConditions } from "./host-conditions.ts";

function conditions(clock = new ManualClock(), connected = true) {
  const told: string[] = [];
  let link: (connected: boolean) => void = () => {};
  let alarm: (alarm: TransportAlarm) => void = () => {};
  const denials = new Denials(() => {});
  const transport = {
    connected,
    denials,
    onLink: (listener: typeof link) => {
      link = listener;
      return () => {};
    },
    onAlarm: (listener: typeof alarm) => {
      alarm = listener;
      return () => {};
    },
  };
  const volume = { contract: { name: "volume", major: 1 }, stored: true };
  const causes = (manager = volume) => host.causesOf(manager).map(({ reason, message }) => `${reason}: ${message}`);
  const host: HostConditions = new HostConditions({
    ...{ clock, transport, namespace: "reeve" },
    onChanged: () => told.push(causes().join()),
  });
  return {
    host,
    told,
    causes,
    volume,
    denials,
    link: (connected: boolean) => {
      transport.connected = connected;
      link(connected);
    },
    alarm: (kind: TransportAlarm["kind"], message: string) => alarm({ kind, message }),
  };
}

test("an event loop held up for more than five seconds is told, and that it runs again", async () => {
  const clock = new ManualClock();
  const { told, host } = conditions(clock);
  await clock.advance(3_000);
  clock.stall(4_000);
  await clock.advance(1_000);
  expect(told).toEqual([]);
  clock.stall(6_500);
  await clock.advance(0);
  const lagging = "LOOP_LAGGING: the event loop was held up for 5500 ms";
  expect(told).toEqual([lagging]);
  await clock.advance(1_000);
  expect(told).toEqual([lagging, ""]);
  host.close();
  expect(clock.pending).toBe(0);
});

test("since when there is a link is known, and how often it was lost and came back", async () => {
  const clock = new ManualClock();
  const { host, link } = conditions(clock);
  const began = clock.wallNow();
  expect(host.link).toEqual({ up: true, since: began, reconnects: 0, cause: undefined });
  await clock.advance(500);
  link(false);
  expect(host.link).toMatchObject({ up: false, since: began + 500, reconnects: 0, cause: { reason: "LINK_LOST" } });
  await clock.advance(500);
  link(true);
  expect(host.link).toEqual({ up: true, since: began + 1_000, reconnects: 1, cause: undefined });
  link(false);
  link(true);
  expect(host.link.reconnects).toBe(2);
  clock.stall(1_600);
  await clock.advance(0);
  expect(host.lateness).toMatchObject({ lastMs: 600, worstMs: 600 });
  host.close();
});

test("a link that comes for the first time was not lost before", () => {
  const { host, link } = conditions(new ManualClock(), false);
  expect(host.link).toMatchObject({ up: false, reconnects: 0, cause: { reason: "LINK_LOST" } });
  link(true);
  expect(host.link).toMatchObject({ up: true, reconnects: 0 });
  host.close();
});

test("a lost link is told, with why attempts fail in one way once, and its return", () => {
  const { told, link, alarm, causes } = conditions();
  link(false);
  const down = "LINK_LOST: the link to the broker is down";
  expect(causes()).toEqual([down]);
  alarm("broker.unreachable", "a is away");
  alarm("broker.unreachable", "b is away");
  alarm("broker.refused", "c refuses");
  alarm("broker.unreachable", "a is away");
  alarm("handler.failed", "threw");
  link(true);
  expect(told).toEqual([down, `${down}: a is away`, `${down}: c refuses`, ""]);
  alarm("broker.unreachable", "late");
  expect(causes()).toEqual([]);
});

test("a failing database is a cause of the managers that have tables in it", () => {
  const { told, host, causes, volume } = conditions();
  const health = new StoreHealth();
  host.watchStore(health);
  expect(told).toEqual([]);
  health.failed({ kind: "full", error: reeveError("STORE_FAILED", "a.sqlite: no space is left") });
  expect(told).toEqual(["STORE_FAILED: a.sqlite: no space is left"]);
  expect(host.causesOf(volume)[0]?.data).toEqual({ fault: "full" });
  expect(causes({ ...volume, stored: false })).toEqual([]);
  health.healed();
  expect(causes()).toEqual([]);
});

test("a database that fails before it is watched is told at once", () => {
  const { told, host } = conditions();
  const health = new StoreHealth();
  health.failed({ kind: "gone", error: reeveError("STORE_FAILED", "gone") });
  host.watchStore(health);
  expect(told).toEqual(["STORE_FAILED: gone"]);
});

test.each([
  ["subscribe", "reeve.call.volume.v1.*.any.*", "LINK_REFUSED", "to be called"],
  ["publish", "reeve.call.volume.v1.build.block-02.block-01", undefined, ""],
  ["subscribe", "reeve.call.network.v1.*.any.*", undefined, ""],
  ["subscribe", "reeve.call.volume.v10.*.any.*", undefined, ""],
  ["subscribe", "_INBOX.block-01.abc.*", "LINK_REFUSED", "for the answers to its calls"],
  ["publish", "_INBOX.cli.>", "LINK_REFUSED", "to answer"],
  ["publish", "reeve.sys.alive.block-01", "LINK_REFUSED", "for managers to know each other"],
  ["publish", "reeve.sys.members.block-01", "LINK_REFUSED", "for managers to know each other"],
  ["subscribe", "reeve.sys.wanted.members.volume.v1.*", "LINK_REFUSED", "for managers to know each other"],
  ["subscribe", "reeve.sys.found.members.block-01.*", "LINK_REFUSED", "for managers to know each other"],
  ["subscribe", "reeve.sys.wanted.capabilities.*", "LINK_RESTRICTED", "for schedulers and inspectors"],
  ["publish", "reeve.sys.capabilities.block-01", "LINK_RESTRICTED", "for schedulers and inspectors"],
  ["subscribe", "$SRV.PING", "LINK_RESTRICTED", "for schedulers and inspectors"],
  ["publish", "own.news", undefined, ""],
] as const)("a denied right to %s %s is the cause %s", (right, subject, reason, needed) => {
  const { denials, host, volume } = conditions();
  denials.add({ right, subject });
  const expected = {
    reason,
    message: `the broker does not permit to ${right} ${subject} (${needed}); allow it in the user's permissions`,
    data: { denied: [{ right, subject }] },
  };
  expect(host.causesOf(volume)).toEqual(reason === undefined ? [] : [expected]);
});

test("what the heartbeat thread is denied as well is told once", () => {
  const { denials, host, volume } = conditions();
  const denial = { right: "publish", subject: "reeve.sys.alive.block-01" } as const;
  denials.add(denial);
  host.denied([denial, { right: "subscribe", subject: "reeve.sys.wanted.members.volume.v1.*" }]);
  expect(host.causesOf(volume)[0]?.data).toEqual({
    denied: [denial, { right: "subscribe", subject: "reeve.sys.wanted.members.volume.v1.*" }],
  });
});

test("subjects that only differ in names that are made up are one denial", () => {
  expect(alike("_INBOX.cli.Zk3_9aaB.1f")).toBe("_INBOX.cli.>");
  expect(alike("reeve.sys.inspect.ask.01JDQ2Z8V6W3X4Y5Z6A7B8C9D0.cli")).toBe("reeve.sys.inspect.ask.*.cli");
  expect(alike("reeve.call.volume.v1.build.a.b")).toBe("reeve.call.volume.v1.build.a.b");
});
