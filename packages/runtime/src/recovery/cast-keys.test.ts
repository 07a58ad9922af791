import { reeveError } from "@reeve/contract";
import { expect, test, vi } from "vitest";
import { castKeyOf } from "../rpc/cast-key.ts";
import { carriedOut } from "./carried-out.ts";
import { type House, type Incarnation, openHouse } from "./house.test-kit.ts";

const caster = "remote web-1";
const input = { of: "all" };

/** The delivery of a durable cast. */
function cast(id: string, options: { readonly caster?: string; readonly acknowledges?: readonly string[] } = {}) {
  const key = { manager: "volume", operation: "rescan", tenant: "", user: "ada", key: castKeyOf(id) };
  return { id: key, input, isAnswer: (value: unknown) => value === carriedOut, caster, ...options };
}

const refuse = () => Promise.reject(new Error("must not run"));
const insert = ({ store }: Incarnation, id: string, result: unknown = undefined) =>
  store.transaction(async (tx) => {
    await tx.insert("volumes", { id, status: "scanned" });
    return result;
  });
const kept = async (house: House) => (await house.keys()).map(({ key, state }) => [key.slice("cast-".length), state]);

/** Runs a cast up to a point at which its process dies: nothing comes after. */
async function crashed(manager: Incarnation, id: string, until: () => Promise<unknown>): Promise<void> {
  const reached = Promise.withResolvers<void>();
  void manager.keys
    .within(cast(id), async () => {
      await until();
      reached.resolve();
      await new Promise<never>(() => {});
    })
    .catch(reached.reject);
  await reached.promise;
}

const interrupted = { reason: "INTERRUPTED", code: "ABORTED", outcome: "executed", retryable: false };
const running = { reason: "DUPLICATE_KEY", retryable: true, data: { state: "running" } };

/** What an earlier delivery has left, and what the next one of the same cast is told. Each is tried in the next life of the manager. */
const table: Record<
  string,
  {
    /** Brings the key into its state. */
    readonly left: (house: House, manager: Incarnation) => Promise<unknown>;
    readonly state: string | undefined;
    readonly told: "runs" | "carried out" | object;
  }
> = {
  "nothing, because it never came": { left: async () => {}, state: undefined, told: "runs" },
  "nothing, because it died before its first commit": {
    left: (_, manager) => crashed(manager, "c1", async () => {}),
    state: undefined,
    told: "runs",
  },
  "nothing, because it failed before its first commit": {
    left: (_, { keys }) => keys.within(cast("c1"), () => Promise.reject(new Error("no"))).catch(() => {}),
    state: undefined,
    told: "runs",
  },
  "its end, without a commit of its own": {
    left: (_, { keys }) => keys.within(cast("c1"), async () => {}),
    state: "answered",
    told: "carried out",
  },
  "its end, after commits": {
    left: (_, manager) => manager.keys.within(cast("c1"), () => insert(manager, "v1")),
    state: "answered",
    told: "carried out",
  },
  "one commit, which says that it is carried out": {
    left: (_, manager) => crashed(manager, "c1", () => insert(manager, "v1", carriedOut)),
    state: "running",
    told: "carried out",
  },
  "one commit, which says nothing": {
    left: (_, manager) => crashed(manager, "c1", () => insert(manager, "v1")),
    state: "running",
    told: interrupted,
  },
  "one commit of two": {
    left: (_, manager) => crashed(manager, "c1", () => insert(manager, "v1", { id: "v1" })),
    state: "running",
    told: interrupted,
  },
  "two commits, of which the last says that it is carried out": {
    left: (_, manager) =>
      crashed(manager, "c1", async () => {
        await insert(manager, "v1");
        await insert(manager, "v2", carriedOut);
      }),
    state: "running",
    told: "carried out",
  },
  "a commit, and an abort of its own time": {
    left: (_, manager) =>
      manager.keys
        .within(cast("c1"), async () => {
          await insert(manager, "v1");
          throw new DOMException("its time is over", "AbortError");
        })
        .catch(() => {}),
    state: "interrupted",
    told: interrupted,
  },
  "a commit, and a declared error": {
    left: (_, manager) =>
      manager.keys
        .within(cast("c1"), async () => {
          await insert(manager, "v1");
          throw reeveError("PEER_LOST", "it is lost", { outcome: "executed", retryable: true });
        })
        .catch(() => {}),
    state: "failed",
    told: { reason: "PEER_LOST", outcome: "executed", retryable: false },
  },
  "a commit, and an undeclared error": {
    left: (_, manager) =>
      manager.keys
        .within(cast("c1"), async () => {
          await insert(manager, "v1");
          throw new TypeError("a bug");
        })
        .catch(() => {}),
    state: "failed",
    told: interrupted,
  },
  "a run that an operator abandoned after its first commit": {
    left: async (house, manager) => {
      await crashed(manager, "c1", () => insert(manager, "v1"));
      manager.keys.abandon(cast("c1").id, reeveError("ABANDONED", "it hangs"));
      await vi.waitFor(async () => expect(await kept(house)).toEqual([["c1", "interrupted"]]));
    },
    state: "interrupted",
    told: interrupted,
  },
};

