import { call, contract } from "@reeve/contract";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { transports, useHouse } from "./broker.ts";

const bells = contract("bell", "1.0", {
  ring: call({ input: z.object({}), timeout: "60s" }),
  cast: call({ input: z.object({}), timeout: "60s", dedupe: "store" }),
});
const many = 1_000;

describe.each(transports)("a thousand callees that go at once, %s", (name) => {
  const house = useHouse(name);

  /** Calls to as many members that take them, and answer none. */
  async function calling(operation: "ring" | "cast") {
    const town = await house.host("town");
    const silent = await house.raw("silent");
    let came = 0;
    silent.subscribe("reeve.call.bell.v1.>", () => void came++);
    await silent.flush();
    const looks = { count: 0 };
    const members = Array.from({ length: many }, (_, n) => ({
      ...{ major: 1, minor: 0, address: `host-${n}`, cluster: undefined, epoch: 1, canServe: true, caller: "silent" },
      get manager() {
        looks.count += 1;
        return "bell";
      },
    }));
    for (const member of members) house.roll.add(member);
    const ref = town.ref(bells);
    const ended = members.map(({ address }) =>
      ref
        .at(address)
        [operation]({})
        .then(
          () => "answered",
          ({ reason }) => reason,
        ),
    );
    await expect.poll(() => came, { timeout: 10_000 }).toBe(many);
    looks.count = 0;
    return { town, members, ended, looks };
  }

  test("cost their callers a look at the calls that each had, not at those of all", async () => {
    const { town, members, ended, looks } = await calling("ring");
    for (const member of members) house.roll.remove(member);
    expect(new Set(await Promise.all(ended))).toEqual(new Set(["PEER_LOST"]));
    expect(town.remoteClient.outstanding).toBe(0);
    expect(looks.count).toBeLessThan(20 * many);
  });

  test("cost them no more while all their calls wait for each to come back", async () => {
    const { town, members, ended, looks } = await calling("cast");
    for (const member of members) {
      house.roll.remove(member);
      await Promise.resolve();
    }
    expect(town.remoteClient.outstanding).toBe(many);
    expect(looks.count).toBeLessThan(40 * many);
    town.remoteClient.close();
    await Promise.all(ended);
  });
});
