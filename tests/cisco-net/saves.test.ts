import { expect, test } from "vitest";
import { SwitchUnderTest } from "./switch-under-test.ts";

const saves = (under: SwitchUnderTest) =>
  under.nexus.audit.commands({ who: "api" }).filter((one) => one.startsWith("copy "));

test("changes are saved together, some time after the last of them", async () => {
  await using under = await SwitchUnderTest.open({ options: { saveAfter: "10s" } });
  for (let n = 0; n < 3; n++) {
    await under.ensure(`net-${n}`, 100 + n);
    under.clock.advance(9_000);
  }
  expect(saves(under)).toEqual([]);
  expect(await under.unsaved()).toBe(true);
  under.clock.advance(1_000);
  await expect.poll(() => under.unsaved()).toBe(false);
  expect(saves(under)).toHaveLength(1);
  expect(under.nexus.unsaved).toBe(false);
  under.clock.advance(60_000);
  await under.ensure("net-0", 100);
  under.clock.advance(60_000);
  await under.list();
  expect(saves(under)).toHaveLength(1);
});

test("what is changed while it saves is not saved, and calls do not wait for it", async () => {
  await using under = await SwitchUnderTest.open({ options: { saveAfter: "10s" } });
  await under.ensure("net-a", 100);
  const hold = under.nexus.faults.hold("answer", { command: /^copy / });
  const first = under.save();
  await hold.reached;
  await under.ensure("net-b", 101);
  hold.release();
  await first;
  expect(await under.unsaved()).toBe(true);
  await under.save();
  expect(await under.unsaved()).toBe(false);
  expect(under.nexus.unsaved).toBe(false);
});

// The second says so in what would else be a success.
test.each(["n9k", "mute"] as const)(
  "a save that %s refuses is told to the caller, is tried again by itself, and is unsaved until then",
  async (personality) => {
    await using under = await SwitchUnderTest.open({ nexus: { personality }, options: { saveAfter: "10s" } });
    await under.ensure("net-a", 100);
    under.nexus.faults.refuse(/^copy /, "ERROR: Configuration update aborted: another copy is in progress", {
      times: 2,
    });
    await expect(under.save()).rejects.toMatchObject({ code: "UNAVAILABLE", retryable: true });
    under.clock.advance(10_000);
    await expect.poll(() => under.nexus.audit.commands({ refused: true }).length).toBe(2);
    expect(await under.unsaved()).toBe(true);
    // The next try is scheduled once the answer has come back.
    await expect
      .poll(async () => {
        under.clock.advance(30_000);
        return under.unsaved();
      })
      .toBe(false);
  },
);

test("a session knows from the switch whether an earlier one's changes were saved", async () => {
  await using under = await SwitchUnderTest.open();
  await under.ensure("net-a", 100);
  await under.reconnect();
  expect(await under.unsaved()).toBe(true);
  expect((await under.stats()).unsavedChanges).toBe(true);
  under.clock.advance(5_000);
  await under.save();
  await under.reconnect();
  expect(await under.unsaved()).toBe(false);
});

test("with saveAfter false nothing is saved unless it is asked for", async () => {
  await using under = await SwitchUnderTest.open({ options: { saveAfter: false } });
  await under.ensure("net-a", 100);
  under.clock.advance(600_000);
  await under.list();
  expect(saves(under)).toEqual([]);
  await under.save();
  expect(saves(under)).toHaveLength(1);
});
