import { markOf } from "@reeve/driver-sdk/network";
import type { NexusFaultKind } from "@reeve/testing";
import { describe, expect, test } from "vitest";
import { at, port, SwitchUnderTest, segment } from "./switch-under-test.ts";

/*
 * Races and losses, each forced below:
 * 1. The connection breaks before, while or after the switch runs a request: what is there is read back, and the call answers by it.
 * 2. A time-out, and the commands run afterwards: the call has failed with left "unknown", the list tells, a removal waits.
 * 3. A proxy delivers a request twice: nothing is double.
 * 4. A line in the middle of a batch is refused: each call has its own outcome.
 * 5. An operator's edit between look and command: seen by the look after.
 * 6. A reload between look and command, and with unsaved changes.
 */

/** What happens to a request for configuration, and whether the switch has run it. */
const lost: readonly (readonly [kind: NexusFaultKind, ran: boolean])[] = [
  ["reset-before-execution", false],
  ["bad-gateway", false],
  ["no-session", false],
  ["reset-before-answer", true],
  ["bad-gateway-after-execution", true],
  ["reset-within-answer", true],
  ["truncated-answer", true],
];

describe("a request whose answer is lost", () => {
  test.each(lost)("%s: the call answers by what is read back", async (kind, ran) => {
    await using under = await SwitchUnderTest.open();
    const fault = under.nexus.faults.add(kind, { command: /^vlan 100$/ });
    const ensuring = under.ensure("net-a", 100);
    if (ran) await ensuring;
    else
      await expect(ensuring).rejects.toMatchObject({ code: "UNAVAILABLE", retryable: true, data: { left: "unknown" } });
    expect(fault.hits).toBe(1);
    // It was sent once: nothing is sent again without having looked.
    expect(under.nexus.audit.commands({ kind: "configure" }).filter((one) => one === "vlan 100")).toHaveLength(
      ran ? 1 : 0,
    );
    expect((await under.list()).segments).toHaveLength(ran ? 1 : 0);
    await under.ensure("net-a", 100);
    expect((await under.list()).segments).toHaveLength(1);
  });

  // An idle connection that the switch has closed breaks like that: looking again takes nothing.
  const looksAgain = ["reset-before-execution", "reset-before-answer", "reset-within-answer"];
  test.each([...lost.map(([kind]) => kind), "reload-before-execution"] as const)(
    "%s while looking: the call looks again or fails, and nothing was sent",
    async (kind) => {
      await using under = await SwitchUnderTest.open();
      under.nexus.faults.add(kind, { command: /^show vlan$/ });
      const ensuring = under.ensure("net-a", 100);
      if (looksAgain.includes(kind)) return void (await ensuring);
      await expect(ensuring).rejects.toMatchObject({ code: "UNAVAILABLE" });
      expect(under.configured()).toEqual([]);
    },
  );

  test("an answer to the look afterwards that is lost as well: the effect is unknown, and the next list tells", async () => {
    await using under = await SwitchUnderTest.open();
    under.nexus.faults.add("reset-before-answer", { command: /^vlan 100$/ });
    under.nexus.faults.before(
      /^vlan 100$/,
      () => void under.nexus.faults.add("bad-gateway", { command: /^show vlan$/ }),
    );
    await expect(under.ensure("net-a", 100)).rejects.toMatchObject({ code: "UNAVAILABLE", data: { left: "unknown" } });
    expect((await under.list()).segments).toHaveLength(1);
  });
});

describe("a login", () => {
  test.each(["unauthorized", "forbidden"] as const)("%s: it logs in once more and goes on", async (kind) => {
    await using under = await SwitchUnderTest.open();
    under.nexus.faults.add(kind, { command: /^vlan 100$/ });
    await under.ensure("net-a", 100);
    expect(under.nexus.audit.logins).toBe(1);
  });

  test("refused twice is UNAUTHENTICATED, not retryable, and was not run", async () => {
    await using under = await SwitchUnderTest.open();
    under.nexus.faults.add("unauthorized", { command: /^vlan 100$/, times: 2 });
    await expect(under.ensure("net-a", 100)).rejects.toMatchObject({ code: "UNAUTHENTICATED", retryable: false });
    expect(under.configured()).toEqual([]);
  });

  test("once, and then by the cookie, until that has expired", async () => {
    await using under = await SwitchUnderTest.open();
    for (let n = 0; n < 5; n++) await under.ensure(`net-${n}`, 100 + n);
    expect(under.nexus.audit.logins).toBe(0);
    under.clock.advance(601_000);
    await under.ensure("net-a", 200);
    expect(under.nexus.audit.logins).toBe(1);
  });
});

