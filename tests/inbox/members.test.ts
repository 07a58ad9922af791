import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSupervisor, inProcess } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import { sharedStore } from "@reeve/testing";
import { expect, onTestFinished, test } from "vitest";
import { barnManager, barns } from "./barn.ts";
import { deliver } from "./delivery.ts";

/** Two members on one store, and somebody who delivers to either. */
async function farm() {
  const directory = await mkdtemp(join(tmpdir(), "reeve-members-"));
  const shouts = join(directory, "shouts");
  const hub = inProcess();
  const store = sharedStore(sqlite({ path: ":memory:" }));
  const gate = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  const before = () => {
    begun.resolve();
    return gate.promise;
  };
  const supervisors = ["barn-01", "barn-02"].map((host) => {
    const transport = hub.client({ caller: host });
    const supervisor = createSupervisor({ host, cluster: "farm", store, transport, log: { level: "silent" } });
    supervisor.spawn(barnManager(shouts, before));
    return supervisor;
  });
  onTestFinished(async () => {
    gate.resolve();
    await Promise.all(supervisors.map((supervisor) => supervisor.stop()));
    await rm(directory, { recursive: true, force: true });
  });
  for (const supervisor of supervisors) await supervisor.start();
  const web = hub.client({ caller: "web" });
  await web.connect();
  const to = (address: string, operation: string, id: string, acknowledges?: readonly string[]) =>
    deliver(web, operation, { id, input: { bale: id }, address, ...(acknowledges && { acknowledges }) });
  return {
    to,
    gate,
    begun: begun.promise,
    lines: async () => (await readFile(shouts, "utf8").catch(() => "")).trim().split("\n"),
    steps: (bale: string) => supervisors[0]!.ref(barns).at("barn-01").steps({ bale }),
  };
}

test("a cast that comes to both members at once has one effect, whoever is first", async () => {
  const { to, steps, gate } = await farm();
  gate.resolve();
  for (let index = 0; index < 50; index++) {
    const id = `c${index}`;
    const told = await Promise.all([to("barn-01", "store", id), to("barn-02", "store", id)]);
    for (const one of told) expect([undefined, "DUPLICATE_KEY"]).toContain(one.reason);
    expect(told.every(({ reason, retryable }) => reason === undefined || retryable === true)).toBe(true);
    expect(await steps(id)).toEqual(["stored"]);
  }
});

const ok = { reason: undefined, outcome: undefined, retryable: undefined };

test("a cast that runs at a member is joined there, and has been carried out for the other when it has ended", async () => {
  const { to, gate, lines, begun } = await farm();
  const first = to("barn-01", "shout", "c1");
  await begun;
  const joining = to("barn-01", "shout", "c1");
  gate.resolve();
  expect(await Promise.all([first, joining])).toEqual([ok, ok]);
  expect(await to("barn-02", "shout", "c1")).toEqual(ok);
  expect(await lines()).toEqual(["c1"]);
});

test("a key that one member has kept holds at the other, and is acknowledged to either", async () => {
  const { to, steps, gate } = await farm();
  gate.resolve();
  expect(await to("barn-01", "store", "c1")).toEqual(ok);
  expect(await to("barn-02", "store", "c1")).toEqual(ok);
  expect(await steps("c1")).toEqual(["stored"]);
  expect(await to("barn-02", "store", "c2", ["c1"])).toEqual(ok);
  expect(await to("barn-02", "store", "c1")).toEqual(ok);
  expect(await steps("c1")).toEqual(["stored"]);
});
