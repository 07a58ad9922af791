import { call, contract } from "@reeve/contract";
import type { Message, Transport } from "@reeve/runtime/transport";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { transports, useHouse } from "./broker.ts";

const Id = z.object({ id: z.string() });
const volumes = contract("volume", "1.0", {
  build: call({ route: "address", input: Id, output: z.string() }),
  extend: call({ route: "owner", input: Id, output: z.string() }),
});

/** One JSON call, as any client of the broker may send it. */
async function request(cli: Transport, operation: string, reach: string): Promise<any> {
  const { promise, resolve } = Promise.withResolvers<Message>();
  const reply = `${cli.inbox}.${operation}-${reach}`;
  const subscription = cli.subscribe(reply, resolve);
  const input = new TextEncoder().encode('{"id":"v1"}');
  cli.publish(`reeve.call.volume.v1.${operation}.${reach}.cli`, input, { reply });
  const { data } = await promise;
  subscription.unsubscribe();
  return JSON.parse(new TextDecoder().decode(data));
}

describe.each(transports)("a callee looks at the route itself, %s", (name) => {
  const house = useHouse(name);

  async function served(owner: string) {
    const ran: string[] = [];
    const run = (operation: string) => () => {
      ran.push(operation);
      return operation;
    };
    const host = await house.host("server");
    const behaviour = { owner: () => owner, operations: { build: run("build"), extend: run("extend") } };
    await host.serve(volumes, behaviour, { address: "block-01@ssd", cluster: "rack-a" });
    return { cli: await house.raw("cli"), ran, caller: await house.host("caller") };
  }

  test('route "address": what is sent to anybody or everybody is refused, and runs nowhere', async () => {
    const { cli, ran } = await served("block-01@ssd");
    const meant = "such as reeve.call.volume.v1.build.block-01@ssd.cli,";
    for (const reach of ["any", "all"]) {
      const message = expect.stringContaining(meant);
      const refused = { reason: "INVALID_OPTION", outcome: "not-executed", message };
      expect(await request(cli, "build", reach)).toMatchObject(refused);
    }
    expect(ran).toEqual([]);
    for (const reach of ["block-01@ssd", "@rack-a"]) expect(await request(cli, "build", reach)).toBe("build");
  });

  test('route "owner": whoever does not own it refuses it by whatever subject it comes, and names the owner', async () => {
    const { cli, ran } = await served("block-02");
    for (const reach of ["any", "@rack-a", "all", "block-01@ssd"])
      expect(await request(cli, "extend", reach)).toMatchObject({
        reason: "MOVED",
        outcome: "not-executed",
        data: { owner: "block-02" },
      });
    expect(ran).toEqual([]);
  });
});
