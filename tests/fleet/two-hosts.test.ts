import { call, contract, stream } from "@reeve/contract";
import { nats, permissions } from "@reeve/nats";
import { connect, createSupervisor, defineManager, type ManagerDefinition } from "@reeve/runtime";
import { sqlite } from "@reeve/runtime/sqlite";
import { natsServer, silentLogger } from "@reeve/testing";
import { expect, test } from "vitest";
import { z } from "zod";
import { type Net, nets as plainNets } from "../kit/nets.ts";

const Id = z.object({ id: z.string() });
const disks = contract("disk", "1.0", {
  where: call({ input: z.object({}), output: z.string(), idempotent: true }),
  wipe: call({ route: "owner", input: Id, output: z.string(), lane: ({ id }) => id }),
  whoami: call({ input: z.object({}), output: z.object({ peer: z.string(), user: z.string() }) }),
  scan: stream({ input: z.object({}), progress: z.object({ percent: z.number() }), output: z.string() }),
});

/** Owns the disks whose id begins with its host's name. */
const diskManager = defineManager({
  contract: disks,
  setup: ({ address }) => ({
    owner: ({ id }) => id.split("/")[0] ?? null,
    operations: {
      where: () => address,
      wipe: ({ id }) => `${address} wiped ${id}`,
      whoami: (_, ctx) => ({ peer: ctx.peer, user: ctx.principal.user }),
      async *scan() {
        for (const percent of [25, 50, 100]) yield { percent };
        return address;
      },
    },
  }),
});

const nets: readonly (readonly [string, () => Promise<Net>])[] = [
  ...plainNets,
  [
    "over NATS under printed rules",
    async () => {
      const { processes } = permissions({
        processes: [
          { caller: ["block-01", "block-02"], serves: [disks], calls: [disks] },
          { caller: "cli", calls: [disks] },
        ],
      });
      const login = (user: string) => ({ user, password: `password-of-${user}` });
      const users = processes.map(({ caller, publish, subscribe }) => ({ ...login(caller), publish, subscribe }));
      const server = await natsServer({ users });
      return {
        transport: (caller) => nats({ servers: server.url, ...login(caller) }),
        async [Symbol.asyncDispose]() {
          await server.close();
          // What a supervisor tries at its start must be denied.
          const denied = server.log.split("\n").filter((line) => /Violation/.test(line) && !/somebody-else/.test(line));
          expect(denied).toEqual([]);
        },
      };
    },
  ],
];

async function host(net: Net, name: string, definition: ManagerDefinition<any, any, any> | undefined) {
  const supervisor = createSupervisor({
    host: name,
    transport: net.transport(name),
    store: sqlite({ path: ":memory:" }),
    log: silentLogger,
  });
  if (definition) supervisor.spawn(definition);
  await supervisor.start();
  return Object.assign(supervisor, { [Symbol.asyncDispose]: () => supervisor.stop() });
}

test.each(nets)(
  "%s, managers of two hosts are called by anybody, by owner, by address and all together",
  async (_, open) => {
    await using net = await open();
    await using first = await host(net, "block-01", diskManager);
    await using second = await host(net, "block-02", diskManager);
    await using caller = await connect({ transport: net.transport("cli"), log: silentLogger });
    const disk = caller.ref(disks);
    expect(["block-01", "block-02"]).toContain(await disk.where({}));
    expect(await disk.wipe({ id: "block-01/a" })).toBe("block-01 wiped block-01/a");
    expect(await disk.wipe({ id: "block-02/b" })).toBe("block-02 wiped block-02/b");
    expect(await disk.at("block-02").where({})).toBe("block-02");
    const answers = await disk.all().where({});
    expect(answers.map(({ address }) => address).sort()).toEqual(["block-01", "block-02"]);
    // Next door first, whoever else there is.
    expect(await first.ref(disks).where({})).toBe("block-01");
    expect(await second.ref(disks).at("block-01").where({})).toBe("block-01");
  },
);

test.each(nets)("%s, streams report progress and identity is what the transport says", async (_, open) => {
  await using net = await open();
  await using _host = await host(net, "block-01", diskManager);
  await using caller = await connect({ transport: net.transport("cli"), log: silentLogger });
  const scanning = caller.ref(disks).scan({});
  const seen: number[] = [];
  for await (const { percent } of scanning) seen.push(percent);
  expect(seen).toEqual([25, 50, 100]);
  expect(await scanning.result).toBe("block-01");
  expect(await caller.ref(disks).whoami({})).toEqual({ peer: "cli", user: "cli" });
  const claimed = caller.as({ user: "root", roles: ["admin"] }).ref(disks);
  await expect(claimed.whoami({})).rejects.toMatchObject({ reason: "NOT_PERMITTED", outcome: "not-executed" });
});

test.each(nets)("%s, a host that stops is called no more, and one that comes is found", async (_, open) => {
  await using net = await open();
  const first = await host(net, "block-01", diskManager);
  await using caller = await connect({ transport: net.transport("cli"), log: silentLogger });
  const disk = caller.ref(disks);
  expect(await disk.where({})).toBe("block-01");
  await using _second = await host(net, "block-02", diskManager);
  await first.stop();
  // News of the second one is under way.
  await expect.poll(() => disk.where({})).toBe("block-02");
  await expect(disk.at("block-01").where({})).rejects.toMatchObject({ reason: "NO_RESPONDERS" });
});

test.each(nets)("%s, a restarted manager is called at its new epoch", async (_, open) => {
  await using net = await open();
  await using server = await host(net, "block-01", diskManager);
  await using caller = await connect({ transport: net.transport("cli"), log: silentLogger });
  const disk = caller.ref(disks);
  expect(await disk.where({})).toBe("block-01");
  await server.restart("disk", "block-01");
  await expect.poll(() => disk.where({})).toBe("block-01");
  server.kill("disk", "block-01");
  await server.until("disk", "block-01", ({ epoch, status }) => epoch === 3 && status.phase === "ready");
  await expect.poll(() => disk.where({})).toBe("block-01");
});
