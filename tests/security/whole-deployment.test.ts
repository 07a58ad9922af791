import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectRaw } from "@nats-io/transport-node";
import { call, contract, stream } from "@reeve/contract";
import { fileVolumes } from "@reeve/file-volumes";
import { inspector } from "@reeve/inspector";
import { scheduler, schedulerManager } from "@reeve/managers/scheduler";
import { volumeManager, volumes } from "@reeve/managers/volume";
import type { ProcessOptions } from "@reeve/nats";
import { connect, defineManager } from "@reeve/runtime";
import { silentLogger } from "@reeve/testing";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { token, watch } from "../inspector/watched-fleet.ts";
import { type GuardedBroker, guardedBroker, startHost, until } from "./guarded-broker.ts";

const bells = contract("bell", "1.0", {
  ring: call({ input: z.object({}), output: z.string() }),
  where: call({ route: "owner", input: z.object({ at: z.string() }), output: z.string() }),
  relay: call({ input: z.object({}), output: z.object({ rung: z.string(), user: z.string() }) }),
  toll: stream({ input: z.object({}), progress: z.number(), output: z.string() }),
});

const bellManager = defineManager({
  contract: bells,
  setup: ({ address }) => ({
    owner: ({ at }) => at,
    operations: {
      ring: () => address,
      where: () => address,
      relay: async (_, ctx) => {
        const elsewhere = address === "block-01" ? "sched-01" : "block-01";
        return { rung: await ctx.ref(bells).where({ at: elsewhere }), user: ctx.principal.user };
      },
      // More than may go without credit.
      async *toll() {
        for (let stroke = 1; stroke <= 40; stroke++) yield stroke;
        return address;
      },
    },
  }),
});

const processes: readonly ProcessOptions[] = [
  { caller: "block-01", serves: [{ contract: volumes, backends: ["ssd"] }, bells], calls: [scheduler, volumes, bells] },
  { caller: "sched-01", serves: [scheduler, bells], cluster: "rack-a", calls: [bells], schedules: true },
  { caller: "ops-01", inspects: true },
  { caller: "web-01", calls: [bells], forwards: true },
  { caller: "cli", calls: [volumes, scheduler, bells] },
  { caller: "census", lists: true },
];

async function deployment() {
  const root = await mkdtemp(join(tmpdir(), "reeve-security-"));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  const broker = await guardedBroker({ processes });
  const capabilityInterval = "100ms";
  const [block, placing, ops] = await Promise.all([
    startHost(broker, "block-01", [[volumeManager, { backend: "ssd", driver: fileVolumes({ root }) }], [bellManager]], {
      capabilityInterval,
    }),
    startHost(broker, "sched-01", [[schedulerManager], [bellManager]], { cluster: "rack-a" }),
    startHost(broker, "ops-01", [], { inspector: inspector({ port: 0, token }) }),
  ]);
  return { broker, block, placing, ops };
}

async function caller(broker: GuardedBroker, name: string) {
  const connection = await connect({ transport: broker.link(name), log: silentLogger });
  onTestFinished(() => connection.close());
  return connection;
}

async function raw(broker: GuardedBroker, name: string) {
  const { servers, user, password: pass } = broker.login(name);
  const client = await connectRaw({ servers, user, pass, inboxPrefix: `_INBOX.${name}` });
  onTestFinished(() => client.close());
  return client;
}

test("a whole deployment runs under the printed rules, and the broker has nothing to deny", async () => {
  const { broker, block, placing, ops } = await deployment();
  const cli = await caller(broker, "cli");

  // Scheduling, owner routing, journalled work, and a stream that needs credit.
  await until(async () => (await cli.ref(scheduler).hosts({})).items.length === 1);
  const db = await cli.ref(volumes).create({ name: "db", sizeGiB: 1 / 1024 });
  expect(db).toMatchObject({ status: "available", host: "block-01@ssd" });
  expect(await cli.ref(volumes).extend({ id: db.id, sizeGiB: 2 / 1024 })).toMatchObject({ sizeGiB: 2 / 1024 });
  const copying = cli.ref(volumes).copy({ id: db.id, name: "copy" });
  for await (const _ of copying);
  expect(await copying.result).toMatchObject({ name: "copy" });
  const tolling = cli.ref(bells).toll({});
  const strokes: number[] = [];
  for await (const stroke of tolling) strokes.push(stroke);
  expect(strokes).toHaveLength(40);

  // Every reach.
  const settled = await cli.ref(bells).all().ring({});
  expect(settled.map(({ address }) => address).sort()).toEqual(["block-01", "sched-01"]);
  expect(await cli.ref(bells).at("rack-a").ring({})).toBe("sched-01");
  expect(await cli.ref(bells).where({ at: "block-01" })).toBe("block-01");

  // A gateway for one of its users, and hosts on behalf of their caller.
  const web = await caller(broker, "web-01");
  const relayed = await web.as({ user: "ada", roles: [] }).ref(bells).at("block-01").relay({});
  expect(relayed).toEqual({ rung: "sched-01", user: "ada" });

  // JSON, and the service protocol, from a plain client.
  const plain = await raw(broker, "cli");
  const answer = await plain.request("reeve.call.bell.v1.ring.block-01.cli", "{}");
  expect(answer.json()).toBe("block-01");
  const census = await raw(broker, "census");
  const services = await census.requestMany("$SRV.PING.bell", "", {
    maxWait: 10_000,
    maxMessages: 2,
    strategy: "count",
  });
  const listed: unknown[] = [];
  for await (const one of services) listed.push(one.json<{ metadata: { address: string } }>().metadata.address);
  expect(listed.sort()).toEqual(["block-01", "sched-01"]);

  // The page of another host.
  const page = await watch(ops);
  await page.until(() => page.names().length === 4);

  for (const host of [block, placing]) {
    await until(() => host.managers().every(({ status }) => status.causes.length === 0));
    await host.stop();
  }
  await Promise.all([ops.stop(), cli.close(), web.close()]);
  expect(broker.denied()).toEqual([]);
});
