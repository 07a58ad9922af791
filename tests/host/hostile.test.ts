import { createLogging } from "@reeve/runtime";
import { describe, expect, onTestFinished, test } from "vitest";
import { type Net, nets } from "../rights/nets.ts";
import { hall, operator, summaryOf } from "./hall.ts";

const bell = "bell/block-01@tower";

/** Everything that is answered to a JSON call, until so many answers have come. */
async function answers(net: Net, caller: string, subject: string, expected: number) {
  const transport = net.transport(caller);
  await transport.connect();
  onTestFinished(() => transport.close());
  const heard: unknown[] = [];
  const reply = `${transport.inbox}.1`;
  transport.subscribe(
    reply,
    ({ data }) => void heard.push(data.length > 0 ? JSON.parse(`${Buffer.from(data)}`) : "nobody"),
  );
  const headers = { "Reeve-Principal": JSON.stringify({ user: "ada", roles: ["admin"] }) };
  transport.publish(`${subject}.${caller}`, new TextEncoder().encode("{}"), { reply, headers });
  await expect.poll(() => heard.length).toBe(expected);
  return heard;
}

describe.each(nets)("a host is not overcome %s", (_, open) => {
  test("by an operator who silences its log: what is audited is written whatever the level", async () => {
    await using net = await open();
    const lines: string[] = [];
    const logging = createLogging({ level: "warn", destination: { write: (line) => void lines.push(line) } });
    await hall(net, "block-01", { log: logging });
    const host = await operator(net, "block-01", ["operator"]);
    await host.setLogLevel({ level: "silent" });
    await host.cordon({ manager: bell, reason: "in silence" });
    await host.kill({ manager: bell }).catch(() => undefined);
    await logging.flush();
    const audited = lines.map((line) => JSON.parse(line)).filter(({ audit }) => audit === true);
    expect(audited.map(({ action, outcome }) => [action, outcome])).toEqual([
      ["setLogLevel", "done"],
      ["cordon", "done"],
      ["kill", "refused"],
    ]);
  });

  test("by long texts of one manager: what it failed with, its lanes, what it shows", async () => {
    await using net = await open();
    const { rope, bell: tower } = await hall(net, "block-01");
    const host = await operator(net, "block-01", ["operator"]);
    const held = [1, 2].map((n) => tower.hold({ name: `${n}`.repeat(900_000) }, { timeout: "1m" }));
    await expect.poll(() => rope.holding).toBe(2);
    const { items } = await host.calls({});
    expect(items.map(({ lane }) => lane!.length)).toEqual([500, 500]);
    expect((await host.describe({ manager: bell })).inFlightCalls).toHaveLength(2);
    rope.letGo();
    await Promise.all(held);
    await host.drain({ manager: bell });
    rope.setup = () => {
      throw new Error("no rope".repeat(500_000));
    };
    const data = { message: expect.stringContaining("no rope") };
    await expect(host.start({ manager: bell })).rejects.toMatchObject({ reason: "START_FAILED", data });
    expect(await summaryOf(host, bell)).toMatchObject({ failure: expect.stringContaining("no rope") });
    expect(await host.describe({ manager: bell })).toMatchObject({ state: "failed" });
  });

  test("by who calls every host at once, any of them, or a cluster", async () => {
    await using net = await open();
    const more = { cluster: "rack-a", trustedForwarders: ["cli", "web"] };
    await hall(net, "block-01", more);
    await hall(net, "block-02", more);
    for (const reach of ["all", "any", "@rack-a"]) {
      for (const operation of ["reset", "list"])
        expect(await answers(net, "cli", `reeve.call.host.v1.${operation}.${reach}`, 1)).toEqual(["nobody"]);
    }
    for (const name of ["block-01", "block-02"])
      expect((await (await operator(net, name, ["viewer"])).audit({})).items).toEqual([]);
    // By its address each is reached.
    expect(await answers(net, "cli", "reeve.call.host.v1.logLevel.block-02", 1)).toMatchObject([{ level: null }]);
  });

  test("nor its callers: a manager whose start failed refuses calls at once, and takes them when it runs", async () => {
    await using net = await open();
    const { rope, bell: tower } = await hall(net, "block-01");
    const host = await operator(net, "block-01", ["operator"]);
    await host.drain({ manager: bell });
    rope.setup = () => {
      throw new Error("no rope");
    };
    await host.start({ manager: bell }).catch(() => undefined);
    await expect(tower.ring({ name: "a" }, { timeout: "1h" })).rejects.toMatchObject({ outcome: "not-executed" });
    rope.setup = () => {};
    await host.start({ manager: bell });
    expect(await tower.ring({ name: "a" })).toContain("a at");
  });

  test("by an epoch without a manager, which would reset all of them", async () => {
    await using net = await open();
    const { rope } = await hall(net, "block-01");
    let resets = 0;
    rope.reset = () => void resets++;
    const host = await operator(net, "block-01", ["operator"]);
    await expect(host.reset({ epoch: 77 })).rejects.toMatchObject({ reason: "INVALID_INPUT" });
    expect(resets).toBe(0);
  });

  test("by calls that wait for a manager between two lives: they are listed, counted and cancelled", async () => {
    await using net = await open();
    const { bell: tower, rope } = await hall(net, "block-01", { restart: { initialBackoff: "1h", maxBackoff: "1h" } });
    const host = await operator(net, "block-01", ["admin"]);
    await host.kill({ manager: bell });
    const waiting = tower.ring({ name: "a" }, { timeout: "1m" }).catch((error: unknown) => error);
    await expect.poll(async () => await summaryOf(host, bell)).toMatchObject({ supervision: "backingOff", queued: 1 });
    const { items } = await host.calls({ filter: { manager: bell } });
    expect(items).toMatchObject([{ operation: "ring", stage: "start", manager: bell, awaited: true }]);
    expect(await host.cancel({ id: items[0]!.id })).toMatchObject({ stage: "start", outcome: "not-executed" });
    expect(await waiting).toMatchObject({ reason: "CANCELLED", outcome: "not-executed" });
    expect((await host.calls({})).items).toEqual([]);
    expect(rope.ran).toEqual([]);
  });
});
