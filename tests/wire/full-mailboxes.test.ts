import { call, contract } from "@reeve/contract";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { transports, useHouse } from "./broker.ts";

const Id = z.object({ id: z.string() });
const disks = contract("disk", "1.0", {
  write: call({ input: Id, output: z.string() }),
  wipe: call({ route: "owner", input: Id, output: z.string() }),
});

describe.each(transports)("full mailboxes, %s", (name) => {
  const house = useHouse(name);

  /** A member with room for one call at a time, or for the usual number; `occupy` takes that one place until `free`. */
  async function member(address: string, small: boolean) {
    let free = () => {};
    const freed = new Promise<void>((resolve) => {
      free = resolve;
    });
    const work = async ({ id }: { id: string }) => {
      if (id.startsWith("hold")) await freed;
      return address;
    };
    const host = await house.host(address);
    const behaviour = { operations: { write: work, wipe: work }, owner: () => "small" };
    const limits = small ? { maxInFlight: 1, maxQueued: 0 } : {};
    const { service } = await host.serve(disks, behaviour, { address, ...limits });
    return { free, service };
  }

  async function occupied(...addresses: readonly string[]) {
    const client = await house.host("client");
    const disk = client.ref(disks);
    const holding = addresses.map((address) => disk.at(address).write({ id: `hold-${address}` }));
    return { disk, holding };
  }

  test("a member without room is passed over for one that has some", async () => {
    const small = await member("small", true);
    await member("large", false);
    const { disk, holding } = await occupied("small");
    await expect.poll(() => small.service.mailbox.inFlight).toBe(1);
    const answers = await Promise.all(Array.from({ length: 8 }, (_, i) => disk.write({ id: `${i}` })));
    expect(new Set(answers)).toEqual(new Set(["large"]));
    // It was asked in its turn all the same.
    expect(small.service.counters.calls).toBeGreaterThan(1);
    small.free();
    expect(await Promise.all(holding)).toEqual(["small"]);
  });

  test("whoever names a member, or its own owner, is told that it has no room", async () => {
    const small = await member("small", true);
    const large = await member("large", false);
    const { disk, holding } = await occupied("small");
    await expect.poll(() => small.service.mailbox.inFlight).toBe(1);
    const full = { reason: "MAILBOX_FULL", outcome: "not-executed" };
    await expect(disk.at("small").write({ id: "x" })).rejects.toMatchObject(full);
    await expect(disk.wipe({ id: "x" })).rejects.toMatchObject(full);
    await expect(disk.wipe({ id: "x" })).rejects.toMatchObject(full);
    expect(large.service.counters.calls).toBeLessThanOrEqual(2);
    small.free();
    await Promise.all(holding);
  });

  test("where all are full, retries stay within their budget and callers are told", async () => {
    const members = [await member("small", true), await member("smaller", true)];
    const { disk, holding } = await occupied("small", "smaller");
    await expect.poll(() => members.map(({ service }) => service.mailbox.inFlight)).toEqual([1, 1]);
    const from = performance.now();
    const ends = await Promise.allSettled(Array.from({ length: 400 }, (_, i) => disk.write({ id: `${i}` })));
    const seconds = (performance.now() - from) / 1_000;
    for (const end of ends) expect(end).toMatchObject({ status: "rejected", reason: { reason: "MAILBOX_FULL" } });
    const asked = members.reduce((sum, { service }) => sum + service.counters.calls, 0) - 2;
    expect(asked).toBeGreaterThan(400);
    // Ten to begin with, a fifth of what is sent, and ten a second.
    expect(asked).toBeLessThanOrEqual((400 + 10 + 10 * seconds + 2) / 0.8);
    for (const { free } of members) free();
    await Promise.all(holding);
  });
});
