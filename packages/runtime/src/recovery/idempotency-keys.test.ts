import { ReeveError, reeveError } from "@reeve/contract";
import { expect, test } from "vitest";
import { type Incarnation, isVolume, openHouse } from "./house.test-kit.ts";

const id = { manager: "volume", operation: "create", tenant: "a", user: "ada", key: "k1" };
const create = { id, input: { name: "db", sizeGiB: 10 }, isAnswer: isVolume };
const under = (key: string) => ({ ...create, id: { ...id, key } });
const insert = ({ store }: Incarnation, id: string, status = "creating") =>
  store.transaction((tx) => tx.insert("volumes", { id, status }));
const refuse = () => Promise.reject(new Error("must not run"));

/** What the runtime would see of a process that died while it ran: nothing comes after. */
const crash = () => new Promise<never>(() => {});

test("a repeated call gives the answer of the first and runs nothing", async () => {
  await using house = await openHouse();
  const manager = await house.start();
  const answer = await manager.keys.within(create, async () => {
    await insert(manager, "v1");
    return { id: "v1", status: "available", at: new Date(7), size: 5n };
  });
  const again = await manager.keys.within(create, refuse);
  expect(again).toStrictEqual(answer);
  const restarted = await house.start();
  expect(await restarted.keys.within({ ...create, input: { sizeGiB: 10, name: "db" } }, refuse)).toStrictEqual(answer);
  const elsewhere = await house.start("block-02");
  expect(await elsewhere.keys.within(create, refuse)).toStrictEqual(answer);
});

test("a call without an answer is remembered too", async () => {
  await using house = await openHouse();
  const manager = await house.start();
  await manager.keys.within(create, async () => void (await insert(manager, "v1")));
  expect(await manager.keys.within(create, refuse)).toBeUndefined();
});

