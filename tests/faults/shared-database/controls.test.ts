import { type PostgresServer, postgresServer } from "@reeve/testing";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { long } from "../figure.ts";
import { clusterBackend, clusterName, Estate, until } from "./estate.ts";
import type { Broken } from "./host-settings.ts";
import { asked, make, operations, type Place } from "./operations.ts";
import { holdAll, kept } from "./promises.ts";

// What the checker finds where a rule of the runtime is switched off under it: a checker that stays silent proves nothing.

vi.setConfig({ testTimeout: 300_000, hookTimeout: 60_000 });

let server: PostgresServer;
beforeAll(async () => {
  server = await postgresServer();
});
afterAll(() => server.close());

/** What holds where they are kept is tested beside this as well. */
const rules = (["kept", "broken"] as const).filter((rule) => long || rule === "broken");
const brokenIf = (rule: (typeof rules)[number], broken: Broken) => (rule === "broken" ? { broken } : {});

/** More than those of the one transaction that is to be seen. */
const stepsOfAnExtension = 200;

function placeAt(estate: Estate, address: string, media: string): Place {
  return { estate, volume: estate.volume.at(address), labels: { media }, address, timeout: "12s" };
}

test.each(rules)("the same key again after a kill makes one volume; with keys %s the checker tells", async (rule) => {
  await using estate = await Estate.open({ server });
  const settings = { host: "block-01", ...brokenIf(rule, "key") };
  const host = await estate.start(settings);
  const place = placeAt(estate, "block-01@ssd", "ssd");
  await estate.placeable(place.address);
  await host.arm("after create");
  const told = make(place, "once").catch(() => undefined);
  await host.stopped();
  await estate.start(settings);
  await told;
  await estate.placeable(place.address);
  await asked(place, "once");
  const verdict = await estate.verdict();
  if (rule === "kept") return holdAll("kill -9, and the key again", verdict);
  expect(verdict.twice).toContain("once");
});

// With the fence broken too much else may stop the stale write before its commit: see fence-control.test.ts.
test.runIf(long)("who stood still while another took its address writes nothing", async () => {
  await using estate = await Estate.open({ server });
  const settings = { host: "block-01" };
  const first = await estate.start(settings);
  const place = placeAt(estate, "block-01@ssd", "ssd");
  await estate.placeable(place.address);
  // What it has begun is not claimed before its disk is free, and no key keeps it from ending it.
  const extend = operations.find(({ name }) => name === "extend")!;
  const prepared = await extend.prepare(place, "stale");
  await first.arm("before extend", "pause");
  const told = prepared.run().catch(() => undefined);
  await first.stopped();
  await estate.start(settings);
  // It goes on, and nobody can tell it that its address is another's: only the database knows.
  await estate.broker.pause();
  first.signal("SIGCONT");
  const written = async () => (await estate.query("select from witness where kind = 'stale'")).length > 0;
  const passed = async () => (await first.taken()) > stepsOfAnExtension;
  await until("the transaction to be over", async () => (await written()) || (await passed()), 15_000).catch(() => {});
  await first.kill();
  estate.broker.resume();
  await told;
  holdAll("SIGSTOP of a host before a transaction, and another at its address", await estate.verdict(5_000));
});

test.each(rules)("what a dead member left is claimed once; with claims %s the checker tells", async (rule) => {
  await using estate = await Estate.open({ server });
  const member = (host: string) => ({ host, cluster: clusterName, storage: false, ...brokenIf(rule, "claim") });
  const [dead] = await Promise.all(["block-00", "block-01", "block-02"].map((host) => estate.start(member(host))));
  await estate.placeable(clusterBackend);
  const place = placeAt(estate, "block-00@nas", "nas");
  await dead!.arm("before create", "pause");
  const told = Array.from({ length: 20 }, (_, index) => make(place, `left-${index}`).catch(() => undefined));
  await dead!.stopped();
  await until("work to be left", async () => (await estate.query("select from reeve_work")).length > 0);
  await dead!.kill();
  await Promise.all(told);
  const verdict = await estate.verdict();
  if (rule === "kept") {
    expect((await estate.evidence()).seen.claims).toBeGreaterThan(0);
    return holdAll("kill -9 of a member, two that take over", verdict);
  }
  expect(verdict).not.toEqual(kept);
  expect(verdict.stolen.length).toBeGreaterThan(0);
});
