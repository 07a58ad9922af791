import { randomUUID } from "node:crypto";
import { postgres } from "@reeve/postgres";
import { Database, Registry } from "@reeve/runtime/internal";
import { systemClock } from "@reeve/runtime/store";
import { postgresServer } from "@reeve/testing";
import { expect, onTestFinished, test } from "vitest";

const processes = 12;
const managers = 8;

test("hosts that start together register without getting in each other's way", async () => {
  const server = await postgresServer();
  onTestFinished(() => server.close());
  const url = await server.createDatabase();
  const registries: Registry[] = [];
  for (let n = 0; n < processes; n++) {
    const database = await Database.open(postgres({ url, pool: { max: 4 } }), { clock: systemClock });
    onTestFinished(() => database.close());
    registries.push(await Registry.open({ database, clock: systemClock, ids: randomUUID }));
  }
  const registered = await Promise.all(
    registries.flatMap((registry, host) =>
      Array.from({ length: managers }, async (_, n) => {
        const incumbent = { manager: `manager-${n}`, address: `host-${host}` };
        const { epoch } = await registry.register({ ...incumbent, version: "1.0", cluster: "rack" });
        await registry.share(incumbent, true);
        return epoch;
      }),
    ),
  );
  expect(registered).toEqual(Array.from({ length: processes * managers }, () => 1));
  expect(await registries[0]!.membersOf("manager-0", "rack")).toHaveLength(processes);
  // PostgreSQL gives up the lock of a table a moment before it counts the transaction as committed (ResourceOwnerRelease): one that
  // comes just then may be in conflict with it, and is made again. Without that lock nearly all are.
  expect(server.log.split("could not serialize").length - 1).toBeLessThan(processes);
}, 180_000);