test.each(Object.entries(table))("a cast that left %s", async (_, { left, state, told }) => {
  await using house = await openHouse();
  await left(house, await house.start());
  expect(await kept(house)).toEqual(state === undefined ? [] : [["c1", state]]);
  const next = await house.start();
  const handler = vi.fn(async () => {});
  const delivery = next.keys.within(cast("c1"), handler);
  if (typeof told === "object") await expect(delivery).rejects.toMatchObject(told);
  else expect(await delivery).toBeUndefined();
  expect(handler).toHaveBeenCalledTimes(told === "runs" ? 1 : 0);
});

test("a cast whose work recovery has brought to an end, whatever that was, is carried out", async () => {
  await using house = await openHouse();
  await crashed(await house.start(), "c1", async () => {});
  const former = await house.start();
  await crashed(former, "c1", () => insert(former, "v1"));
  const next = await house.start();
  const settle = house.database.write((session) => next.keys.settle(session, cast("c1").id, undefined, undefined), {
    timeoutMs: 1_000,
  });
  (await settle)();
  expect(await kept(house)).toEqual([["c1", "ended"]]);
  expect(await next.keys.within(cast("c1"), refuse)).toBeUndefined();
});

test("a cast that runs at a living member is asked for again; at one that is fenced it is what that left", async () => {
  await using house = await openHouse();
  const [here, there] = [await house.start("block-01"), await house.start("block-02")];
  await crashed(there, "c1", () => insert(there, "v1", carriedOut));
  await expect(here.keys.within(cast("c1"), refuse)).rejects.toMatchObject(running);
  await house.registry.fencePeer({ manager: "volume", address: "block-02" }, 1, "block-01");
  expect(await here.keys.within(cast("c1"), refuse)).toBeUndefined();
});

test("the same cast with another input is refused", async () => {
  await using house = await openHouse();
  const { keys } = await house.start();
  await keys.within(cast("c1"), async () => {});
  const other = keys.within({ ...cast("c1"), input: { of: "one" } }, refuse);
  await expect(other).rejects.toMatchObject({ reason: "INVALID_INPUT" });
});

test("a key of a cast has no end but its acknowledgement", async () => {
  await using house = await openHouse();
  const manager = await house.start();
  const plain = { id: { ...cast("c1").id, key: "k1" }, input };
  await manager.keys.within(plain, async () => {});
  await manager.keys.within(cast("c1"), async () => {});
  await manager.keys.within(cast("c2"), async () => {});
  await house.clock.advance(400 * 86_400_000);
  expect(await manager.keys.purge()).toBe(1);
  expect((await house.keys()).map(({ key }) => key)).toEqual(["cast-c1", "cast-c2"]);
  await manager.keys.within(cast("c3", { acknowledges: ["c1", "c2"] }), async () => {});
  expect(await kept(house)).toEqual([["c3", "answered"]]);
  expect(house.unknownCasts()).toBe(0);
});

test("what a delivery acknowledges is gone before its handler begins, and though that fails", async () => {
  await using house = await openHouse();
  const { keys } = await house.start();
  await keys.within(cast("c1"), async () => {});
  const failing = keys.within(cast("c2", { acknowledges: ["c1"] }), async () => {
    expect(await kept(house)).toEqual([]);
    throw new Error("no");
  });
  await expect(failing).rejects.toThrow("no");
  expect(await kept(house)).toEqual([]);
});

test("nobody but who delivered a cast drops its key; a wrong acknowledgement is counted and may be repeated", async () => {
  await using house = await openHouse();
  const { keys } = await house.start();
  await keys.within(cast("c1"), async () => {});
  const others = ["remote web-2", "local web-1", "local volume/block-01", "remote WEB-1", "remote web-", ""];
  for (const other of others) await keys.acknowledge(other, ["c1"]);
  await keys.acknowledge(caster, ["c", "c11", "C1", "%", "nobody"]);
  expect(await kept(house)).toEqual([["c1", "answered"]]);
  expect(house.unknownCasts()).toBe(others.length + 5);
  await keys.acknowledge(caster, ["c1", "c1"]);
  await keys.acknowledge(caster, ["c1"]);
  expect(await kept(house)).toEqual([]);
  expect(house.unknownCasts()).toBe(others.length + 5);
  await keys.acknowledge("remote web-2", ["c1"]);
  expect(house.unknownCasts()).toBe(others.length + 6);
});

test("who acknowledges ordinary keys drops none", async () => {
  await using house = await openHouse();
  const { keys } = await house.start();
  await keys.within({ ...cast("c1"), caster: undefined }, async () => {});
  await keys.acknowledge(caster, ["c1"]);
  expect(await kept(house)).toEqual([["c1", "answered"]]);
});

