import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { DriverSession } from "@reeve/driver-sdk";
import type { NetworkInventory } from "@reeve/driver-sdk/network";
import { expect, onTestFinished, test } from "vitest";
import type { PatchPanelOptions } from "./panel-options.ts";
import { type PatchPanel, patchPanel } from "./patch-panel.ts";

// Races that are forced here: a command that is held while its caller gives up; a command that is done after its caller has
// given up; two processes' worth of connections to one file that change it in turn.

const log = { debug() {}, info() {}, warn() {}, error() {} };
const network = { networkId: "net", segment: { kind: "vlan", vlanId: 100 }, physicalNetwork: "dc1" } as const;
const spec = { ...network, mtu: 1500, name: "net" };
const port = {
  ...network,
  portId: "port",
  generation: 1,
  mtu: 1500,
  mac: "fa:16:3e:00:00:01",
  addresses: ["10.0.0.7/24"],
  gateways: [],
  point: { kind: "netns" },
} as const;

async function connected(options: PatchPanelOptions = {}) {
  const panel = patchPanel(options);
  onTestFinished(() => panel.close());
  return { panel, ...(await sessionOf(panel)) };
}

async function sessionOf(panel: PatchPanel) {
  const session: DriverSession = await panel.driver.setup({ signal: new AbortController().signal, log, epoch: 1 });
  const call = (method: string, input: unknown, signal = new AbortController().signal) =>
    Promise.resolve(session.methods[method]!(input, { signal, log, epoch: 1, progress() {} }));
  const list = () => call("list", undefined) as Promise<NetworkInventory>;
  return { call, list };
}

async function scratchFile(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "reeve-panel-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return join(folder, "panel");
}

test("what is held is half made until it is released", async () => {
  const { panel, call, list } = await connected();
  await call("ensureSegment", spec);
  const held = panel.hold(/^socket join/);
  const attaching = call("attach", port);
  expect(await held.reached).toMatch(/^socket join .*line="dc1\/100"/);
  expect((await list()).attachments[0]?.differs).toEqual(["netns rv-port eth0 does not carry line dc1/100"]);
  held.release();
  await attaching;
  expect((await list()).attachments[0]?.differs).toEqual([]);
});

test("a line that others are on stays, and a place carries one network untagged", async () => {
  const { panel, call } = await connected();
  await call("ensureSegment", spec);
  const member = { verb: "socket join", by: "uplink", group: 98 } as const;
  panel.edit(
    { ...member, socket: "switchport port1", line: "dc1/100", tagging: "tagged" },
    { ...member, socket: "switchport port2", line: "dc1/200", tagging: "untagged" },
  );
  const before = panel.dump();
  const point = { kind: "switchport", interface: "port2", tagging: "untagged" } as const;
  for (const refused of [call("removeSegment", network), call("attach", { ...port, point })])
    await expect(refused).rejects.toMatchObject({
      code: "FAILED_PRECONDITION",
      message: expect.stringMatching(/not ours/),
    });
  expect(panel.dump()).toEqual(before);
});

test("what is held is taken back when its caller gives up, and done late when it is late", async () => {
  const { panel, call } = await connected();
  for (const [hand, isDone] of [
    ["hold", false],
    ["late", true],
  ] as const) {
    const before = panel.dump();
    const trap = panel[hand](/^line add/);
    const controller = new AbortController();
    const ensuring = call("ensureSegment", spec, controller.signal);
    await trap.reached;
    controller.abort();
    await expect(ensuring).rejects.toThrow(/abort/i);
    expect(panel.dump()).toEqual(before);
    trap.release();
    await nextTurn();
    expect(Object.keys(panel.state().lines)).toEqual(isDone ? ["dc1/100"] : []);
  }
});

