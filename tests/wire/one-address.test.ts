import { call, contract } from "@reeve/contract";
import { type FaultTransport, faultTransport } from "@reeve/testing";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { transports, useHouse } from "./broker.ts";

const work = contract("work", "1.0", {
  run: call({ input: z.object({ key: z.string() }), output: z.string(), timeout: "20s" }),
});

describe.each(transports)("two at one address, %s", (name) => {
  const house = useHouse(name);

  test("the one that has lost it answers for its own calls only, and runs, refuses and forgets no call of the other's", async () => {
    const ends = new Map<string, () => void>();
    const runs: string[] = [];
    const serve = async (caller: string) => {
      const host = await house.host(caller);
      const run = ({ key }: { key: string }) =>
        new Promise<string>((resolve) => {
          runs.push(`${key} in ${caller}`);
          ends.set(key, () => resolve(`${key} by ${caller}`));
        });
      const serving = await host.serve(work, { operations: { run } }, { address: "bench" });
      return { host, serving };
    };
    let faults!: FaultTransport;
    const client = await house.host("client", {
      wrap: (inner) => {
        faults = faultTransport(inner, { print: () => {} });
        return faults;
      },
    });
    const bench = client.ref(work).at("bench");
    const loser = await serve("loser");
    const own = Promise.allSettled([bench.run({ key: "own" })]);
    await expect.poll(() => ends.has("own")).toBe(true);
    // What it has begun it is still told of, so that it hears what comes for its address.
    loser.serving.endpoint.suspend();
    house.roll.remove(loser.serving.member);
    const winner = await serve("winner");
    const others = bench.run({ key: "other's" });
    await expect.poll(() => ends.has("other's")).toBe(true);
    faults.cut();
    faults.heal();
    // Behind what is sent again, and behind what each of them says to that.
    const next = bench.run({ key: "next" });
    await expect.poll(() => ends.has("next")).toBe(true);
    for (const { host } of [loser, winner]) await host.transport.flush();
    ends.get("other's")!();
    ends.get("next")!();
    expect(await Promise.allSettled([others, next])).toMatchObject([
      { value: "other's by winner" },
      { value: "next by winner" },
    ]);
    expect(runs).toEqual(["own in loser", "other's in winner", "next in winner"]);
    ends.get("own")!();
    await own;
    await expect.poll(() => loser.serving.endpoint.inFlight).toBe(0);
  });
});