test("a call that wrote nothing is remembered when it succeeded, and forgotten when it failed", async () => {
  await using house = await openHouse();
  const { keys } = await house.start();
  expect(await keys.within(create, async () => 1)).toBe(1);
  expect(await keys.within(create, refuse)).toBe(1);
  const other = under("k2");
  await expect(keys.within(other, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(await keys.within(other, async () => 2)).toBe(2);
});

test("a failure that is remembered is no more worth trying again: under its key it stays what it is", async () => {
  await using house = await openHouse();
  const manager = await house.start();
  const full = () => reeveError("STORE_FAILED", "no space is left", { retryable: true });
  const failed = manager.keys.within(create, async () => {
    await insert(manager, "v1");
    throw full();
  });
  await expect(failed).rejects.toMatchObject({ reason: "STORE_FAILED", retryable: true });
  await expect(manager.keys.within(create, refuse)).rejects.toMatchObject({
    ...{ reason: "STORE_FAILED", message: full().message, retryable: false },
  });
});

test("a call whose only transaction was rolled back leaves no key", async () => {
  await using house = await openHouse();
  const manager = await house.start();
  const rolledBack = manager.keys.within(create, () =>
    manager.store.transaction(async (tx) => {
      await tx.insert("volumes", { id: "v1", status: "creating" });
      throw new Error("quota");
    }),
  );
  await expect(rolledBack).rejects.toThrow("quota");
  expect(await house.keys()).toEqual([]);
  expect(await manager.keys.within(create, () => insert(manager, "v1"))).toMatchObject({ id: "v1" });
});

test("the key is in the commit of the first transaction that succeeds, and the provisional answer in its own", async () => {
  await using house = await openHouse();
  const manager = await house.start();
  const states: unknown[] = [];
  const look = async () => states.push((await house.keys()).map(({ state, provisional }) => [state, provisional]));
  await manager.keys.within(create, async () => {
    await look();
    await manager.store.transaction(() => Promise.reject(new Error("first"))).catch(() => {});
    await look();
    await manager.store.transaction(async () => {});
    await look();
    await insert(manager, "v1");
    await look();
  });
  await look();
  const volume = '{"id":"v1","status":"creating"}';
  expect(states).toEqual([[], [], [["running", null]], [["running", volume]], [["answered", volume]]]);
});

test("after a crash the provisional answer is given; without one the answer is unknown", async () => {
  await using house = await openHouse();
  const crashed = await house.start();
  const committed = Promise.withResolvers<void>();
  void crashed.keys.within(create, async () => {
    await insert(crashed, "v1");
    committed.resolve();
    return crash();
  });
  const unknown = Promise.withResolvers<void>();
  void crashed.keys.within({ ...under("k2"), isAnswer: () => false }, async () => {
    await insert(crashed, "v2");
    unknown.resolve();
    return crash();
  });
  await Promise.all([committed.promise, unknown.promise]);
  const next = await house.start();
  expect(await next.keys.within(create, refuse)).toStrictEqual({ id: "v1", status: "creating" });
  const lost = next.keys.within(under("k2"), refuse);
  await expect(lost).rejects.toMatchObject({ code: "ABORTED", reason: "DUPLICATE_KEY", retryable: false });
});

test("a call that still runs is not run again, here or at another address, until it ends", async () => {
  await using house = await openHouse();
  const manager = await house.start();
  const elsewhere = await house.start("block-02");
  const committed = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  const first = manager.keys.within(create, async () => {
    await insert(manager, "v1");
    committed.resolve();
    await goOn.promise;
    return "done";
  });
  await committed.promise;
  for (const { keys } of [manager, elsewhere]) {
    const second = keys.within(create, refuse);
    await expect(second).rejects.toMatchObject({
      reason: "DUPLICATE_KEY",
      retryable: true,
      data: { state: "running" },
    });
  }
  goOn.resolve();
  await first;
  expect(await elsewhere.keys.within(create, refuse)).toBe("done");
});

test("of two addresses that race with one key, one works; the other's first transaction is refused", async () => {
  await using house = await openHouse();
  const racers = [await house.start("block-01"), await house.start("block-02")];
  const outcomes = await Promise.allSettled(
    racers.map((racer, index) =>
      racer.keys.within(create, async () => {
        // Swallowing the refusal does not make the loser succeed.
        await insert(racer, `v${index}`).catch(() => {});
        return index;
      }),
    ),
  );
  expect(outcomes.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
  expect(outcomes.find(({ status }) => status === "rejected")).toMatchObject({ reason: { reason: "DUPLICATE_KEY" } });
  expect(await racers[0]!.store.selectFrom("volumes").select("id").execute()).toHaveLength(1);
});

test("a key that is used again with another input is INVALID_INPUT", async () => {
  const difference = { input: { name: "db", sizeGiB: 11 } };
  await using house = await openHouse();
  const { keys } = await house.start();
  const whileRunning = Promise.withResolvers<void>();
  const first = keys.within(create, () => whileRunning.promise);
  const refused = { reason: "INVALID_INPUT", message: expect.stringContaining("another input") };
  await expect(keys.within({ ...create, ...difference }, refuse)).rejects.toMatchObject(refused);
  whileRunning.resolve();
  await first;
  await expect(keys.within({ ...create, ...difference }, refuse)).rejects.toMatchObject(refused);
});

test.each([
  ["manager", "network"],
  ["operation", "clone"],
  ["tenant", "b"],
  ["user", "bob"],
])("the same key of another %s is another key, also after a restart", async (field, other) => {
  await using house = await openHouse();
  const { keys } = await house.start();
  const another = { ...create, id: { ...id, [field]: other } };
  expect(await keys.within(create, async () => "mine")).toBe("mine");
  expect(await keys.within(another, async () => "theirs")).toBe("theirs");
  const next = await house.start();
  expect(await next.keys.within(create, refuse)).toBe("mine");
  expect(await next.keys.within(another, refuse)).toBe("theirs");
});

const quota = new ReeveError({
  ...{ code: "FAILED_PRECONDITION", reason: "QUOTA_EXCEEDED", message: "too much", outcome: "executed" },
  data: { limitGiB: 5 },
});
const timedOut = new ReeveError({
  code: "DEADLINE_EXCEEDED",
  reason: "DEADLINE_EXCEEDED",
  message: "late",
  outcome: "maybe-executed",
});

test.each([
  ["a certain failure is given again", quota, { reason: "QUOTA_EXCEEDED", message: "too much", data: { limitGiB: 5 } }],
  ["a failure that says nothing for certain gives the provisional answer", timedOut, undefined],
  ["an undeclared failure leaves the answer unknown", new Error("boom"), { reason: "DUPLICATE_KEY" }],
])("after something was committed, %s", async (_, error, again) => {
  await using house = await openHouse();
  const manager = await house.start();
  const failing = manager.keys.within(create, async () => {
    await insert(manager, "v1");
    throw error;
  });
  await expect(failing).rejects.toBe(error);
  const repeated = manager.keys.within(create, refuse);
  if (again) await expect(repeated).rejects.toMatchObject(again);
  else expect(await repeated).toEqual({ id: "v1", status: "creating" });
});

test("work that a call leaves running is not counted as the call any more", async () => {
  await using house = await openHouse();
  const manager = await house.start();
  const later = Promise.withResolvers<void>();
  let straggler: Promise<unknown> | undefined;
  await manager.keys.within(create, async () => {
    straggler = later.promise.then(() => insert(manager, "v1"));
  });
  later.resolve();
  await straggler;
  expect(await manager.store.get("volumes", "v1")).toBeDefined();
  expect(await house.keys()).toMatchObject([{ state: "answered", provisional: null }]);
});

test("an answer other than plain data is returned, but not stored, and that is logged", async () => {
  await using house = await openHouse();
  const manager = await house.start();
  const answer = new Map();
  const given = await manager.keys.within(create, async () => {
    await insert(manager, "v1");
    return answer;
  });
  expect(given).toBe(answer);
  expect(house.log.lines).toContainEqual(
    expect.objectContaining({ level: "warn", fields: expect.objectContaining({ key: "k1" }) }),
  );
  expect(await manager.keys.within(create, refuse)).toEqual({ id: "v1", status: "creating" });
});

test("a fenced incarnation keeps no answer over its successor's", async () => {
  await using house = await openHouse();
  const stale = await house.start();
  const committed = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  const running = stale.keys.within(create, async () => {
    await insert(stale, "v1");
    committed.resolve();
    await goOn.promise;
    return "stale";
  });
  await committed.promise;
  const successor = await house.start();
  goOn.resolve();
  await running;
  expect(await successor.keys.within(create, refuse)).toEqual({ id: "v1", status: "creating" });
});

test("keys are forgotten after their retention", async () => {
  await using house = await openHouse();
  const { keys } = await house.start();
  await keys.within(create, async () => 1);
  await house.clock.advance(86_400_000 - 1);
  await keys.within(under("k2"), async () => 2);
  expect((await house.keys()).map(({ key }) => key)).toEqual(["k1", "k2"]);
  await house.clock.advance(2);
  expect(await keys.purge()).toBe(1);
  await house.clock.advance(86_400_001);
  await keys.within(under("k3"), async () => 3);
  expect((await house.keys()).map(({ key }) => key)).toEqual(["k3"]);
});

test("an abandoned run commits nothing any more, and its key is known to be interrupted at every address", async () => {
  await using house = await openHouse();
  const [manager, elsewhere] = [await house.start(), await house.start("block-02")];
  const [committed, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const open = { ...create, isAnswer: () => false };
  const first = manager.keys.within(open, async () => {
    await insert(manager, "v1");
    committed.resolve();
    await gate.promise;
    return insert(manager, "v2");
  });
  await committed.promise;
  const running = { reason: "DUPLICATE_KEY", retryable: true, data: { state: "running" } };
  await expect(elsewhere.keys.within(open, refuse)).rejects.toMatchObject(running);
  const abandoned = reeveError("ABANDONED", "the array was rebooted");
  manager.keys.abandon(id, abandoned);
  const interrupted = { reason: "DUPLICATE_KEY", retryable: false, data: { state: "interrupted" } };
  for (const { keys } of [manager, elsewhere])
    await expect(keys.within(open, refuse)).rejects.toMatchObject({ ...interrupted, outcome: "maybe-executed" });
  gate.resolve();
  await expect(first).rejects.toBe(abandoned);
  expect(await manager.store.find("volumes", "v2")).toBeUndefined();
  await expect(manager.keys.within(open, refuse)).rejects.toMatchObject(interrupted);
});

test("one that was abandoned before it committed anything leaves its key free, and says nothing of who has it next", async () => {
  await using house = await openHouse();
  const { keys } = await house.start();
  const [begun, gate, next] = [
    Promise.withResolvers<void>(),
    Promise.withResolvers<void>(),
    Promise.withResolvers<number>(),
  ];
  const first = keys.within(create, async () => {
    begun.resolve();
    await gate.promise;
    return 1;
  });
  await begun.promise;
  keys.abandon(id, reeveError("ABANDONED", "nobody waits"));
  const second = keys.within(create, () => next.promise);
  gate.resolve();
  expect(await first).toBe(1);
  await expect(keys.within(create, refuse)).rejects.toMatchObject({ data: { state: "running" } });
  next.resolve(2);
  expect(await second).toBe(2);
  expect(await keys.within(create, refuse)).toBe(2);
});

test("one that was abandoned before it began does not begin", async () => {
  await using house = await openHouse();
  const { keys } = await house.start();
  const abandoned = reeveError("ABANDONED", "nobody waits");
  const first = keys.within(create, refuse);
  keys.abandon(id, abandoned);
  await expect(first).rejects.toBe(abandoned);
});