describe("late execution", () => {
  test("a time-out is UNAVAILABLE, the next list tells what came later, and the VLAN is not removed while it may come", async () => {
    await using under = await SwitchUnderTest.open();
    await under.ensure("net-a", 100);
    const hold = under.nexus.faults.hold("execution", { command: /allowed vlan add 100/ });
    const attaching = under.attach(port("p1", "net-a", 100));
    attaching.catch(() => {});
    await hold.reached;
    under.clock.advance(60_000);
    await expect(attaching).rejects.toMatchObject({
      code: "UNAVAILABLE",
      retryable: true,
      data: { applied: [], left: "unknown" },
    });
    expect((await under.list()).attachments).toEqual([]);
    // The manager gives up the port, and the network: its VLAN would go to another, whose frames the late command would let out.
    await under.detach(port("p1", "net-a", 100));
    await expect(under.remove("net-a", 100)).rejects.toMatchObject({ code: "UNAVAILABLE", retryable: true });
    hold.release();
    await expect.poll(async () => (await under.list()).attachments.length).toBe(1);
    under.clock.advance(300_000);
    await expect(under.remove("net-a", 100)).rejects.toMatchObject({ code: "FAILED_PRECONDITION" });
    await under.detach(port("p1", "net-a", 100));
    await under.remove("net-a", 100);
    expect(under.nexus.runningConfig()).not.toContain("rv-");
  });

  test("a caller that leaves while its commands are on their way is not kept, and the next call is served", async () => {
    await using under = await SwitchUnderTest.open();
    const hold = under.nexus.faults.hold("execution", { command: /^vlan 100$/ });
    const controller = new AbortController();
    const ensuring = under.ensure("net-a", 100, { signal: controller.signal });
    ensuring.catch(() => {});
    await hold.reached;
    controller.abort();
    await expect(ensuring).rejects.toThrow();
    await under.ensure("net-b", 101);
    hold.release();
    await expect.poll(async () => (await under.list()).segments.length).toBe(2);
  });
});

test("a request that is delivered twice makes nothing double", async () => {
  await using under = await SwitchUnderTest.open();
  under.nexus.faults.add("duplicate", { command: /^vlan 100$/ });
  await under.ensure("net-a", 100);
  under.nexus.faults.add("duplicate", { command: /allowed vlan add 100/ });
  await under.attach(port("p1", "net-a", 100));
  under.nexus.faults.add("duplicate", { command: /allowed vlan remove 100/ });
  await under.detach(port("p1", "net-a", 100));
  under.nexus.faults.add("duplicate", { command: /^no vlan 100$/ });
  await under.remove("net-a", 100);
  expect(await under.list()).toMatchObject({ segments: [], attachments: [], leftovers: [] });
});

describe("a line that is refused in the middle of a batch", () => {
  test.each(["n9k", "n6k", "mute", "single", "swapped"] as const)(
    "%s: each call has its own outcome",
    async (personality) => {
      await using under = await SwitchUnderTest.open({ nexus: { personality } });
      await under.ensure("net-0", 100);
      // An operator takes the name between the look and the command.
      under.nexus.faults.before(/^vlan 102$/, () => under.nexus.cli(`vlan 900 ; name rv-${markOf("net-2")}`));
      const outcomes = await Promise.allSettled([1, 2, 3, 4].map((n) => under.ensure(`net-${n}`, 100 + n)));
      expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled", "fulfilled"]);
      const { segments } = await under.list();
      const ids = segments.map((one) => (one.segment.kind === "vlan" ? one.segment.vlanId : 0));
      expect(ids.filter((id) => id < 900)).toEqual([100, 101, 103, 104]);
    },
  );

  test("the VLAN that was made without its name is a leftover, named by the next ensure and removed by a removal", async () => {
    await using under = await SwitchUnderTest.open();
    for (const end of ["ensure", "remove"] as const) {
      under.nexus.faults.refuse(/^name rv-/, "ERROR: refused by the test");
      await expect(under.ensure("net-a", 100)).rejects.toMatchObject({
        code: "FAILED_PRECONDITION",
        message: expect.stringContaining("refused by the test"),
      });
      const { leftovers, segments, foreign } = await under.list();
      expect({ leftovers, segments, foreign }).toEqual({
        leftovers: [{ kind: "segment", mark: markOf("net-a"), what: "VLAN 100 has no name yet" }],
        segments: [],
        foreign: [],
      });
      if (end === "ensure") await under.ensure("net-a", 100);
      await under.remove("net-a", 100);
      expect(await under.list()).toMatchObject({ leftovers: [], segments: [] });
    }
  });

  // The second is told in an answer that would else be a success.
  test.each(["error", "success-with-text"] as const)(
    "a full table, told by %s, is RESOURCE_EXHAUSTED for those that do not fit",
    async (refusals) => {
      await using under = await SwitchUnderTest.open({ nexus: { personality: { maxVlans: 3, refusals } } });
      const outcomes = await Promise.allSettled([1, 2, 3, 4].map((n) => under.ensure(`net-${n}`, 100 + n)));
      const codes = outcomes.map((one) => (one.status === "rejected" ? (one.reason as { code: string }).code : "ok"));
      expect(codes).toEqual(["ok", "ok", "RESOURCE_EXHAUSTED", "RESOURCE_EXHAUSTED"]);
      expect(await under.stats()).toMatchObject({ vlans: { max: 3, used: 3 } });
    },
  );
});

