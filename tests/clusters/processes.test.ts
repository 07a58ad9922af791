import { expect, test } from "vitest";
import { long } from "../kit/long.ts";
import { until, valley } from "./processes.ts";

// What each of two members has begun, as one of them is struck. Who recovers what is counted outside of both.
// Each takes its windows in real time: in an ordinary run one of them, with REEVE_LONG all.
const longTest = test.runIf(long);

/** Two members, each with a sack half ground, both for so long that they may judge. */
async function grinding() {
  const { members, mill, sacks, grindAll, postgres } = await valley(["a", "b"]);
  const [a, b] = members as [(typeof members)[0], (typeof members)[0]];
  await grindAll();
  // Each has had its broker and its database for a whole window.
  await until(() => [a, b].every(({ told }) => told.at(-1) === "seeing"));
  return { a, b, mill, sacks, postgres };
}

test("kill -9: the survivor finishes what the dead one had begun, once, and answers its key", {
  timeout: 300_000,
}, async () => {
  const { a, b, mill, sacks } = await grinding();
  b.child.kill("SIGKILL");
  const tookMs = await until(() => a.cleaned().length > 0);
  console.log(`kill -9: taken over after ${tookMs} ms`);
  await until(async () => (await sacks()).get("of-b") === "recovered by a");
  expect(a.cleaned()).toEqual(["of-b"]);
  expect((await sacks()).get("of-a")).toBe("grinding by a");
  expect(await mill.at("a").grind({ id: "of-b" }, { idempotencyKey: "k-b" })).toBe("recovered by a");
});

longTest(
  "SIGSTOP: taken over when its lease has expired; woken, its old life writes nothing and it starts anew",
  {
    timeout: 300_000,
  },
  async () => {
    const { a, b, sacks } = await grinding();
    b.child.kill("SIGSTOP");
    const tookMs = await until(() => a.cleaned().length > 0);
    console.log(`SIGSTOP: taken over after ${tookMs} ms`);
    await until(async () => (await sacks()).get("of-b") === "recovered by a");
    const before = await sacks();
    b.child.send("grind on");
    b.child.kill("SIGCONT");
    await until(() => b.lives().length > 1);
    expect(b.told).toContain("grinds on");
    expect(b.lives()).toEqual(["1", "3"]);
    expect([a.cleaned(), b.cleaned(), await sacks()]).toEqual([["of-b"], [], before]);
  },
);

longTest(
  "a broker that one cannot reach: it is taken over, starts anew, and judges nobody",
  {
    timeout: 300_000,
  },
  async () => {
    const { a, b, sacks } = await grinding();
    await b.broker.cut();
    const tookMs = await until(() => a.cleaned().length > 0);
    console.log(`broker cut: taken over after ${tookMs} ms`);
    await until(() => b.lives().length > 1);
    // Its new life renews its lease, and is not heard of: nobody fences it again, and it fences nobody.
    await b.broker.heal();
    await until(() => b.told.at(-1) === "seeing");
    expect([a.lives(), b.lives(), a.cleaned(), b.cleaned()]).toEqual([["1"], ["1", "3"], ["of-b"], []]);
    expect((await sacks()).get("of-a")).toBe("grinding by a");
  },
);

longTest(
  "a database that one cannot reach: it judges nobody, and is taken over when its lease has expired, not before",
  {
    timeout: 300_000,
  },
  async () => {
    const { a, b, sacks } = await grinding();
    await b.database.cut();
    const tookMs = await until(() => a.cleaned().length > 0);
    console.log(`database cut: taken over after ${tookMs} ms`);
    await until(async () => (await sacks()).get("of-b") === "recovered by a");
    const before = await sacks();
    b.child.send("grind on");
    await until(() => b.told.includes("grinds on"));
    await b.database.heal();
    await until(() => b.lives().includes("3"));
    expect([a.cleaned(), b.cleaned(), await sacks()]).toEqual([["of-b"], [], before]);
    expect(a.lives()).toEqual(["1"]);
  },
);