test("whoever delivers a cast after another may acknowledge it, and the other no more", async () => {
  await using house = await openHouse();
  const { keys } = await house.start();
  await keys.within(cast("c1"), async () => {});
  await keys.within(cast("c1", { caster: "remote web-2" }), refuse);
  await keys.acknowledge(caster, ["c1"]);
  expect(await kept(house)).toEqual([["c1", "answered"]]);
  await keys.acknowledge("remote web-2", ["c1"]);
  expect(await kept(house)).toEqual([]);
});

test("a late copy of a delivery does not run after its cast was acknowledged", async () => {
  await using house = await openHouse();
  const { keys } = await house.start();
  await keys.within(cast("c1"), async () => {});
  await keys.acknowledge(caster, ["c1"]);
  await expect(keys.within(cast("c1"), refuse)).rejects.toMatchObject(interrupted);
  // Of somebody else it is another cast.
  const theirs = { ...cast("c1"), id: { ...cast("c1").id, user: "bob" } };
  expect(await keys.within(theirs, async () => "ran")).toBe("ran");
});

test("acknowledgements that come while others are written share a commit", async () => {
  await using house = await openHouse();
  const { keys } = await house.start();
  const ids = Array.from({ length: 600 }, (_, index) => `c${index}`);
  for (const id of ids) await keys.within(cast(id), async () => {});
  const write = vi.spyOn(house.database, "write");
  await Promise.all(ids.map((id) => keys.acknowledge(caster, [id])));
  expect(write).toHaveBeenCalledTimes(2);
  expect(await kept(house)).toEqual([]);
});

/** It is delivered again, and not a dead letter. */
const failed = { reason: "STORE_FAILED", outcome: "maybe-executed", retryable: true };

test.each([undefined, caster])("while its store fails, nobody knows what has become of a call of %s", async (of) => {
  await using house = await openHouse();
  const { keys } = await house.start();
  const call = { ...cast("c1"), caster: of };
  await keys.within(call, async () => {});
  const reading = vi.spyOn(house.database, "reading").mockImplementationOnce(() => {
    throw reeveError("STORE_FAILED", "the disk is gone");
  });
  await expect(keys.within(call, refuse)).rejects.toMatchObject(failed);
  reading.mockRestore();
  expect(await keys.within(call, refuse)).toBeUndefined();
});

test("an acknowledgement that cannot be committed ends its delivery, which then has not run", async () => {
  await using house = await openHouse();
  const manager = await house.start();
  await manager.keys.within(cast("c1"), async () => {});
  vi.spyOn(house.database, "write").mockRejectedValueOnce(reeveError("STORE_FAILED", "the disk is full"));
  const carrying = cast("c2", { acknowledges: ["c1"] });
  await expect(manager.keys.within(carrying, refuse)).rejects.toMatchObject(failed);
  expect(await kept(house)).toEqual([["c1", "answered"]]);
  expect(await manager.keys.within(carrying, async () => "ran")).toBe("ran");
  expect(await kept(house)).toEqual([["c2", "answered"]]);
});

test("a superseded incarnation drops nothing", async () => {
  await using house = await openHouse();
  const former = await house.start();
  await former.keys.within(cast("c1"), async () => {});
  await house.start();
  await expect(former.keys.acknowledge(caster, ["c1"])).rejects.toMatchObject({ reason: "FENCED" });
  expect(await kept(house)).toEqual([["c1", "answered"]]);
});

test("one caller can have so many keys kept; then it is refused, others are not, and acknowledging makes room", async () => {
  await using house = await openHouse();
  const { keys } = await house.start("block-01", 8);
  const deliver = (id: string, of = caster) => keys.within(cast(id, { caster: of }), async () => {});
  for (let index = 0; index < 8; index++) await deliver(`c${index}`);
  const full = { reason: "CASTS_FULL", code: "RESOURCE_EXHAUSTED", outcome: "not-executed", retryable: true };
  await expect(deliver("c8")).rejects.toMatchObject({ ...full, data: { kept: 8 } });
  // What is known is answered all the same.
  await deliver("c7");
  await deliver("c8", "remote web-2");
  await keys.acknowledge(caster, ["c0"]);
  await keys.within(cast("c9", { acknowledges: ["c1", "c2"] }), async () => {});
  await deliver("c10");
  await deliver("c11");
  await expect(deliver("c12")).rejects.toMatchObject(full);
  expect((await kept(house)).length).toBe(9);
});

test("a life counts what the lives before it have kept", async () => {
  await using house = await openHouse();
  const former = await house.start("block-01", 4);
  for (let index = 0; index < 4; index++) await former.keys.within(cast(`c${index}`), async () => {});
  const next = await house.start("block-01", 4);
  await expect(next.keys.within(cast("c4"), refuse)).rejects.toMatchObject({ reason: "CASTS_FULL" });
});