test("a command fails without effect or with it, or is done and never answered", async () => {
  const { panel, call } = await connected();
  panel.fail(2);
  await expect(call("ensureSegment", spec)).rejects.toMatchObject({ code: "UNAVAILABLE", data: { applied: [] } });
  expect(panel.state().lines).toEqual({});
  panel.fail(2, { done: true });
  await expect(call("ensureSegment", spec)).rejects.toMatchObject({
    code: "UNAVAILABLE",
    data: { applied: [expect.stringMatching(/^line add/)] },
  });
  expect(Object.keys(panel.state().lines)).toEqual(["dc1/100"]);
  const hung = panel.hang(/^line note/);
  const controller = new AbortController();
  const ensuring = call("ensureSegment", spec, controller.signal);
  await hung.reached;
  controller.abort();
  await expect(ensuring).rejects.toThrow(/abort/i);
  expect(panel.state().lines["dc1/100"]?.note?.networkId).toBe("net");
});

test("a trap that is taken away before its command lets it pass", async () => {
  const { panel, call } = await connected();
  const trap = panel.fail(/^line add/);
  trap.disarm();
  await call("ensureSegment", spec);
  expect(trap.struck).toBe(false);
});

test("calls are told of before and after, and one that is refused before does nothing", async () => {
  const told: string[] = [];
  const { panel, call } = await connected({
    onCall({ moment, method, error }) {
      told.push(`${moment} ${method}${error ? " failed" : ""}`);
      if (moment === "before" && method === "attach") throw new Error("not now");
    },
  });
  await call("ensureSegment", spec);
  const before = panel.dump();
  await expect(call("attach", port)).rejects.toThrow("not now");
  expect(panel.dump()).toEqual(before);
  await expect(call("ensureSegment", { ...spec, mtu: 0 })).rejects.toThrow(/^mtu/);
  expect(told).toEqual([
    "before ensureSegment",
    "after ensureSegment",
    "before attach",
    "before ensureSegment",
    "after ensureSegment failed",
  ]);
});

test("panels of one file are one panel, with one log, whoever changes it", async () => {
  const file = await scratchFile();
  const [one, other] = [await connected({ file }), await connected({ file })];
  await one.call("ensureSegment", spec);
  await other.call("attach", port);
  expect(await one.list()).toEqual(await other.list());
  expect((await one.list()).attachments).toHaveLength(1);
  expect(one.panel.log).toEqual(other.panel.log);
  other.panel.restart();
  expect(await one.list()).toMatchObject({ incarnation: "boot 2", segments: [], attachments: [] });
  other.panel.reach(false);
  await expect(one.list()).rejects.toMatchObject({ code: "UNAVAILABLE", retryable: true });
});

test("two drivers of one panel that attach one port at once have one effect", async () => {
  const { panel, call, list } = await connected();
  const other = await sessionOf(panel);
  await call("ensureSegment", spec);
  const answers = await Promise.all([call("attach", port), other.call("attach", port)]);
  expect(answers[0]).toEqual(answers[1]);
  expect((await list()).attachments).toHaveLength(1);
  expect((await list()).leftovers).toEqual([]);
});

test("an ability that it does without is not offered, and without VLANs it carries flat networks only", async () => {
  const { panel, call } = await connected({ without: ["vlans", "guard"], points: ["switchport"] });
  expect(panel.driver.abilities).toEqual(["namespaces", "persist", "plan"]);
  await expect(call("ensureSegment", spec)).rejects.toMatchObject({ code: "UNIMPLEMENTED" });
  const flat = { ...spec, segment: { kind: "flat" } };
  await call("ensureSegment", flat);
  await expect(call("attach", { ...port, segment: flat.segment })).rejects.toMatchObject({ code: "UNIMPLEMENTED" });
});

test("what is edited by hand is refused where it cannot be", async () => {
  const { panel } = await connected();
  expect(() =>
    panel.edit({ verb: "socket join", socket: "tap x", line: "dc1/1", tagging: "tagged", by: "me", group: 1 }),
  ).toThrow("there is no tap x");
});
