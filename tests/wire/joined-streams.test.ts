import { contract, type ProgressStream, stream } from "@reeve/contract";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { failure } from "../kit/failure.ts";
import { transports, useHouse } from "./broker.ts";

const copies = contract("copies", "1.0", {
  copy: stream({ input: z.object({ id: z.string() }), progress: z.number(), output: z.string(), timeout: "60s" }),
});
const input = { id: "v1" };
const key = { idempotencyKey: "copy-17" };
const ada = { user: "ada", tenant: "a", roles: [] };

/** Reads to the end: each step, and how many were missing just before it; then how many at the end. */
async function readAll(copying: ProgressStream<number, string>) {
  const steps: number[] = [];
  let missed = 0;
  for await (const step of copying) {
    steps.push(step);
    missed += copying.missed;
  }
  return { steps, missed: missed + copying.missed };
}

describe.each(transports)("a stream that is called again under its key, %s", (name) => {
  const house = useHouse(name);

  /** A callee that makes steps when a test says so, and two processes that call it for one user. */
  async function open() {
    const server = await house.host("server", { trustedForwarders: ["one", "two"] });
    let made = 0;
    let upTo = 0;
    let begun = 0;
    let ended = false;
    const wakes = new Set<() => void>();
    await server.serve(copies, {
      operations: {
        copy: async function* () {
          begun++;
          for (;;) {
            while (made < upTo) yield made++;
            if (ended) return "copied";
            await new Promise<void>((resolve) => wakes.add(resolve));
          }
        },
      },
    });
    const wake = () => {
      for (const resolve of wakes) resolve();
      wakes.clear();
    };
    const [one, two] = [await house.host("one"), await house.host("two")];
    return {
      one: one.ref(copies, ada),
      two: two.ref(copies, ada),
      server,
      begun: () => begun,
      made: () => made,
      make(count: number) {
        upTo += count;
        wake();
      },
      finish() {
        ended = true;
        wake();
      },
    };
  }

  test("is joined by another process: the last step at once, those from now on, and the same answer", async () => {
    const { one, two, make, made, finish, begun } = await open();
    const first = one.copy(input, key);
    const firstRead = readAll(first);
    await expect.poll(begun).toBe(1);
    make(30);
    await expect.poll(made).toBe(30);
    const second = two.copy(input, key);
    const iterator = second[Symbol.asyncIterator]();
    expect(await iterator.next()).toEqual({ done: false, value: 29 });
    make(5);
    for (const step of [30, 31, 32, 33, 34]) expect(await iterator.next()).toEqual({ done: false, value: step });
    finish();
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
    expect(second.missed).toBe(0);
    expect(await firstRead).toEqual({ steps: Array.from({ length: 35 }, (_, step) => step), missed: 0 });
    expect([await first.result, await second.result]).toEqual(["copied", "copied"]);
    const third = two.copy(input, key);
    expect(await readAll(third)).toEqual({ steps: [], missed: 0 });
    expect(await third.result).toBe("copied");
    expect(begun()).toBe(1);
  });

  test("with another input is refused, and of another tenant is another stream", async () => {
    const { one, two, server, begun, finish } = await open();
    const first = one.copy(input, key);
    await expect.poll(begun).toBe(1);
    expect(await failure(two.copy({ id: "v2" }, key).result)).toMatchObject({ reason: "INVALID_INPUT" });
    const other = server.ref(copies, { ...ada, tenant: "b" }).copy(input, key);
    await expect.poll(begun).toBe(2);
    finish();
    expect(await first.result).toBe("copied");
    void other.result.catch(() => undefined);
  });

  test("goes on when its first caller leaves, and waits for nobody who does not read", async () => {
    const { one, two, make, made, finish, begun } = await open();
    const first = one.copy(input, key);
    const steps = first[Symbol.asyncIterator]();
    await expect.poll(begun).toBe(1);
    make(100);
    // Its reader has taken none: the callee waits for it.
    await expect.poll(made).toBeGreaterThanOrEqual(16);
    const second = two.copy(input, key);
    const secondRead = readAll(second);
    await expect.poll(made).toBe(100);
    await steps.return?.();
    expect(await failure(first.result)).toMatchObject({ reason: "CANCELLED" });
    make(50);
    await expect.poll(made).toBe(150);
    finish();
    const { steps: seen, missed } = await secondRead;
    expect(missed).toBe(0);
    expect(seen).toEqual(Array.from({ length: seen.length }, (_, index) => 150 - seen.length + index));
    expect(await second.result).toBe("copied");
    expect(begun()).toBe(1);
  });

  test("who makes no room for a second is told how many steps it has missed; who keeps up misses none", async () => {
    const { one, two, make, made, finish, begun } = await open();
    const slow = one.copy(input, key);
    const steps = slow[Symbol.asyncIterator]();
    await expect.poll(begun).toBe(1);
    const quickRead = readAll(two.copy(input, key));
    make(200);
    await expect.poll(made).toBe(200);
    let before = -1;
    let missed = 0;
    const next = async () => {
      const step = await steps.next();
      if (step.done) return false;
      expect(step.value - slow.missed).toBe(before + 1);
      before = step.value;
      missed += slow.missed;
      return true;
    };
    for (let read = 0; read < 10; read++) await next();
    finish();
    while (await next());
    expect(before + slow.missed).toBe(199);
    expect(missed + slow.missed).toBeGreaterThan(100);
    expect((await quickRead).missed).toBe(0);
    expect(await slow.result).toBe("copied");
  });

  test("runs on when all its readers have left, and is joined where it is by one that comes back", async () => {
    const { one, two, make, made, finish, begun } = await open();
    const first = one.copy(input, key);
    const second = two.copy(input, key);
    await expect.poll(begun).toBe(1);
    make(3);
    for (const copying of [first, second]) {
      const left = failure(copying.result);
      for await (const step of copying) if (step === 2) break;
      expect(await left).toMatchObject({ reason: "CANCELLED" });
    }
    make(200);
    // Nobody reads, and nothing waits.
    await expect.poll(made).toBe(203);
    const again = one.copy(input, key);
    const read = again[Symbol.asyncIterator]();
    expect(await read.next()).toEqual({ done: false, value: 202 });
    make(1);
    expect(await read.next()).toEqual({ done: false, value: 203 });
    finish();
    expect(await read.next()).toEqual({ done: true, value: undefined });
    expect([again.missed, await again.result, begun()]).toEqual([0, "copied", 1]);
  });

  test("is not held up by a slow reader once another has left: both keep what they were promised", async () => {
    const { one, two, server, make, made, finish, begun } = await open();
    const slow = one.copy(input, key);
    const steps = slow[Symbol.asyncIterator]();
    await expect.poll(begun).toBe(1);
    const leaving = two.copy(input, key);
    const left = failure(leaving.result);
    const quick = readAll(server.ref(copies, ada).copy(input, key));
    make(100);
    for await (const step of leaving) if (step > 5) break;
    expect(await left).toMatchObject({ reason: "CANCELLED" });
    await expect.poll(made).toBe(100);
    finish();
    let next = 0;
    for (let step = await steps.next(); !step.done; step = await steps.next()) {
      expect(step.value).toBe(next + slow.missed);
      next = step.value + 1;
    }
    expect(next + slow.missed).toBe(100);
    const { steps: seen, missed } = await quick;
    expect([seen.at(-1), missed]).toEqual([99, 0]);
    expect(await slow.result).toBe("copied");
  });
});

describe.each(transports)("a stream that fails, %s", (name) => {
  const house = useHouse(name);

  test("hands a slow reader all that came before", async () => {
    const server = await house.host("server");
    let failed = false;
    await server.serve(copies, {
      operations: {
        copy: async function* () {
          try {
            for (let step = 0; step < 12; step++) yield step;
            throw new Error("broken");
          } finally {
            failed = true;
          }
        },
      },
    });
    const copying = (await house.host("client")).ref(copies).copy(input);
    const steps = copying[Symbol.asyncIterator]();
    await expect.poll(() => failed).toBe(true);
    expect(await failure(copying.result)).toMatchObject({ reason: "UNDECLARED" });
    for (let step = 0; step < 12; step++) expect(await steps.next()).toEqual({ done: false, value: step });
    expect(await failure(steps.next())).toMatchObject({ reason: "UNDECLARED" });
  });
});
