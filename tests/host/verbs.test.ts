import { createLogging } from "@reeve/runtime";
import { describe, expect, onTestFinished, test } from "vitest";
import { nets } from "../kit/nets.ts";
import { bellManager, bells, hall, operator, Rope, summaryOf } from "./hall.ts";

const bell = "bell/block-01@tower";

const atStage = <C extends { readonly stage: string }>(calls: readonly C[], stage: string) =>
  calls.find((one) => one.stage === stage)!;

describe.each(nets)("a host that is operated %s", (_, open) => {
  test("lists its managers, under one form of name, and not itself", async () => {
    await using net = await open();
    const { supervisor, bell: tower, rope } = await hall(net, "block-01", { cluster: "rack-a" });
    supervisor.spawn(bellManager(new Rope()), { backend: "annex" });
    const host = await operator(net, "block-01", ["viewer"]);
    const held = tower.hold({ name: "a" });
    const queued = tower.hold({ name: "a" });
    await expect.poll(() => rope.holding).toBe(1);
    await expect
      .poll(async () => (await host.list({})).items.map(({ state }) => state))
      .toEqual(["serving", "serving"]);
    const { items } = await host.list({});
    expect(items.map(({ name }) => name)).toEqual(["bell/block-01@annex", bell]);
    expect(items[1]).toEqual({
      ...{ name: bell, manager: "bell", address: "block-01@tower", version: "1.3", cluster: "rack-a@tower" },
      ...{ state: "serving", phase: "ready", supervision: "running", causes: [], failure: null, epoch: 1 },
      ...{ inFlight: 1, queued: 1, calls: 2, errors: 0, cordon: null },
    });
    const { items: one, next } = await host.list({ limit: 1 });
    expect([one.length, next]).toEqual([1, "bell/block-01@annex"]);
    const names: string[] = [];
    for await (const { name } of host.list.each({ limit: 1 })) names.push(name);
    expect(names).toEqual(["bell/block-01@annex", bell]);
    rope.letGo();
    await expect.poll(() => rope.holding).toBe(1);
    rope.letGo();
    expect(await Promise.all([held, queued])).toEqual(["a", "a"]);
  });

  test("describes one: what it shows of itself, its tables, tasks and calls", async () => {
    await using net = await open();
    const { bell: tower, rope } = await hall(net, "block-01");
    const host = await operator(net, "block-01", ["viewer"]);
    const held = tower.hold({ name: "a" });
    await expect.poll(() => rope.holding).toBe(1);
    expect(await host.describe({ manager: bell })).toMatchObject({
      ...{ name: bell, inFlight: 1, driver: null, work: null, own: { tolling: 1 } },
      panels: [{ id: "ropes", title: "Ropes", rows: [{ id: "one", cells: { n: 1 } }] }],
      periodic: { swing: { runs: 0, errors: 0, runningMs: null } },
      inFlightCalls: [{ operation: "hold", manager: bell }],
    });
    rope.letGo();
    await held;
  });

  test("tells of each call in flight who waits for it, where it stands and how old it is", async () => {
    await using net = await open();
    const { bell: tower, rope } = await hall(net, "block-01");
    const host = await operator(net, "block-01", ["viewer"]);
    const held = tower.hold({ name: "a" }, { timeout: "1m" });
    await expect.poll(() => rope.holding).toBe(1);
    const queued = tower.hold({ name: "a" }, { timeout: "1m" });
    await expect.poll(async () => (await host.calls({})).items.length).toBe(2);
    const { items } = await host.calls({});
    const [first, second] = [atStage(items, "running"), atStage(items, "lane")];
    expect(first).toEqual({
      ...{ id: expect.any(String), manager: bell, operation: "hold", requestId: expect.any(String) },
      ...{ caller: "block-01", remote: false, principal: { user: "block-01", tenant: null, roles: ["*"] } },
      ...{ stage: "running", awaited: true, lane: "a", resource: "a" },
      ...{ ageMs: expect.any(Number), deadlineInMs: expect.any(Number) },
    });
    expect(second).toMatchObject({ stage: "lane", lane: "a" });
    expect(first.ageMs + first.deadlineInMs!).toBe(60_000);
    const { items: again } = await host.calls({ filter: { manager: bell } });
    expect(again.map(({ id }) => id)).toEqual(items.map(({ id }) => id));
    const find = async (text: string) => (await host.calls({ filter: { find: text } })).items.map(({ id }) => id);
    expect(await find(` ${second.requestId.toLowerCase()} `)).toEqual([second.id]);
    expect(await find("TOWER")).toEqual(items.map(({ id }) => id));
    expect(await find("nobody's")).toEqual([]);
    await expect(host.calls({ filter: { find: "x".repeat(201) } })).rejects.toMatchObject({ reason: "INVALID_INPUT" });
    const pages: string[] = [];
    for await (const { id } of host.calls.each({ limit: 1 })) pages.push(id);
    expect(pages).toEqual(items.map(({ id }) => id));
    rope.letGo();
    await expect.poll(() => rope.holding).toBe(1);
    rope.letGo();
    await Promise.all([held, queued]);
  });

  test("drains a manager, which stays in the list, and starts it again", async () => {
    await using net = await open();
    const { supervisor, bell: tower } = await hall(net, "block-01");
    const host = await operator(net, "block-01", ["operator"]);
    expect(await host.drain({ manager: bell, epoch: 1 })).toMatchObject({ name: bell, state: "stopped" });
    expect(supervisor.managers()).toMatchObject([{ supervision: "stopped" }]);
    expect(await summaryOf(host, bell)).toMatchObject({ state: "stopped", supervision: "stopped", epoch: 1 });
    await expect(tower.ring({ name: "a" }, { timeout: "1s" })).rejects.toMatchObject({ outcome: "never-sent" });
    // Once more changes nothing.
    expect(await host.drain({ manager: bell })).toMatchObject({ state: "stopped" });
    const [one, other] = await Promise.all([host.start({ manager: bell }), host.start({ manager: bell })]);
    expect([one, other]).toMatchObject([
      { state: "serving", phase: "ready", epoch: 2 },
      { state: "serving", phase: "ready", epoch: 2 },
    ]);
    expect(await tower.ring({ name: "a" })).toContain("a at");
    expect(await host.start({ manager: bell })).toMatchObject({ epoch: 2 });
  });

  test("restarts, resets and kills", async () => {
    await using net = await open();
    const { rope } = await hall(net, "block-01", { restart: { initialBackoff: 1 } });
    let resets = 0;
    rope.reset = () => void resets++;
    const host = await operator(net, "block-01", ["admin"]);
    expect(await host.restart({ manager: bell, epoch: 1 })).toMatchObject({ state: "serving", epoch: 2 });
    await host.reset({ manager: bell, epoch: 2 });
    expect(resets).toBe(1);
    await host.reset({});
    expect(resets).toBe(2);
    await host.kill({ manager: bell, epoch: 2 });
    await expect.poll(async () => await summaryOf(host, bell)).toMatchObject({ state: "serving", epoch: 3 });
  });

  test("sets its log level, for a time or for good", async () => {
    await using net = await open();
    const logging = createLogging({ level: "warn", destination: { write: () => {} } });
    await hall(net, "block-01", { log: logging });
    const host = await operator(net, "block-01", ["operator"]);
    expect(await host.logLevel({})).toEqual({ level: "warn", revertsTo: null, revertsInMs: null });
    expect(await host.setLogLevel({ level: "debug", forMs: 3_600_000 })).toMatchObject({ revertsTo: "warn" });
    expect(logging.level).toBe("debug");
    expect(await host.setLogLevel({ level: "silent" })).toEqual({
      level: "silent",
      revertsTo: null,
      revertsInMs: null,
    });
    expect(await host.logLevel({})).toEqual({ level: "silent", revertsTo: null, revertsInMs: null });
  });

  test("tells what it has logged lately, and refuses what it cannot read by its name", async () => {
    await using net = await open();
    const logging = createLogging({ destination: { write: () => {} } });
    await hall(net, "block-01", { log: logging });
    await hall(net, "block-02", { log: logging });
    const host = await operator(net, "block-01", ["operator"]);
    await host.cordon({ manager: bell, reason: "its rope is replaced" });
    const { lines, upTo } = await host.logs({});
    expect(lines.at(-1)).toMatchObject({
      ...{ number: upTo, level: "info", manager: bell, message: `ada from web: cordon ${bell}: done` },
      fields: { audit: true, user: "ada", detail: "its rope is replaced" },
    });
    expect(JSON.stringify(lines)).not.toContain("block-02");
    expect(await host.logs({ after: upTo })).toEqual({ kept: true, lines: [], upTo, missed: 0 });
    for (const [field, value] of Object.entries({ least: "silent", manager: "bell", after: -1, limit: 0 }))
      await expect(host.logs({ [field]: value }), field).rejects.toMatchObject({
        ...{ reason: "INVALID_INPUT", message: expect.stringContaining(field) },
      });
  });

  test("cancels a call that runs, and one that waits, and tells who waited for them", async () => {
    await using net = await open();
    const { bell: tower, rope } = await hall(net, "block-01");
    const host = await operator(net, "block-01", ["operator"]);
    const told = (call: Promise<unknown>) => call.catch((error: unknown) => error);
    const held = told(tower.hold({ name: "a" }));
    await expect.poll(() => rope.holding).toBe(1);
    const queued = told(tower.hold({ name: "a" }));
    await expect.poll(async () => (await host.calls({})).items.length).toBe(2);
    const { items } = await host.calls({});
    const [first, second] = [atStage(items, "running"), atStage(items, "lane")];
    expect(await host.cancel({ id: second.id, reason: "asked twice" })).toMatchObject({
      stage: "lane",
      outcome: "not-executed",
    });
    expect(await queued).toMatchObject({
      ...{ reason: "CANCELLED", outcome: "not-executed" },
      message: `${bell}: hold: cancelled by ada: asked twice`,
    });
    expect(await host.cancel({ id: first.id })).toMatchObject({ stage: "running", outcome: "maybe-executed" });
    expect(await held).toMatchObject({ reason: "CANCELLED", outcome: "maybe-executed" });
    await expect.poll(async () => (await host.calls({})).items).toEqual([]);
    expect(rope.ran).toEqual(["a"]);
    await expect(host.cancel({ id: first.id })).rejects.toMatchObject({
      reason: "NO_SUCH_CALL",
      data: { id: first.id },
    });
  });

  test("cancels a call of another process", async () => {
    await using net = await open();
    const { rope } = await hall(net, "block-01");
    const elsewhere = await hall(net, "block-02", { trustedForwarders: [] });
    await elsewhere.supervisor.drain("bell", "block-02@tower");
    const host = await operator(net, "block-01", ["operator"]);
    const held = elsewhere.supervisor
      .ref(bells)
      .at("block-01@tower")
      .toll({ name: "a" })
      .catch((error: unknown) => error);
    await expect.poll(() => rope.holding).toBe(1);
    const { items } = await host.calls({});
    expect(items).toMatchObject([{ caller: "block-02", remote: true, operation: "toll", principal: { roles: [] } }]);
    await host.cancel({ id: items[0]!.id });
    expect(await held).toMatchObject({ reason: "CANCELLED", outcome: "maybe-executed" });
    // Its handler does not heed its signal.
    expect((await host.calls({})).items).toMatchObject([{ stage: "running", awaited: false }]);
  });
});

test("a level that was set for a time is given back when the host stops", async () => {
  const [, open] = nets[0]!;
  await using net = await open();
  const logging = createLogging({ level: "warn", destination: { write: () => {} } });
  const { supervisor } = await hall(net, "block-01", { log: logging });
  const host = await operator(net, "block-01", ["operator"]);
  await host.setLogLevel({ level: "silent", forMs: 3_600_000 });
  await supervisor.stop();
  expect(logging.level).toBe("warn");
  onTestFinished(() => logging.close());
});