describe("an operator between look and command", () => {
  test("who takes the VLAN: its name stays, and the next call is told", async () => {
    await using under = await SwitchUnderTest.open();
    await under.ensure("net-a", 100);
    under.nexus.faults.before(/allowed vlan add 100/, () => under.nexus.cli("vlan 100 ; name voice"));
    await expect(under.attach(port("p1", "net-a", 100))).rejects.toMatchObject({ code: "FAILED_PRECONDITION" });
    expect(under.section("vlan 100")).toEqual(["name voice"]);
  });

  test("who opens the trunk to all: the call is not told that all is well", async () => {
    await using under = await SwitchUnderTest.open();
    await under.ensure("net-a", 100);
    await under.attach(port("p0", "net-a", 100));
    await under.ensure("net-b", 101);
    under.nexus.faults.before(/allowed vlan add 101/, () =>
      under.nexus.cli("interface e1/1 ; no switchport trunk allowed vlan"),
    );
    await expect(under.attach(port("p1", "net-b", 101))).rejects.toMatchObject({ code: "FAILED_PRECONDITION" });
  });
});

describe("a reload", () => {
  test("with unsaved changes: another incarnation, and asking for everything again restores it", async () => {
    await using under = await SwitchUnderTest.open();
    await under.ensure("net-a", 100);
    await under.save();
    await under.ensure("net-b", 101);
    await under.attach(port("p1", "net-b", 101));
    const { incarnation } = await under.list();
    expect((await under.list()).incarnation).toBe(incarnation);
    await under.reload();
    const after = await under.list();
    expect(after.incarnation).not.toBe(incarnation);
    expect(after).toMatchObject({ segments: [{ mark: markOf("net-a") }], attachments: [] });
    expect(await under.unsaved()).toBe(false);
    await under.ensure("net-b", 101);
    await under.attach(port("p1", "net-b", 101));
    expect((await under.list()).attachments).toHaveLength(1);
    // The session has outlived the switch's life: the manager is told by the loss of its driver as well.
    await expect(under.check()).rejects.toMatchObject({ code: "UNAVAILABLE", retryable: false });
    await under.reconnect();
    await under.check();
    expect((await under.list()).incarnation).toBe((await under.list()).incarnation);
  });

  test.each(["reload-before-execution", "reload-before-answer"] as const)(
    "%s: the call fails, and again it succeeds",
    async (kind) => {
      await using under = await SwitchUnderTest.open();
      under.nexus.faults.add(kind, { command: /^vlan 100$/ });
      await expect(under.ensure("net-a", 100)).rejects.toMatchObject({ code: "UNAVAILABLE", retryable: true });
      await expect.poll(() => under.nexus.phase).toBe("ready");
      under.clock.advance(600_000);
      await under.ensure("net-a", 100);
      expect((await under.list()).segments).toHaveLength(1);
    },
  );

  test("a switch that is starting is UNAVAILABLE until it is ready and has been up for a while, and gets no command", async () => {
    await using under = await SwitchUnderTest.open({ options: { readyAfter: "180s" } });
    await under.ensure("net-a", 100);
    under.nexus.audit.clear();
    await under.nexus.halt();
    const refused = { code: "UNAVAILABLE", retryable: true };
    await expect(under.ensure("net-b", 101)).rejects.toMatchObject(refused);
    await under.nexus.boot();
    await expect(under.ensure("net-b", 101)).rejects.toMatchObject(refused);
    under.clock.advance(200_000);
    await expect(under.ensure("net-b", 101)).rejects.toMatchObject(refused);
    under.nexus.settle();
    await under.ensure("net-b", 101);
    await under.nexus.reload();
    await expect(under.list()).rejects.toMatchObject(refused);
    under.clock.advance(180_000);
    await under.list();
    expect(under.configured().filter((one) => one.startsWith("vlan"))).toEqual(["vlan 101"]);
  });
});

test("a call with the same wish as another, and a plan of it, are one set of commands", async () => {
  await using under = await SwitchUnderTest.open();
  const planned = await under.plan({ change: "ensureSegment", ...segment("net-a", 100) });
  expect(under.configured()).toEqual([]);
  await Promise.all(Array.from({ length: 5 }, () => under.ensure("net-a", 100)));
  expect(under.configured()).toEqual(planned.filter((one) => one !== "exit"));
  expect(await under.plan({ change: "attach", ...port("p1", "net-a", 100, at(1)) })).toContain(
    "switchport trunk allowed vlan add 100",
  );
});
