import { reeveError } from "@reeve/contract";
import { expect, test } from "vitest";
import { ulids } from "../base/ids.ts";
import { LoopTurn } from "../base/loop-turn.ts";
import { seededRandom } from "../base/random.ts";
import type { Client } from "../rpc/caller/client.ts";
import { Travelling } from "../rpc/wire/travelling.ts";
import type { Database } from "../store/index.ts";
import { Outbox } from "./outbox.ts";
import { openOffice } from "./relay.test-kit.ts";

test("casts whose taking over was committed, and nobody was told so, are looked for at once", async () => {
  await using office = await openOffice();
  // Due much later: nobody is called.
  await office.put({ holderAddress: "dead", host: "dead", nextAt: 10_000_000 });
  const { fence } = await office.relay();
  const lossy = new Proxy(office.database, {
    get(target, name) {
      if (name === "write")
        return async (...given: Parameters<Database["write"]>) => {
          await target.write(...given);
          throw reeveError("STORE_FAILED", "its answer was lost", { outcome: "maybe-executed" });
        };
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  const outbox = new Outbox({
    ...{
      database: lossy,
      holder: { manager: "office", address: "a" },
      host: "a",
      fence,
      client: { turn: new LoopTurn(office.clock) } as Client,
      travelling: new Travelling(),
    },
    ...{ clock: office.clock, ids: ulids(), random: seededRandom(1), log: office.log, onFenced: () => {} },
  });
  outbox.start();
  await office.settled();
  const { reads } = office.traffic;
  await expect(outbox.takeOver("dead", async () => true)).rejects.toMatchObject({ outcome: "maybe-executed" });
  await office.settled();
  expect(await office.rows()).toMatchObject([{ holderAddress: "a" }]);
  expect(office.traffic.reads).toBeGreaterThan(reads + 1);
  outbox.close(new Error("over"));
});
