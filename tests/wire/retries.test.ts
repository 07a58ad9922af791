import { call, contract, reeveError, stream } from "@reeve/contract";
import type { Transport } from "@reeve/runtime/transport";
import { type FaultTransport, faultTransport, ManualClock } from "@reeve/testing";
import { describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { transports, useHouse } from "./broker.ts";

const Id = z.object({ id: z.string() });
const disks = contract("disk", "1.0", {
  read: call({ input: Id, output: z.string(), idempotent: true }),
  write: call({ input: Id, output: z.string() }),
  format: call({ input: Id, output: z.string(), dedupe: "store" }),
  watch: stream({ input: z.object({}), progress: z.string() }),
});
const disks2 = contract("disk", "2.0", { read: call({ input: Id, output: z.string() }) });

async function failure(promise: Promise<unknown>): Promise<any> {
  return promise.then(
    (value) => expect.fail(`it resolved with ${JSON.stringify(value)}`),
    (error: unknown) => error,
  );
}

const never = () => new Promise<never>(() => {});

describe.each(transports)("retries between processes, %s", (name) => {
  const house = useHouse(name);

  /** Two members, the first of which never answers. */
  async function deafAndHearing(wrap = (inner: Transport) => inner) {
    const keys: unknown[] = [];
    const remember = (_: unknown, ctx: any) => keys.push(ctx.idempotencyKey);
    const deaf = await house.host("deaf");
    const silent = (input: unknown, ctx: any) => {
      remember(input, ctx);
      return never();
    };
    const { vanish } = await deaf.serve(disks, { operations: { read: silent, write: silent, format: silent } });
    const client = await house.host("client", { wrap });
    const disk = client.ref(disks);
    return {
      client,
      disk,
      vanish,
      keys,
      async hear() {
        const hearing = await house.host("hearing");
        const say = (input: unknown, ctx: any) => {
          remember(input, ctx);
          return "hearing";
        };
        await hearing.serve(disks, { operations: { read: say, write: say, format: say } });
      },
    };
  }

  test("what is harmless twice goes to another member when the one that had it is gone; the rest says so", async () => {
    const { disk, vanish, keys, hear } = await deafAndHearing();
    const read = disk.read({ id: "a" });
    const write = failure(disk.write({ id: "a" }));
    await expect.poll(() => keys).toHaveLength(2);
    await hear();
    vanish();
    expect(await read).toBe("hearing");
    expect(await write).toMatchObject({ reason: "PEER_LOST", outcome: "maybe-executed" });
  });

  test("what a store keeps from running twice waits for the address whose store it is, with the same key", async () => {
    const { disk, vanish, keys, hear } = await deafAndHearing();
    const format = disk.format({ id: "a" });
    const late = failure(disk.format({ id: "b" }, { timeout: "300ms" }));
    await expect.poll(() => keys).toHaveLength(2);
    await hear();
    vanish();
    // Another member has another store, for all that is known.
    expect(await late).toMatchObject({ reason: "DEADLINE_EXCEEDED", outcome: "maybe-executed" });
    expect(keys).toHaveLength(2);
    const again = await house.host("deaf-again");
    const say = (_: unknown, ctx: any) => {
      keys.push(ctx.idempotencyKey);
      return "deaf again";
    };
    await again.serve(disks, { operations: { format: say } }, { address: "deaf", epoch: 2 });
    expect(await format).toBe("deaf again");
    expect(keys).toHaveLength(3);
    expect(keys[2]).toBe(keys[0]);
  });

  test("what is harmless twice waits for its address too where nobody else serves, or for somebody else", async () => {
    const { disk, vanish, keys, hear } = await deafAndHearing();
    const named = disk.at("deaf").read({ id: "a" });
    const any = disk.read({ id: "b" });
    await expect.poll(() => keys).toHaveLength(2);
    vanish();
    await hear();
    expect(await any).toBe("hearing");
    const again = await house.host("deaf-again");
    await again.serve(disks, { operations: { read: () => "deaf again" } }, { address: "deaf", epoch: 2 });
    expect(await named).toBe("deaf again");
  });

  test("a manager killed in a process that goes on is called again at its next incarnation, under another id", async () => {
    const host = await house.host("host");
    const begun = vi.fn(never);
    const first = await host.serve(disks, { operations: { format: begun, write: begun } });
    const disk = (await house.host("client")).ref(disks);
    const format = disk.format({ id: "a" });
    const write = failure(disk.write({ id: "a" }));
    await expect.poll(() => begun).toHaveBeenCalledTimes(2);
    first.service.abandonAll(reeveError("PEER_LOST", "killed"));
    expect(await write).toMatchObject({ reason: "PEER_LOST", outcome: "maybe-executed" });
    await first.endpoint.close();
    first.vanish();
    await host.serve(disks, { operations: { format: () => "next" } }, { epoch: 2 });
    expect(await format).toBe("next");
  });

  test("what may have run before is not told as undone, whatever it is refused with afterwards", async () => {
    const { disk, vanish, keys } = await deafAndHearing();
    const format = failure(disk.format({ id: "a" }));
    await expect.poll(() => keys).toHaveLength(1);
    vanish();
    const again = await house.host("deaf-again");
    const serving = again.serve(
      disks,
      { operations: { format: () => "x" } },
      { address: "deaf", epoch: 2, maxInFlight: 1 },
    );
    (await serving).service.mailbox.setMode("closed");
    expect(await format).toMatchObject({ reason: "PEER_LOST", outcome: "maybe-executed" });
  });

  test("what may have run before it was passed on is not told as never sent when it does not leave again", async () => {
    let faults!: FaultTransport;
    const { disk, client, vanish, keys, hear } = await deafAndHearing((inner) => {
      faults = faultTransport(inner, { print: () => {} });
      return faults;
    });
    const read = failure(disk.read({ id: "a" }));
    await expect.poll(() => keys).toHaveLength(1);
    await hear();
    faults.cut();
    vanish();
    client.remoteClient.close();
    expect(await read).toMatchObject({ outcome: "maybe-executed" });
    expect(keys).toHaveLength(1);
  });

  test("retries stay within their budget, however many calls fail at once", async () => {
    const { disk, vanish, keys, hear } = await deafAndHearing();
    const reads = Array.from({ length: 60 }, (_, i) => disk.read({ id: `${i}` }));
    await expect.poll(() => keys).toHaveLength(60);
    await hear();
    vanish();
    const ends = await Promise.allSettled(reads);
    const retried = ends.filter(({ status }) => status === "fulfilled").length;
    // Ten to begin with, a fifth of the sixty, and what a second or so adds.
    expect(retried).toBeGreaterThanOrEqual(20);
    expect(retried).toBeLessThan(60);
    for (const end of ends) if (end.status === "rejected") expect(end.reason).toMatchObject({ reason: "PEER_LOST" });
  });

  test("what had not left when its member went is not lost, and runs once", async () => {
    const { disk, vanish, keys, hear } = await deafAndHearing();
    await hear();
    const writes = Array.from({ length: 8 }, (_, i) => disk.write({ id: `${i}` }));
    vanish();
    expect(await Promise.all(writes)).toEqual(Array(8).fill("hearing"));
    expect(keys).toHaveLength(8);
  });

  test("a refusal goes to another member; when all refuse, the caller is told what the last one said", async () => {
    for (const address of ["a", "b"]) {
      const host = await house.host(`host-${address}`);
      const { service } = await host.serve(disks, { operations: { write: () => address } }, { address });
      if (address === "a") service.mailbox.setMode("closed");
    }
    const disk = (await house.host("client")).ref(disks);
    for (let i = 0; i < 4; i++) expect(await disk.write({ id: "x" })).toBe("b");
    expect(await failure(disk.at("a").write({ id: "x" }))).toMatchObject({
      reason: "NOT_SERVING",
      outcome: "not-executed",
    });
  });

  test("an owner that is no address ends the call, and harms no other", async () => {
    const host = await house.host("host");
    const moved = reeveError("MOVED", "elsewhere", { data: { owner: { nested: true } as never } });
    await host.serve(disks, {
      operations: {
        write: () => {
          throw moved;
        },
        read: () => "fine",
      },
    });
    const disk = (await house.host("client")).ref(disks);
    const [write, read] = await Promise.allSettled([disk.write({ id: "x" }), disk.read({ id: "x" })]);
    expect(write).toMatchObject({ status: "rejected", reason: { reason: "MOVED" } });
    expect(read).toMatchObject({ status: "fulfilled", value: "fine" });
  });

  test("two majors live side by side", async () => {
    const host = await house.host("host");
    await host.serve(disks, { operations: { read: () => "one" } });
    await host.serve(disks2, { operations: { read: () => "two" } });
    const client = await house.host("client");
    expect(await client.ref(disks).read({ id: "x" })).toBe("one");
    expect(await client.ref(disks2).read({ id: "x" })).toBe("two");
  });

  test("a thousand streams whose readers left are gone from both ends", async () => {
    const host = await house.host("host");
    const serving = await host.serve(
      disks,
      {
        operations: {
          watch: async function* () {
            for (;;) yield "x".repeat(1_000);
          },
        },
      },
      { maxInFlight: 1_000 },
    );
    const client = await house.host("client");
    const disk = client.ref(disks);
    const streams = Array.from({ length: 1_000 }, () => disk.watch({}));
    const readers = streams.map((one) => one[Symbol.asyncIterator]());
    await Promise.all(readers.map((reader) => reader.next()));
    expect(serving.endpoint.inFlight).toBe(1_000);
    await Promise.all(readers.map((reader) => reader.return?.()));
    await Promise.allSettled(streams.map(({ result }) => result));
    await vi.waitFor(() => expect(serving.endpoint.inFlight).toBe(0), { timeout: 10_000 });
    expect(serving.service.mailbox.inFlight).toBe(0);
    expect(client.remoteClient.outstanding).toBe(0);
  });

  test("what waited out its deadline while the loop was blocked does not run", async () => {
    const clock = new ManualClock();
    const ran: string[] = [];
    const host = await house.host("host", { clock });
    await host.serve(disks, {
      operations: {
        read: ({ id }) => {
          clock.stall(400);
          return id;
        },
        write: ({ id }) => {
          ran.push(id);
          return id;
        },
      },
    });
    const disk = (await house.host("client", { clock })).ref(disks);
    expect(await disk.write({ id: "before" })).toBe("before");
    // They lie behind it, and no timer of either process has fired when it is over.
    const blocking = disk.read({ id: "block" });
    const writes = Array.from({ length: 20 }, (_, i) => failure(disk.write({ id: `${i}` }, { timeout: 200 })));
    expect(await blocking).toBe("block");
    expect(await disk.write({ id: "after" })).toBe("after");
    await clock.advance(0);
    for (const error of await Promise.all(writes)) expect(error).toMatchObject({ reason: "DEADLINE_EXCEEDED" });
    expect(ran).toEqual(["before", "after"]);
  });
});
